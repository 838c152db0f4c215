// The demo: a real PostgreSQL with a small shop behind the gate, and a tour through a real client. `npm run demo`; `-- --once` ends after the
// tour, with an exit code that says whether every step went as it should; `-- --data DIR` keeps its data there.
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Client, DatabaseError } from 'pg';
import { formatEvent } from '../../src/audit/reader/format-event.ts';
import { readLog } from '../../src/audit/reader/read-log.ts';
import { type Serving, serve } from '../../src/compose/serve.ts';
import { formatFinding, loadConfig } from '../../src/config/load.ts';
import { createAgent, createUser, grant, rotate, RegistryError } from '../../src/identity/registry.ts';
import { sqliteStore } from '../../src/store/sqlite-store.ts';
import { loadShop, type Shop } from '../shop/load.ts';
import { freePort, type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import * as screen from './screen.ts';
import { type Step, tour } from './tour.ts';

/** Milliseconds for what the CLI side changed to be known to the gateway; it looks four times a second. */
const PATIENCE_MS = 10_000;

const { values: options } = parseArgs({ options: { once: { type: 'boolean', default: false }, data: { type: 'string' }, help: { type: 'boolean', default: false } } });
if (options.help) {
  console.log('npm run demo [-- --once] [-- --data DIR]\n\n  --once      end after the tour; the exit code is 0 when every step went as it should\n  --data DIR  keep the database, the state and the record there');
  process.exit(0);
}

const folder = options.data === undefined ? await mkdtemp(join(tmpdir(), 'guardrails-demo-')) : resolve(options.data);
const ended: (() => Promise<unknown>)[] = options.data === undefined ? [() => rm(folder, { recursive: true, force: true })] : [];
let ending = false;

async function end(code: number): Promise<never> {
  if (!ending) {
    ending = true;
    for (const step of ended.toReversed()) await step().catch((error: unknown) => console.error(String(error)));
  }
  process.exit(code);
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { void end(0); });

async function startServer(): Promise<PostgresServer> {
  screen.say('starting a real PostgreSQL with a small shop ...');
  if (options.data === undefined) return startPostgres();
  await mkdir(folder, { recursive: true });
  return startPostgres({ dir: join(folder, 'postgres') });
}

async function startGate(server: PostgresServer, shop: Shop): Promise<{ readonly serving: Serving; readonly data: string; readonly port: number }> {
  await writeFile(join(folder, 'shop.password'), shop.password, { mode: 0o600 });
  const file = join(folder, 'guardrails.yaml');
  const [port, admin] = [await freePort(), await freePort()];
  await writeFile(file, `version: 1
policy: ${resolve(import.meta.dirname, '../../policies/baseline')}
gateway:
  data: ./data
  admin: 127.0.0.1:${admin}
  log: { level: warn }
targets:
  shop:
    protocol: postgres
    listen: 127.0.0.1:${port}
    upstream: postgres://${shop.user}@${server.host}:${server.port}/${shop.database}
    password: { file: ./shop.password }
    environment: production
`, { mode: 0o600 });
  const loaded = await loadConfig(file);
  if (!loaded.ok) throw new Error(loaded.errors.map(formatFinding).join('\n'));
  return { serving: await serve(loaded.config, loaded.digest, []), data: loaded.config.gateway.data, port };
}

/** A person, and an agent that belongs to her; on kept data they are there already and only get new secrets. */
async function provision(data: string): Promise<{ readonly person: string; readonly agent: string }> {
  const store = sqliteStore({ path: join(data, 'state.db'), clock: Date.now, randomBytes });
  const context = { store, clock: Date.now, randomBytes, by: 'demo' };
  const verbs = ['read', 'insert', 'update', 'delete', 'define', 'destroy', 'grant', 'execute', 'export', 'configure'];
  const again = async (name: string, error: unknown): Promise<string> => {
    if (!(error instanceof RegistryError) || error.code !== 'name-taken') throw error;
    return (await rotate(context, { name })).secret;
  };
  const person = await createUser(context, { name: 'ada' }).then((made) => made.secret, (error: unknown) => again('ada', error));
  await grant(context, { holder: { kind: 'principal', name: 'ada' }, target: 'shop', verbs, for: '8h', why: 'the demo' });
  const agent = await createAgent(context, { name: 'shop-bot', owner: 'ada', target: 'shop', verbs, for: '8h', why: 'the demo' }).then((made) => made.secret, (error: unknown) => again('shop-bot', error));
  await store.close();
  return { person, agent };
}

/** A first connection tells when the gateway has read the catalog and knows the new agent. */
async function connected(url: string): Promise<Client> {
  for (const started = performance.now(); ; await sleep(100)) {
    const client = new Client({ connectionString: url, application_name: 'demo' });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return client;
    } catch (error) {
      if (performance.now() - started > PATIENCE_MS) throw error;
    }
  }
}

/** Runs a step and shows what the client saw; what did not go as the tour says, in a sentence. */
async function take(client: Client, step: Step, number: number): Promise<string | undefined> {
  screen.heading(`${number}. ${step.title}`);
  screen.sql(step.sql);
  if (step.values !== undefined) screen.note(`with ${step.values.map((value, i) => `$${i + 1} = ${JSON.stringify(value)}`).join(', ')}`);
  try {
    const result = await client.query(step.values === undefined ? { text: step.sql } : { text: step.sql, name: `step-${number}`, values: [...step.values] });
    screen.passed(`${result.command} ${result.rowCount ?? 0}`);
    if (result.rows.length > 0) screen.rows(result.rows as Readonly<Record<string, unknown>>[]);
    return step.expected.passes ? undefined : `step ${number} passed, and should have been refused by ${step.expected.policy}`;
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    screen.refused(`${error.code}: ${error.message}`);
    for (const line of (error.detail ?? '').split('\n')) screen.note(line);
    screen.note(`at character ${error.position ?? '?'}; the way on: ${error.hint ?? ''}`);
    if (step.expected.passes) return `step ${number} was refused, and should have passed`;
    if (error.code === '42501' && (error.detail ?? '').includes(step.expected.policy)) return undefined;
    return `step ${number} was refused, but not by ${step.expected.policy}`;
  }
}

async function stillThere(server: PostgresServer, shop: Shop): Promise<string | undefined> {
  const client = new Client({ connectionString: server.connectionString(shop.database) });
  await client.connect();
  const { rows: [counts] } = await client.query<{ customers: number; orders: number; payments: number; keys: number }>(
    'SELECT (SELECT count(*)::int FROM customers) AS customers, (SELECT count(*)::int FROM orders) AS orders, (SELECT count(*)::int FROM payments) AS payments, (SELECT count(*)::int FROM api_keys) AS keys');
  await client.end();
  screen.heading('What the database says, asked directly: nothing is missing');
  screen.rows(counts === undefined ? [] : [counts]);
  return counts !== undefined && Object.values(counts).every((count) => count > 0) ? undefined : 'rows are gone from the shop';
}

async function showRecord(data: string): Promise<void> {
  screen.heading('The record of it (guardrails log show)');
  const records = [];
  for await (const record of readLog(data)) if (record.kind === 'decision') records.push(record);
  for (const record of records.slice(-tour.length)) screen.note(formatEvent(record));
}

try {
  const server = await startServer();
  ended.push(() => server.stop());
  const shop = await loadShop(server);
  const { serving, data, port } = await startGate(server, shop);
  ended.push(() => serving.stop('the demo has ended'));
  const secrets = await provision(data);
  const url = (name: string, secret: string): string => `postgres://${name}:${secret}@127.0.0.1:${port}/${shop.database}`;
  const client = await connected(url('shop-bot', secrets.agent));
  screen.say(`the gate stands in front of it; agent ${screen.loud('shop-bot')} is granted everything on it. Now see what passes.`);
  const wrong: string[] = [];
  for (const [index, step] of tour.entries()) wrong.push(...[await take(client, step, index + 1)].filter((text) => text !== undefined));
  await client.end();
  wrong.push(...[await stillThere(server, shop)].filter((text) => text !== undefined));
  await showRecord(data);
  if (wrong.length > 0) {
    screen.heading('Not as the tour says:');
    for (const text of wrong) screen.refused(text);
    await end(1);
  }
  if (options.once) await end(0);
  screen.heading('Try it yourself');
  screen.say(`  a person  psql '${url('ada', secrets.person)}'`);
  screen.say(`  an agent  psql '${url('shop-bot', secrets.agent)}'`);
  screen.say(`  the data  ${folder}`);
  screen.say(`\nIn another terminal, with --config ${join(folder, 'guardrails.yaml')}`);
  screen.say('  npx guardrails explain --target shop "DELETE FROM orders"');
  screen.say('  npx guardrails log follow');
  screen.say('  npx guardrails freeze shop --why "trying it out"');
  screen.say('\nserving until Ctrl-C');
} catch (error) {
  console.error(error instanceof Error ? `the demo could not go on: ${error.message}` : String(error));
  await end(1);
}
