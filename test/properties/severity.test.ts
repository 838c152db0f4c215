import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Catalog, FunctionInfo, RelationInfo } from '../../src/core/catalog.ts';
import type { Decision } from '../../src/core/decision.ts';
import type { Environment } from '../../src/core/target.ts';
import { initialState } from '../../src/core/interpretation.ts';
import { createPostgresInterpreter, type PostgresInterpreter } from '../../src/intent/postgres/interpreter.ts';
import { shopCatalog } from '../../src/intent/postgres/testdata/catalog.ts';
import { CedarDecisionPoint } from '../../src/policy/decision-point.ts';
import { grantEverything } from '../../src/policy/everything.ts';
import { parseDataFile } from '../support/datadriven.ts';

const folder = join(import.meta.dirname, '../../src/intent/postgres/testdata');
type Outcome = Decision['outcome'];
const severity: { readonly [O in Outcome]: number } = { permit: 0, hold: 1, deny: 2 };

/** A statement of rows as it stands in the golden files: one, without comments, parameters or names that a wrapping could catch. */
const statements = readdirSync(folder).filter((name) => name.endsWith('.effects')).flatMap((name) => parseDataFile(name, readFileSync(join(folder, name), 'utf8')).cases)
  .filter((one) => one.command === 'effects' && one.args.size === (one.args.has('catalog') ? 1 : 0)).map((one) => one.input.trim().replace(/;$/, ''))
  .filter((sql) => /^(?:select|insert|update|delete|with|merge|table|values)\b/i.test(sql) && !/[;$]|--|\/\*/.test(sql));

/** The shop, with a view and a function more whose texts are the statement. */
function shopWith(sql: string): Catalog {
  const view: RelationInfo = {
    oid: 90_001, schema: 'public', name: 'wrapping_view', kind: 'view', columns: [{ number: 1, name: 'a', type: 'text' }], keys: [], triggers: [], referencedBy: [], children: [],
    views: [], definition: sql, rules: [], rowSecurity: false, code: [],
  };
  const fn: FunctionInfo = {
    oid: 90_002, schema: 'public', name: 'wrapping_function', kind: 'function', arguments: [], defaults: 0, variadic: false, language: 'sql', volatility: 'volatile', securityDefiner: false,
    settings: ['search_path=public, shop'], definition: `CREATE FUNCTION public.wrapping_function() RETURNS void LANGUAGE sql AS $wrapping$${sql}$wrapping$`,
  };
  return {
    ...shopCatalog, version: sql,
    relation: (name, path) => (name.name === view.name ? view : shopCatalog.relation(name, path)),
    functions: (name, path) => (name.name === fn.name ? [fn] : shopCatalog.functions(name, path)),
    relationByOid: (oid) => (oid === view.oid ? view : shopCatalog.relationByOid(oid)), functionByOid: (oid) => (oid === fn.oid ? fn : shopCatalog.functionByOid(oid)),
  };
}

describe.each<Environment>(['production', 'development'])('nothing is decided more mildly for how it is wrapped, in %s', (environment) => {
  let interpreter: PostgresInterpreter;
  const policy = new CedarDecisionPoint([join(import.meta.dirname, '../../policies/baseline')], { tested: true });
  beforeAll(async () => { interpreter = await createPostgresInterpreter({ maxText: 65_536 }); });
  afterAll(() => interpreter.close());

  /** Undefined where it is no statement. */
  function decide(text: string, catalog: Catalog, searchPath: readonly string[] = ['public', 'shop']): Outcome | undefined {
    const read = interpreter.interpret(text, catalog, { ...initialState, searchPath });
    if (read instanceof Promise) throw new Error('too long for a golden');
    const effects = read.statements.flatMap((statement) => statement.effects);
    if (effects.some((effect) => effect.reason === 'syntax' && effect.via.length === 0)) return undefined;
    return policy.decide({ ...grantEverything('shop'), target: { name: 'shop', protocol: 'postgres', environment, mode: 'enforce' }, database: 'shop', language: 'sql/postgres', effects, now: 0 }).outcome;
  }

  test.each<[way: string, wrap: (sql: string) => string, path?: readonly string[]]>([
    ['a CTE', (sql) => `WITH wrapped AS (${sql}) SELECT 1 FROM wrapped`],
    ['a CTE that nobody reads', (sql) => `WITH wrapped AS (${sql}) SELECT 1`],
    ['a sub-select', (sql) => `SELECT * FROM (${sql}) AS wrapped`],
    ['an expression', (sql) => `SELECT EXISTS (${sql}), 1`],
    ['comments, and another case of letters', (sql) => `/* SELECT 1 */ ${sql.replace(/^\w+/, (word) => word.toUpperCase().replace(/E/g, 'e'))} -- SELECT 1`],
    ['a statement before and behind', (sql) => `SELECT 1; ${sql}; SELECT 1`],
    ['a transaction', (sql) => `BEGIN; ${sql}; COMMIT`],
    // The server writes its text with every name in full, and what is called without brackets as a call.
    ['a view', () => 'SELECT * FROM wrapping_view', []],
    ['a function', () => 'SELECT wrapping_function()'],
    ['a function in FROM', () => 'SELECT * FROM wrapping_function() AS w'],
    ['a prepared statement', (sql) => `PREPARE wrapped AS ${sql}; EXECUTE wrapped`],
    ['a DO block', (sql) => `DO $wrapping$ BEGIN ${/^(?:select|with|table|values)/i.test(sql) ? `PERFORM * FROM (${sql}) AS w` : sql}; END $wrapping$`],
    ['EXPLAIN ANALYZE', (sql) => `EXPLAIN (ANALYZE) ${sql}`],
    ['COPY', (sql) => `COPY (${sql}) TO STDOUT`],
    ['a cursor', (sql) => `DECLARE wrapped CURSOR FOR ${sql}`],
  ])('%s', (_way, wrap, path) => {
    let compared = 0;
    const milder: string[] = [];
    for (const sql of statements) {
      const catalog = shopWith(sql);
      const [bare, wrapped] = [decide(sql, catalog, path), decide(wrap(sql), catalog)];
      if (bare === undefined || wrapped === undefined) continue;
      compared++;
      if (severity[wrapped] < severity[bare]) milder.push(`${bare} became ${wrapped}: ${sql}`);
    }
    expect(milder).toEqual([]);
    expect(compared).toBeGreaterThan(80);
  });
});
