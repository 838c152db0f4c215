import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { startGateway } from '../gateway.ts';
import type { Login, Path } from '../path.ts';
import type { Budget, Row, Scenario, Unit } from '../scenario.ts';
import { met } from '../scenario.ts';
import { startServer } from '../server.ts';
import { median } from '../statistics.ts';
import { openSession, type WireClient } from '../wire-client.ts';
import { firstSight } from './first-sight.ts';
import { latency } from './latency.ts';

const perTransaction = 100;
/** Milliseconds; longer than the gateway's own look takes, so that none is under way when the next table is made. */
const rest = 2_000;
const betweenCommits = 100; // ms
const commitsPerTable = 20;

async function connected({ port, user, password, database }: Login): Promise<Client> {
  const client = new Client({ host: '127.0.0.1', port, user, password, database });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** A body over numbers, in transactions that take few locks. */
function each(count: number, body: string): readonly string[] {
  return Array.from({ length: Math.ceil(count / perTransaction) }, (_, n) =>
    `DO $do$ BEGIN FOR i IN ${n * perTransaction}..${Math.min(count, (n + 1) * perTransaction) - 1} LOOP ${body} END LOOP; END $do$`);
}

/** Tables with what tables have (key, sequence, defaults, check, TOAST), a view and an index on an expression for each tenth; functions in SQL and PL/pgSQL. */
async function fill(client: Client, tables: number, functions: number): Promise<void> {
  await client.query(`CREATE DOMAIN positive AS int CHECK (VALUE > 0)`);
  for (const sql of each(tables, `EXECUTE format('CREATE TABLE t%s (id serial PRIMARY KEY, a text NOT NULL DEFAULT ''x'', b int CHECK (b > 0), c timestamptz DEFAULT now(), d jsonb, e positive, f boolean, g uuid DEFAULT gen_random_uuid(), h numeric(10,2), i text)', i);
    IF i % 10 = 0 THEN EXECUTE format('CREATE INDEX ON t%s (lower(a)); CREATE VIEW v%s AS SELECT id, a FROM t%s', i, i, i); END IF;`)) await client.query(sql);
  for (const sql of each(functions, `EXECUTE format('CREATE FUNCTION fn%s(pa int, pb text DEFAULT ''x'') RETURNS SETOF t1 LANGUAGE %s AS %L', i, CASE WHEN i % 2 = 0 THEN 'sql' ELSE 'plpgsql' END,
    CASE WHEN i % 2 = 0 THEN 'SELECT * FROM t1 WHERE id = pa' ELSE 'BEGIN UPDATE t1 SET a = pb WHERE id = pa; RETURN QUERY SELECT * FROM t1; END' END);`)) await client.query(sql);
  await client.query('ANALYZE');
}

/** Somebody else commits all the time, and makes a table every two seconds: the gateway looks each second, and reads what has moved. */
async function whileFollowed<T>(login: Login, work: () => Promise<T>): Promise<T> {
  const client = await connected(login);
  let goesOn = true;
  const busy = async (n: number): Promise<void> => {
    await client.query(n % commitsPerTable === 0 ? `CREATE TABLE passing_${n} (id int PRIMARY KEY)` : 'INSERT INTO pgbench_history (tid, bid, aid, delta) VALUES (1, 1, 1, 1)');
    await sleep(betweenCommits);
    if (goesOn) await busy(n + 1);
  };
  const ended = busy(0);
  try {
    return await work();
  } finally {
    goesOn = false;
    await ended;
    await client.end();
  }
}

/** What the first to name a new table waits: the gateway does not know it, looks, and reads what has moved. */
async function reloads(server: Client, session: WireClient, count: number): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < count; n++) {
    await sleep(rest);
    await server.query(`CREATE TABLE new_${n} (id int PRIMARY KEY)`);
    const begun = performance.now();
    await session.query(`SELECT id FROM new_${n} WHERE id = 1`);
    times.push(performance.now() - begun);
  }
  return median(times);
}

function row(scenario: string, unit: Unit, value: number, budget?: Budget): Row {
  return { scenario, unit, values: { gateway: value }, compared: undefined, budget, met: budget === undefined ? undefined : met(value, budget) };
}

/** A database with 20,000 tables (64,000 relations) and 5,000 functions: what reading and following it costs, and what its sessions notice of that. A server and a gateway of its own. */
export const largeCatalog: Scenario = {
  name: 'large-catalog',
  run: async (bench) => {
    const { login } = await startServer();
    const server = await connected(login);
    const [tables, functions] = bench.short ? [2_000, 500] : [20_000, 5_000];
    await fill(server, tables, functions);
    const begun = performance.now();
    const gateway = await startGateway(login);
    const session = await openSession(gateway.login);
    await session.query('SELECT 1');
    const loaded = performance.now() - begun;
    const { heapUsed } = await gateway.memory();
    const reload = await reloads(server, session, bench.short ? 4 : 8);
    const paths: readonly Path[] = [{ name: 'direct', login, pid: undefined }, { name: 'gateway', login: gateway.login, pid: gateway.process.pid }];
    const sessions = await whileFollowed(login, async () => [...await firstSight.run({ ...bench, gateway }), ...await latency.run({ ...bench, gateway, paths })]);
    session.close();
    await server.end();
    await gateway.process.stop();
    const what = `${tables / 1000}k tables`;
    return [
      row(`${what}: start to first answer`, 'ms', loaded, { most: 10_000 }), row(`${what}: a new table is known`, 'ms', reload, { most: 500 }), row(`${what}: heap`, 'MiB', heapUsed / 2 ** 20),
      ...sessions.map((found) => ({ ...found, scenario: `${what}: ${found.scenario.replace(' of a statement', '').replace('select, prepared, 1 client', 'known')}` })),
    ];
  },
};
