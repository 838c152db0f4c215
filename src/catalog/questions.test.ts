import { expect, test } from 'vitest';
import { head, watchedCatalogs } from './change-token.ts';
import { codeOf } from './code-rows.ts';
import { functionCalls, made, types } from './made-rows.ts';
import * as rows from './rows.ts';
import { operatorNames, rulesOf } from './single-rows.ts';
import { textSources } from './text-sources.ts';

const questions: Readonly<Record<string, string>> = {
  head: head.sql, namespaces: rows.namespaces.sql, types: types.sql, code: codeOf('all').sql, rules: rulesOf('all').sql, operatorNames: operatorNames.sql, functionCalls: functionCalls('all').sql, texts: textSources({ relations: 'all', functions: 'all' }).sql,
  ...Object.fromEntries(Object.entries(made).map(([name, { sql }]) => [name, sql])),
  ...Object.fromEntries(([rows.relations, rows.columns, rows.keys, rows.triggers, rows.references, rows.parents, rows.reads, rows.functions] as const).map((ask) => [ask.name, ask('all').sql])),
};

/** Of it only what belongs to rows that are watched is asked: what a rule, a policy, a view or a function depends on changes with its own row. */
const followed = 'pg_depend';

test.each(Object.entries(questions))('whatever %s asks of is watched', (_name, sql) => {
  const catalogs = new Set(Array.from(sql.matchAll(/\b(?:FROM|JOIN)\s+(pg_\w+)/g), ([, catalog]) => catalog ?? ''));
  expect(catalogs.size).toBeGreaterThan(0);
  expect([...catalogs].filter((catalog) => !watchedCatalogs.has(catalog) && catalog !== followed)).toEqual([]);
});
