import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientProgram, debianServer, libpq, run } from './support/client-program.ts';
import { expectSame } from './support/same.ts';
import { type Side, type Sides, startSides } from './support/sides.ts';

const psql = clientProgram('psql', 'psql', debianServer);

/** What psql shows, with the name of either side's database taken out. */
async function shown(side: Side, script: string, options: readonly string[] = [], locale?: string): Promise<{ code: number; out: string; err: string }> {
  const { code, out, err } = await run('psql', ['-X', '-f', '-', ...options], libpq(side, locale), script);
  return { code, out: out.replaceAll(/\b(?:gated|direct)\b/gu, 'shop').replaceAll(/(process with PID) \d+/gu, '$1 1'), err };
}

describe.skipIf(psql.missing !== '')(`psql${psql.missing}`, () => {
  let sides: Sides;
  beforeAll(async () => { sides = await startSides({ server: { bin: debianServer } }); });
  afterAll(async () => { await sides.stop(); });

  test.each(['C', 'C.UTF-8'])('every command that describes, under LC_ALL=%s', async (locale) => {
    const commands = (await readFile(join(import.meta.dirname, 'testdata/meta-commands.psql'), 'utf8')).trimEnd().split('\n');
    const script = commands.map((command) => `\\echo '==== '\n${command}`).join('\n');
    const sections = await expectSame(sides, async (side) => {
      const { code, out, err } = await shown(side, script, [], locale);
      return { code, err, sections: out.split('==== ').map((section, index) => [commands[index - 1], section]) };
    });
    expect(sections).toMatchObject({ code: 0, err: '' });
    expect(sections.sections).toHaveLength(commands.length + 1);
  });

  test('work in a session: variables, transactions, errors, pages of a cursor', async () => {
    const { out } = await expectSame(sides, (side) => shown(side, `
      BEGIN;
      INSERT INTO products (sku, name, price) VALUES ('PSQL-1', 'psql', 3) RETURNING sku, price;
      SELECT 1/0;
      SELECT 1;
      ROLLBACK;
      \\set ON_ERROR_ROLLBACK on
      BEGIN;
      SELECT 1/0;
      UPDATE products SET stock = 5 WHERE sku = 'BOW-BLU';
      COMMIT;
      \\set FETCH_COUNT 50
      SELECT id, status FROM orders ORDER BY id;
      \\unset FETCH_COUNT
      \\set VERBOSITY verbose
      INSERT INTO customers (name, email) SELECT name, email FROM customers WHERE id = 1;
      SET search_path = pg_catalog, public; SHOW search_path;
      PREPARE one (bigint) AS SELECT name FROM customers WHERE id = $1; EXECUTE one(2); DEALLOCATE one;
      EXPLAIN (COSTS off) SELECT * FROM customers WHERE id = 4;
      SELECT n \\g (format=csv) | cat
      DO $$ BEGIN RAISE NOTICE 'hello'; END $$;
      LISTEN a; NOTIFY a, 'b';
      SELECT count(*) FROM audit_entries;
    `.replaceAll(/^ +/gmu, '')));
    expect(out).toContain('UPDATE 1');
  });

  test('\\copy out and in, of tables and queries, in every format', async () => {
    await expectSame(sides, async (side) => [
      await shown(side, "\\copy customers to stdout\n\\copy (select id, sku from products order by id) to stdout csv header\n\\copy orders (id, status) to stdout (format text, delimiter '|')"),
      await shown(side, "\\copy visits from stdin csv\n2025-03-03 00:00+00,,/copy,192.0.2.1\n2025-03-04 00:00+00,5,/copy,192.0.2.2\n\\.\nSELECT customer_id, path, address FROM visits WHERE path = '/copy' ORDER BY at;\n\\copy visits from stdin\nnot a row\n\\.\nSELECT 1;\n"),
      await shown(side, "\\copy customers to program 'wc -l'"),
    ]);
  });

  test('-c, several of them, in one transaction, stopping at an error', async () => {
    await expectSame(sides, async (side) => [
      await run('psql', ['-Xqc', 'SELECT 1; SELECT 2', '-c', 'SELECT 3'], libpq(side)),
      await run('psql', ['-X1Atc', "UPDATE products SET stock = 1 WHERE id = 1", '-c', 'SELECT 1/0', '-c', 'SELECT 2', '-v', 'ON_ERROR_STOP=1'], libpq(side)),
      await run('psql', ['-XAtc', 'SELECT stock FROM products WHERE id = 1'], libpq(side)),
      await run('psql', ['-XAtc', 'SELECT current_setting($$application_name$$), current_user'], { ...libpq(side), PGAPPNAME: 'mine', PGOPTIONS: '-c statement_timeout=5s', PGTZ: 'Asia/Tokyo', PGDATESTYLE: 'German' }),
    ]);
  });

  test('refused by name: another encoding, a switch, a setting that changes how text is read, replication', async () => {
    const refusals = [];
    for (const env of [{ PGCLIENTENCODING: 'SJIS' }, { PGOPTIONS: '-S 4' }, { PGOPTIONS: '-c session_replication_role=replica' }]) refusals.push(await run('psql', ['-Xc', 'SELECT 1'], { ...libpq(sides.gate), ...env }));
    refusals.push(await run('psql', ['-Xc', 'SELECT 1', 'replication=database'], libpq(sides.gate)));
    expect(refusals.map(({ code, err }) => `${code} ${/FATAL: {2}(.*)/u.exec(err)?.[1] ?? err}`)).toEqual([
      '2 client_encoding `SJIS` is not supported: the gate speaks UTF8',
      '2 the switch `-S` in `options` is not supported',
      '2 the startup parameter `session_replication_role` is not supported',
      '2 replication connections are not supported',
    ]);
  });

  test('what roles and databases start with is shown', async () => {
    await expectSame(sides, (side) => shown(side, '\\drds\n'));
  });
});
