import type { Config, TargetConfig } from '../config/config.ts';
import { display } from '../core/display.ts';
import type { Cli } from './cli.ts';
import { connectionString } from './connection-string.ts';
import { secretPlace, type SecretWish } from './secret-place.ts';

export interface Issued {
  readonly cli: Cli;
  readonly name: string;
  readonly target: TargetConfig;
  readonly wish: SecretWish;
  /** An older secret's file may be replaced. */
  readonly replace: boolean;
}

/** What was made, for people and for `--json`. */
export interface Made { readonly secret: string; readonly words: readonly string[]; readonly facts: Readonly<Record<string, unknown>> }

/** Makes an identity or a secret by `make` and hands its connection string out, once: printed, or in a file that was taken before anything was made. */
export async function issue({ cli, name, target, wish, replace }: Issued, make: () => Promise<Made>): Promise<void> {
  const place = await secretPlace(cli, name, wish, replace);
  let made: Made;
  try {
    made = await make();
  } catch (error) {
    await place.release();
    throw error;
  }
  const url = connectionString(target, name, made.secret);
  await place.put(url);
  const { terminal } = cli;
  const portNote = target.listen.port === 0 ? [`note: \`${target.target.name}\` listens on any free port; put the one that \`guardrails start\` prints in place of :0`] : [];
  if (wish.json === true) {
    await terminal.write(`${JSON.stringify({ name, ...made.facts, target: target.target.name, ...(place.file === undefined ? { url } : { file: place.file }) })}\n`);
    return;
  }
  const words = [...made.words, ...portNote].map((line) => `${display(line)}\n`).join('');
  if (place.file !== undefined) {
    await terminal.write(`${words}connection string: ${display(place.file)} (mode 0600; it is shown nowhere else)\n`);
  } else if (terminal.interactive) {
    await terminal.write(`${words}\n  ${terminal.colour.bold(url)}\n\nThis is shown once. Use it as any connection string: psql "$URL", DATABASE_URL, ...\n`);
  } else {
    // Asked for by name, for a script: stdout is the string and nothing else.
    terminal.note(words);
    await terminal.write(`${url}\n`);
  }
}

/** The target whose address is printed: the one named, else the first. One secret is good for all targets that the principal is granted. */
export function addressedTarget(config: Config, named: TargetConfig | undefined): TargetConfig | undefined { return named ?? config.targets[0]; }
