import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startPostgres } from '../../../../examples/support/postgres-server.ts';
import { connect, servers } from '../../../support/servers.ts';
import { Tally } from '../tally.ts';
import { Follower } from './follower.ts';
import { statementsOf } from './script.ts';

/** Where `npm run test:regress` has put PostgreSQL's regression suite, which is of Debian's version. */
const suite = join(process.env['GUARDRAILS_PG_REGRESS_DIR'] ?? '/var/tmp/guardrails-pg-regress', 'regress');

/** They wait for other sessions, need servers of their own, or do nothing but wait. */
const left = new Set(['tablespace', 'infinite_recurse', 'stats', 'psql', 'psql_crosstab', 'async', 'maintain_every', 'select_parallel', 'write_parallel', 'vacuum_parallel', 'largeobject']);

/**
 * PostgreSQL's regression suite, statement by statement in one session, each judged as a generated one is; what it does stays. Files of later
 * groups come only if time allows. The suite is where `npm run test:regress` has put it; throws when it is not there.
 */
export async function run({ minutes }: { readonly minutes: number }): Promise<{ statements: number; differences: readonly string[]; lines: readonly string[] }> {
  const debian = servers[1];
  if (debian === undefined || !existsSync(join(suite, 'regress.so'))) throw new Error(`PostgreSQL's regression suite is not in ${suite}: run npm run test:regress once`);
  const server = await startPostgres({ ...debian.options, settings: { autovacuum: 'off', track_functions: 'all', statement_timeout: '20s', jit: 'off' } });
  const tally = new Tally();
  const found = new Map<string, { readonly sql: string; times: number }>();
  const files: string[] = [];
  try {
    const admin = await connect(server.connectionString());
    await admin.query('CREATE DATABASE regression TEMPLATE template0');
    await admin.query(`ALTER DATABASE regression SET lc_messages = 'C'`);
    await admin.end();
    const client = await connect(server.connectionString('regression'));
    const follower = await Follower.open(client);
    const end = performance.now() + minutes * 60_000;
    const environment = { PG_ABS_SRCDIR: suite, PG_LIBDIR: suite, PG_DLSUFFIX: '.so', PG_ABS_BUILDDIR: join(suite, 'out') };
    for (const file of await schedule()) {
      if (performance.now() >= end) break;
      files.push(file);
      for (const statement of statementsOf(await readFile(join(suite, 'sql', `${file}.sql`), 'utf8'), environment)) {
        if (performance.now() >= end) break;
        const examination = await follower.examine(statement);
        tally.statements++;
        if (examination.kind === 'refused') tally.refused++;
        if (examination.kind !== 'judged') continue;
        tally.count(examination.prediction, examination.verdict);
        for (const line of examination.verdict.differences) {
          const known = found.get(line);
          if (known === undefined) found.set(line, { sql: `${file}: ${statement.sql.replaceAll(/\s+/g, ' ')}`, times: 1 });
          else known.times++;
        }
      }
      await follower.newSession();
    }
    await follower.close();
    await client.end();
  } finally {
    await server.stop('immediate');
  }
  return {
    statements: tally.statements, lines: [`  ${files.length} files, to ${files.at(-1) ?? 'none'}`, ...tally.lines()],
    differences: [...found].toSorted(([a], [b]) => a.localeCompare(b)).map(([line, { sql, times }]) => `${line} (${times} times)\n    ${sql}`),
  };
}

async function schedule(): Promise<readonly string[]> {
  const lines = (await readFile(join(suite, 'parallel_schedule'), 'utf8')).split('\n').filter((line) => line.startsWith('test:'));
  return lines.flatMap((line) => line.slice('test:'.length).trim().split(/\s+/)).filter((file) => !left.has(file));
}
