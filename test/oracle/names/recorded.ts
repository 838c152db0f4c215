import { execFile } from 'node:child_process';
import { chown, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { startPostgres, type PostgresServer } from '../../../examples/support/postgres-server.ts';
import type { Parser } from '../../../src/intent/postgres/parser/parser.ts';

/** Where `npm run test:regress` has left PostgreSQL's own regression suite, and the database that it filled. */
const folder = process.env['GUARDRAILS_PG_REGRESS_DIR'] ?? '/var/tmp/guardrails-pg-regress';
const suite = join(folder, 'regress/sql');
const data = join(folder, 'pg/data');

/** A server on a copy of that database; undefined where the suite has not been run on this machine, or runs now. */
export async function openRecorded(): Promise<{ readonly server: PostgresServer; readonly close: () => Promise<void> } | undefined> {
  if (!existsSync(suite) || !existsSync(data) || existsSync(join(data, 'postmaster.pid'))) return undefined;
  const version = (await readFile(join(data, 'PG_VERSION'), 'utf8')).trim();
  const bin = `/usr/lib/postgresql/${version}/bin`;
  if (!existsSync(bin)) return undefined;
  const copy = await mkdtemp(join(existsSync(dirname(folder)) ? dirname(folder) : tmpdir(), 'guardrails-names-'));
  const close = (): Promise<void> => rm(copy, { recursive: true, force: true });
  try {
    const { uid, gid } = await stat(data);
    await mkdir(copy, { recursive: true });
    await chown(copy, uid, gid);
    await promisify(execFile)('cp', ['-a', data, join(copy, 'data')]);
    // It trusts whoever comes; the password is for the client that must send one.
    await writeFile(join(copy, 'password'), 'none\n');
    const server = await startPostgres({ bin, dir: copy, settings: { fsync: 'off' } });
    return { server, close: async () => { await server.stop('immediate'); await close(); } };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Longer text of statements than this is data. */
const maxStatement = 16_000;

/** The suite's statements, file by file, without psql's own commands and the rows of COPY. */
export async function recordedStatements(parser: Parser): Promise<readonly (readonly string[])[]> {
  const files = (await readdir(suite)).filter((name) => name.endsWith('.sql')).toSorted();
  return Promise.all(files.map(async (name) => statementsOf(await readFile(join(suite, name), 'utf8'), parser)));
}

function statementsOf(text: string, parser: Parser): string[] {
  const plain = text.replaceAll(/^(.*\bfrom stdin\b[^;]*;)[\s\S]*?^\\\.$/gim, '').split('\n').map((line) => (line.startsWith('\\') ? ';' : line.replace(/\\g\w*.*$/, ';'))).join('\n');
  const tokens = parser.scan(plain);
  if (!Array.isArray(tokens)) return plain.split(/;\s*$/m);
  const bytes = Buffer.from(plain);
  const statements: string[] = [];
  let start = 0;
  let depth = 0;
  for (const token of tokens as readonly { readonly start: number; readonly end: number; readonly text: string }[]) {
    const is = bytes.toString('utf8', token.start, token.end);
    if (is === '(') depth++;
    else if (is === ')') depth--;
    else if (is === ';' && depth <= 0) {
      statements.push(bytes.toString('utf8', start, token.start).trim());
      start = token.end;
      depth = 0;
    }
  }
  return statements.filter((statement) => statement !== '' && statement.length < maxStatement);
}
