import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientProgram, debianServer, libpq, run } from './support/client-program.ts';
import { type Sides, startSides, tlsFolder } from './support/sides.ts';

const file = (name: string): string => join(tlsFolder, name);
const listener = (required: boolean): string => `tls: { cert: ${file('server.crt')}, key: ${file('server.key')}, required: ${required} }`;

let sides: Sides;
let ca: string;
beforeAll(async () => {
  ca = await readFile(file('ca.crt'), 'utf8');
  sides = await startSides({ target: [listener(true)] });
});
afterAll(async () => { await sides.stop(); });

async function asked(options: object): Promise<unknown> {
  const client = new Client({ ...sides.gate, ...options });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query('SELECT count(*)::int AS n FROM customers')).rows[0] as unknown;
  } catch (error) {
    return error instanceof Error ? `${'code' in error ? String(error.code) : ''} ${error.message}` : error;
  } finally {
    await client.end().catch(() => undefined);
  }
}

test('node-postgres checks the certificate, binds its login to the channel, and is turned away without TLS', async () => {
  expect(await asked({ ssl: { ca } })).toEqual({ n: 120 });
  expect(await asked({ ssl: { ca }, enableChannelBinding: true })).toEqual({ n: 120 });
  expect(await asked({ ssl: { ca: await readFile(file('stranger.crt'), 'utf8') } })).toContain('unable to verify the first certificate');
  expect(await asked({})).toMatch(/^28000 /u);
});

test('postgres.js', async () => {
  const { host, port, database, user, password } = sides.gate;
  const sql = postgres({ host, port, database, user, password, ssl: { ca }, max: 1 });
  expect(await sql`SELECT name FROM customers WHERE id = 1`).toHaveLength(1);
  await sql.end();
});

test('TLS from the first byte', async () => {
  expect(await asked({ ssl: { ca }, sslnegotiation: 'direct' })).toEqual({ n: 120 });
});

const psql = clientProgram('psql', 'psql', debianServer);

async function psqlWith(settings: string, at: Sides): Promise<string> {
  const { out, err } = await run('psql', ['-XAtc', 'SELECT count(*) FROM customers', settings], libpq(at.gate));
  return out === '' ? err.replaceAll(/^.*(?:FATAL|failed): +/gmu, '') : out.trim();
}

describe.skipIf(psql.missing !== '')(`psql${psql.missing}`, () => {
  test('sslmode, certificates and channel binding', async () => {
    const root = `sslrootcert=${file('ca.crt')}`;
    expect(await psqlWith(`sslmode=verify-full ${root}`, sides)).toBe('120');
    expect(await psqlWith(`sslmode=verify-full ${root} channel_binding=require host=localhost hostaddr=127.0.0.1`, sides)).toBe('120');
    expect(await psqlWith('sslmode=prefer', sides)).toBe('120');
    expect(await psqlWith('sslmode=require channel_binding=disable', sides)).toBe('120');
    expect(await psqlWith('sslmode=allow', sides)).toBe('120');
    expect(await psqlWith(`sslmode=verify-full ${root} host=elsewhere hostaddr=127.0.0.1`, sides)).toContain('server certificate for');
    expect(await psqlWith(`sslmode=verify-full sslrootcert=${file('stranger.crt')}`, sides)).toContain('certificate verify failed');
    expect(await psqlWith('sslmode=disable', sides)).toContain('TLS');
  });

  test('a listener that does without TLS takes either', async () => {
    const lenient = await startSides({ target: [listener(false)] });
    try {
      expect(await psqlWith('sslmode=disable', lenient)).toBe('120');
      expect(await psqlWith('sslmode=prefer', lenient)).toBe('120');
      expect(await psqlWith('sslmode=require', lenient)).toBe('120');
      expect(await psqlWith('sslmode=disable channel_binding=require', lenient)).toContain('channel binding');
    } finally {
      await lenient.stop();
    }
  });
});
