import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../bin/guardrails.js', import.meta.url));

export interface Ran { readonly code: number | null; readonly out: string; readonly err: string }

export interface Running {
  /** Resolves with what it printed up to and with the text. */
  until(text: string): Promise<string>;
  /** The same of stderr. */
  untilNote(text: string): Promise<string>;
  signal(name: NodeJS.Signals): void;
  readonly ended: Promise<Ran>;
}

/** A command line of the real program in a process of its own; nothing of it is a terminal. */
export function startCli(cwd: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}, node: string = process.execPath): Running {
  const child = spawn(node, [program, ...args], { cwd, stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...environment } });
  child.stdin.end();
  let out = '';
  let err = '';
  const heard = new Set<() => void>();
  const hear = (): void => { for (const look of heard) look(); };
  child.stdout.setEncoding('utf8').on('data', (text: string) => { out += text; hear(); });
  child.stderr.setEncoding('utf8').on('data', (text: string) => { err += text; hear(); });
  const ended = once(child, 'close').then(([code]): Ran => ({ code: typeof code === 'number' ? code : null, out, err }));
  const saying = (said: () => string, text: string): Promise<string> => new Promise((resolve, reject) => {
    const look = (): void => {
      if (!said().includes(text)) return;
      heard.delete(look);
      resolve(said());
    };
    heard.add(look);
    look();
    void ended.then(() => { reject(new Error(`it ended without \`${text}\`: ${out}${err}`)); });
  });
  return {
    until: (text) => saying(() => out, text),
    untilNote: (text) => saying(() => err, text),
    signal: (name) => { child.kill(name); },
    ended,
  };
}

/** Runs to the end. */
export function cli(cwd: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ran> {
  return startCli(cwd, args, environment).ended;
}

/** The same with an input. */
export async function cliWithInput(cwd: string, args: readonly string[], input: string | Buffer): Promise<Ran> {
  const child = spawn(process.execPath, [program, ...args], { cwd, stdio: ['pipe', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => { out += text; });
  child.stderr.setEncoding('utf8').on('data', (text: string) => { err += text; });
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  return { code: typeof code === 'number' ? code : null, out, err };
}

/** Below the ports that systems give to outgoing connections, so that none of these takes it between two starts. */
const lowestPort = 12_000;
const highestPort = 32_000;

/** A port that nothing listens on; somebody else may take it before its use, which then fails loudly. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(lowestPort, highestPort);
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch {
      continue;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}
