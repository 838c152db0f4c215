import { resolve } from 'node:path';
import type { Config, TargetConfig } from '../config/config.ts';
import type { Loaded } from '../config/load.ts';
import { display } from '../core/display.ts';
import type { Cli } from './cli.ts';
import { Failure, usage } from './failure.ts';

/** The config and its digest; warnings are said, and a config that is not right is a `Failure` with every finding on a line of its own. */
export async function requireConfig(cli: Cli, path: string): Promise<{ readonly config: Config; readonly digest: string; readonly path: string }> {
  const { loadConfig, formatFinding } = await import('../config/load.ts');
  const loaded = await loadConfig(path, cli.now());
  for (const warning of loaded.warnings) cli.terminal.note(`${display(formatFinding(warning))}\n`);
  if (!loaded.ok) throw configFailure(path, loaded, formatFinding);
  return { config: loaded.config, digest: loaded.digest, path: resolve(path) };
}

export function configFailure(path: string, { errors }: Extract<Loaded, { readonly ok: false }>, format: (finding: Loaded['warnings'][number]) => string): Failure {
  return new Failure(`${display(path)} cannot be used: ${errors.length} ${errors.length === 1 ? 'thing is' : 'things are'} wrong`,
    'mend what the lines above name; docs/guide/configure.md explains every key', { lines: errors.map((error) => display(format(error))) });
}

export function requireTarget(config: Config, name: string): TargetConfig {
  const found = config.targets.find(({ target }) => target.name === name);
  if (found !== undefined) return found;
  throw usage(`the config has no target \`${display(name)}\``, `name one of: ${config.targets.map(({ target }) => target.name).join(', ')}`);
}
