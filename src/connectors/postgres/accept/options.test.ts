import fc from 'fast-check';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startPostgres } from '../../../../examples/support/postgres-server.ts';
import type { PostgresServer } from '../../../../examples/support/postgres-server.ts';
import { parseOptions } from './options.ts';

function read(options: string): string {
  return parseOptions(options).map((o) => (o.kind === 'setting' ? `${o.name}=${o.value}` : `other ${o.word}`)).join(' | ');
}

const settings: readonly (readonly [string, string])[] = [
  ['-c geqo=off', 'geqo=off'],
  ['-cgeqo=off', 'geqo=off'],
  ['--geqo=off', 'geqo=off'],
  ['--statement-timeout=5s', 'statement_timeout=5s'],
  ['-c statement-timeout=5s', 'statement_timeout=5s'],
  ['-c application_name=a,b\\ c', 'application_name=a,b c'],
  ['-c application_name=a\\\\b', 'application_name=a\\b'],
  ['-c application_name=a\\', 'application_name=a'],
  ['-c application_name=a=b', 'application_name=a=b'],
  ['-c application_name=', 'application_name='],
  ['\\-c geqo=off', 'geqo=off'],
  ['-c geqo=on -c geqo=off', 'geqo=on | geqo=off'],
];

describe('options', () => {
  test.each<readonly [string, string]>([
    ['', ''],
    ['  \t\n ', ''],
    ...settings,
    ['-c\\ geqo=off', ' geqo=off'],
    // What is not a setting is handed back by its word.
    ['-d 5', 'other -d | other 5'],
    ['-c', 'other -c'],
    ['-c geqo', 'other -c'],
    ['--geqo', 'other --geqo'],
    ['-c =x', 'other -c'],
    ['geqo=off', 'other geqo=off'],
    ['-e -c geqo=off', 'other -e | geqo=off'],
    ['-ec geqo=off', 'other -ec | other geqo=off'],
    ['-', 'other -'],
    ['--', 'other --'],
  ])('%j', (options, expected) => {
    expect(read(options)).toBe(expected);
  });

  test('total: nothing is lost without a word', () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom('-', 'c', '=', ' ', '\\', 'a', '\t') }), (options) => {
      const words = parseOptions(options);
      expect(words.length > 0).toBe(/[^ \t]/u.test(options));
    }));
  });
});

describe('a real server reads them the same', () => {
  let server: PostgresServer;
  beforeAll(async () => { server = await startPostgres({ auth: 'trust' }); });
  afterAll(async () => { await server.stop('immediate'); });

  async function asServer(options: string, name: string): Promise<unknown> {
    const client = new Client({ connectionString: server.connectionString(), options });
    await client.connect();
    try {
      const { rows } = await client.query<{ value: string }>('SELECT current_setting($1) AS value', [name]);
      return rows[0]?.value;
    } finally {
      await client.end();
    }
  }

  test.each(settings)('%j', async (options, expected) => {
    const last = expected.split(' | ').at(-1) ?? '';
    const name = last.slice(0, last.indexOf('='));
    expect(await asServer(options, name)).toBe(last.slice(name.length + 1));
  });

  test('any value with white space and backslashes', async () => {
    await fc.assert(fc.asyncProperty(fc.string({ unit: fc.constantFrom('a', ' ', '\\', '-', '=', 'b'), minLength: 1 }), async (raw) => {
      const options = `-c application_name=${raw}`;
      const parsed = parseOptions(options);
      const [first] = parsed;
      fc.pre(parsed.length === 1 && first?.kind === 'setting');
      expect(first).toEqual({ kind: 'setting', name: 'application_name', value: await asServer(options, 'application_name') });
    }), { numRuns: 60 });
  });
});
