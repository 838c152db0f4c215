import { afterAll, expect, test } from 'vitest';
import { formatResource } from '../../core/format.ts';
import { initialState } from '../../core/interpretation.ts';
import { createPostgresInterpreter } from './interpreter.ts';
import { shopCatalog } from './testdata/catalog.ts';

const interpreter = await createPostgresInterpreter();
afterAll(async () => { await interpreter.close(); });

test.each([
  ['SELECT purge()', 'function:public.purge function:public.audit'],
  ['SELECT purge_deep()', 'function:public.purge_deep function:public.purge function:public.audit'],
  ["SELECT id FROM orders WHERE stored.computes(id) = 'a'", 'function:stored.computes'],
  ["SELECT shop.stored.computes('a')", 'function:stored.computes'],
  // through a view, a default, a trigger
  ['SELECT * FROM sneaky', 'function:public.purge function:public.audit'],
  ["INSERT INTO stored.rows (id) VALUES ('a')", 'function:stored.noted function:stored.computes function:stored.wipes'],
  // what was prepared, each time that it runs
  ['PREPARE q AS SELECT stored.computes(id) FROM orders; EXECUTE q', 'function:stored.computes function:stored.computes'],
  ['DECLARE c CURSOR WITH HOLD FOR SELECT stored.computes(id) FROM orders; FETCH c', 'function:stored.computes function:stored.computes'],
  // built-in functions are what they do
  ['SELECT lower(name), now() FROM customers', ''],
  // each statement has its own
  ['SELECT 1; SELECT stored.computes(id) FROM orders', 'function:stored.computes'],
])('functions that run: %s', async (text, calls) => {
  const { statements } = await interpreter.interpret(text, shopCatalog, { ...initialState, searchPath: ['public'] });
  expect(statements.flatMap((statement) => statement.calls ?? []).map(formatResource).join(' ')).toBe(calls);
});
