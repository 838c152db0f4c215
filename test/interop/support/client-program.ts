import { execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { Side } from './sides.ts';

/** A client that npm does not bring. `missing` says by name what is not there, and is empty when all is. */
export interface ClientProgram { readonly name: string; readonly missing: string }

/** Names of clients whose absence fails the tests; `.ci/run` sets it after it has installed them. */
const required = new Set((process.env['GUARDRAILS_INTEROP_REQUIRED'] ?? '').split(' '));

/** Present when every path exists: a name without a slash is looked for in PATH. Throws where the client is required and absent. */
export function clientProgram(name: string, ...needs: readonly string[]): ClientProgram {
  const absent = needs.filter((need) => need.includes('/') ? !existsSync(need) : !(process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, need))));
  if (absent.length > 0 && required.has(name)) throw new Error(`${name} is required here, and ${absent.join(', ')} is not installed`);
  return { name, missing: absent.length === 0 ? '' : ` (skipped: ${absent.join(', ')} is not installed)` };
}

/** Debian's newest server, which its clients fit: pg_dump refuses servers that are newer than itself. */
export const debianServer = ((): string => {
  const folder = '/usr/lib/postgresql';
  const versions = existsSync(folder) ? readdirSync(folder).filter((version) => existsSync(join(folder, version, 'bin/initdb'))) : [];
  return join(folder, versions.toSorted((a, b) => Number(b) - Number(a))[0] ?? 'newest', 'bin');
})();

export interface Ran { readonly code: number; readonly out: string; readonly err: string }

/** libpq's variables for a side, and nothing else of the caller's. */
export function libpq(side: Side, locale = 'C.UTF-8'): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '', LC_ALL: locale, HOME: '/nonexistent', PGHOST: side.host, PGPORT: String(side.port), PGUSER: side.user, PGPASSWORD: side.password, PGDATABASE: side.database, PAGER: '',
  };
}

/** Runs a program to its end; `stdin` is what it reads. Never throws for how it ended. */
export async function run(program: string, args: readonly string[], env: Readonly<Record<string, string>>, stdin = ''): Promise<Ran> {
  return await new Promise((done, failed) => {
    const child = spawn(program, args, { env, stdio: 'pipe' });
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => { out += text; });
    child.stderr.setEncoding('utf8').on('data', (text: string) => { err += text; });
    child.once('error', failed).once('close', (code) => done({ code: code ?? -1, out, err }));
    // A client that ends before it has read all is told about by its code.
    child.stdin.on('error', () => undefined).end(stdin);
  });
}

/** A driver of Debian's own Python; another Python's modules are not what was installed. Throws where it is required and absent. */
export async function pythonModule(name: string): Promise<ClientProgram> {
  const found = await promisify(execFile)('/usr/bin/python3', ['-c', `import ${name}`]).then(() => true, () => false);
  if (!found && required.has(name)) throw new Error(`${name} is required here, and python3-${name} is not installed`);
  return { name, missing: found ? '' : ` (skipped: python3-${name} is not installed)` };
}
