import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Catalog, FunctionInfo, RelationInfo } from '../../../src/core/catalog.ts';
import { Examiner } from './examiner.ts';
import { openWorld, type World } from './world.ts';

/** What the judge says of one statement, when the interpreter has this catalog in place of the true one. */
async function differences(world: World, sql: string, alter?: (catalog: Catalog) => Catalog): Promise<readonly string[]> {
  const examiner = await Examiner.open(world, alter);
  try {
    const examination = await examiner.examine([{ sql }]);
    if (examination.kind === 'refused') throw new Error(examination.message);
    return examination.verdict.differences;
  } finally {
    await examiner.close();
  }
}

/** A catalog in which one relation is otherwise than it is. */
function withRelation(name: string, change: Partial<RelationInfo>): (catalog: Catalog) => Catalog {
  const of = (info: RelationInfo | undefined): RelationInfo | undefined => (info?.name === name ? { ...info, ...change } : info);
  return (catalog) => ({ ...catalog, relation: (written, path) => of(catalog.relation(written, path)), relationByOid: (oid) => of(catalog.relationByOid(oid)) });
}

function withFunction(name: string, definition: string): (catalog: Catalog) => Catalog {
  const of = (info: FunctionInfo): FunctionInfo => (info.name === name ? { ...info, definition } : info);
  return (catalog) => ({
    ...catalog,
    functions: (written, path) => catalog.functions(written, path).map(of),
    functionByOid: (oid) => { const info = catalog.functionByOid(oid); return info === undefined ? undefined : of(info); },
  });
}

const seeingNothing = { triggers: [], rules: [], referencedBy: [], children: [], code: [] } as const;

describe('what happened and was not predicted is told', () => {
  let world: World;
  beforeAll(async () => { world = await openWorld(); });
  afterAll(() => world.close());

  test.each([
    ['a trigger', 'DELETE FROM person WHERE id = 11', withRelation('person', { triggers: [] }), 'insert into trace.trigger_before'],
    ['a cascade', 'DELETE FROM purchase WHERE id = 3', withRelation('purchase', seeingNothing), 'delete from app.line'],
    ['a second level of cascades', 'DELETE FROM purchase WHERE id = 1', withRelation('line', seeingNothing), 'update of app.parcel'],
    ['a deferred trigger', 'UPDATE line SET quantity = 2 WHERE n = 3', withRelation('line', { triggers: [] }), 'insert into trace.trigger_deferred'],
    ['a rule', 'DELETE FROM ruled WHERE id = 2', withRelation('ruled', { rules: [] }), 'insert into app.archive'],
    ['a rule that says INSTEAD', `INSERT INTO teams VALUES (1, 'x')`, withRelation('teams', seeingNothing), 'insert into app.archive'],
    ['a view that reads', 'SELECT * FROM people_known', withRelation('people_known', { definition: 'SELECT 1' }), 'read of app.person'],
    ['partitions', 'DELETE FROM reading', withRelation('reading_2024', { children: [] }), 'delete from app.reading_2024_rest_0'],
    ['children', 'DELETE FROM animal', withRelation('animal', { children: [] }), 'delete from app.cat'],
    ['a trigger of TRUNCATE', 'TRUNCATE purchase CASCADE', withRelation('purchase', { triggers: [] }), 'insert into trace.trigger_truncate'],
    ['tables that TRUNCATE empties', 'TRUNCATE purchase CASCADE', withRelation('purchase', { referencedBy: [] }), 'changed: table:app.line (pg_class)'],
    ['the body of a function', 'SELECT dynamic(1)', withFunction('dynamic', 'CREATE FUNCTION app.dynamic(i int) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$'), 'insert into trace.dynamic'],
    ['a lock of a function', 'SELECT locks(1)', withFunction('locks', 'CREATE FUNCTION app.locks(i int) RETURNS void LANGUAGE sql AS $$ $$'), 'advisory lock'],
    ['a notification', 'SELECT locks(1)', withFunction('locks', 'CREATE FUNCTION app.locks(i int) RETURNS void LANGUAGE sql AS $$ SELECT pg_advisory_xact_lock(i) $$'), 'notification'],
    ['a table that is made', 'SELECT makes_table()', withFunction('makes_table', 'CREATE FUNCTION app.makes_table() RETURNS void LANGUAGE sql AS $$ $$'), 'insert into trace.event_end'],
    ['a setting', `SELECT settles('x')`, withFunction('settles', 'CREATE FUNCTION app.settles(v text) RETURNS text LANGUAGE sql AS $$ SELECT v $$'), 'setting transform_null_equals'],
    ['a large object', 'SELECT keeps()', withFunction('keeps', 'CREATE FUNCTION app.keeps() RETURNS oid LANGUAGE sql AS $$ SELECT 1 $$'), 'made: large-object:'],
  ])('%s', async (_what, sql, alter, missed) => {
    expect((await differences(world, sql, alter)).join('\n')).toContain(missed);
  });

  test.each([
    'SELECT * FROM people_known', 'DELETE FROM ruled', 'DELETE FROM animal', 'TRUNCATE purchase CASCADE', 'SELECT deep(1)', 'SELECT locks(1)', 'CALL clean(3)', `SELECT set_config('search_path', 'trace', true)`,
    'LOCK people_known', `UPDATE people SET name = 'x' WHERE id = 2 RETURNING email`,
  ])('nothing is told of %s', async (sql) => {
    expect(await differences(world, sql)).toEqual([]);
  });
});
