import * as z from 'zod';
import { among, type Among, names, oid, oids, questionAbout, type Question } from './question.ts';

/**
 * Code that runs without standing in a statement. What a stored expression calls is read from its node tree (pg_node_tree, which
 * every role may read): the server has resolved each call, operator and cast there, and no text of it has to be written, which would lock
 * relations. The fields are those of src/include/nodes/primnodes.h and parsenodes.h, written by outfuncs.c as `:name value`; in a name or a text the
 * spaces are escaped. Split and not matched: for 100,000 expressions that takes a second in place of a minute.
 */
const fields = { functions: ['funcid', 'opfuncid', 'aggfnoid', 'winfnoid', 'tsmhandler'], operators: ['opno', 'eqop', 'sortop'], types: ['resulttype', 'minmaxtype'], relations: ['relid'] };
const either = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ');

/** Of a type that is an array, what it is an array of. */
export const element = (type: string): string => `(SELECT CASE WHEN e.typelem <> 0 AND e.typlen = -1 THEN e.typelem ELSE e.oid END FROM pg_type e WHERE e.oid = ${type})`;

/**
 * `functions, builtins, types, read` of the node tree `tree` and the functions `more`; `policy` is the policy that it belongs to. What an oid
 * stands for is looked up one by one: a join would read all of pg_operator for each expression.
 */
export const called = `
  WITH parts AS MATERIALIZED (
    SELECT split_part(part, ' ', 1) AS field, rtrim(split_part(part, ' ', 2), '})')::oid AS value FROM unnest(string_to_array(tree, ' :')) AS u (part)
    WHERE split_part(part, ' ', 1) IN (${either(Object.values(fields).flat())})
    UNION ALL SELECT 'opno', each.operator::oid FROM unnest(string_to_array(tree, ' :')) AS u (part)
      CROSS JOIN unnest(string_to_array(rtrim(split_part(part, '(o ', 2), '})'), ' ')) AS each (operator) WHERE part LIKE 'opnos (o %'
    UNION ALL SELECT 'funcid', f FROM unnest(more) AS u (f)
  ), named AS (
    SELECT DISTINCT CASE WHEN field IN (${either(fields.functions)}) THEN value WHEN field IN (${either(fields.operators)}) THEN (SELECT o.oprcode::oid FROM pg_operator o WHERE o.oid = value) END AS function,
      CASE WHEN field IN (${either(fields.types)}) AND value >= 16384 THEN ${element('value')} END AS type
    FROM parts
  )
  SELECT coalesce(array_agg(DISTINCT function::int8) FILTER (WHERE function >= 16384 AND EXISTS (SELECT FROM pg_proc p WHERE p.oid = function)), '{}') AS functions,
    coalesce(array_remove(array_agg(DISTINCT (SELECT p.proname::text COLLATE "C" FROM pg_proc p WHERE p.oid = function)) FILTER (WHERE function < 16384), NULL), '{}') AS builtins,
    coalesce(array_agg(DISTINCT type::int8) FILTER (WHERE type >= 16384), '{}') AS types,
    CASE WHEN policy IS NULL THEN '[]' ELSE (SELECT coalesce(json_agg(json_build_array(r.oid::int8, ARRAY(SELECT d.refobjsubid FROM pg_depend d
        WHERE d.classid = 'pg_policy'::regclass AND d.objid = policy AND d.refclassid = 'pg_class'::regclass AND d.refobjid = r.oid AND d.refobjsubid > 0 ORDER BY 1)) ORDER BY r.oid), '[]')
      FROM (SELECT DISTINCT value AS oid FROM parts WHERE field IN (${either(fields.relations)}) AND value <> 0) AS r) END AS read
  FROM named`;

/** Functions of the operator classes among these that were made in the database. */
const supportOf = (classes: string): string => `ARRAY(SELECT f.amproc::oid FROM unnest(${classes}::oid[]) AS u (class)
    JOIN pg_opclass o ON o.oid = u.class JOIN pg_amproc f ON f.amprocfamily = o.opcfamily WHERE o.oid >= 16384)`;

/**
 * Every stored expression of relations, with whatever else is called with it; `classes` where operator classes that were made in the
 * database say what that is. `flag` tells when it runs: see `code.ts`. The owner is who the row belongs to, `about` whose rows run it.
 */
const expressions = (asked: Among): string => `
  SELECT d.adrelid AS owner, d.adrelid AS about, 'default' AS kind, a.attname AS name, a.attgenerated::text AS flag, d.adbin::text AS tree, '{}'::oid[] AS more, NULL::oid AS policy, false AS classes
  FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum WHERE ${among('d.adrelid', asked)}
  UNION ALL
  SELECT k.conrelid, k.conrelid, 'check', k.conname, '', k.conbin::text, '{}', NULL, false FROM pg_constraint k WHERE k.contype = 'c' AND k.conrelid <> 0 AND ${among('k.conrelid', asked)}
  UNION ALL
  SELECT i.indexrelid, i.indrelid, 'index', c.relname, '', concat(i.indexprs::text, i.indpred::text), ${supportOf('i.indclass')}, NULL, 16384 <= ANY (i.indclass::oid[])
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
  WHERE (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL OR 16384 <= ANY (i.indclass::oid[])) AND ${among('i.indexrelid', asked)}
  UNION ALL
  SELECT p.partrelid, p.partrelid, 'key', 'partition key', '', p.partexprs::text, ${supportOf('p.partclass')}, NULL, 16384 <= ANY (p.partclass::oid[])
  FROM pg_partitioned_table p WHERE (p.partexprs IS NOT NULL OR 16384 <= ANY (p.partclass::oid[])) AND ${among('p.partrelid', asked)}
  UNION ALL
  SELECT k.conrelid, side.relation, 'key', k.conname, '', NULL, ARRAY(SELECT o.oprcode::oid FROM unnest(k.conpfeqop || k.conppeqop || k.conffeqop || k.conexclop) AS u (operator) JOIN pg_operator o ON o.oid = u.operator), NULL, false
  FROM pg_constraint k CROSS JOIN LATERAL (SELECT k.conrelid UNION SELECT k.confrelid) AS side (relation)
  WHERE side.relation <> 0 AND 16384 <= ANY (k.conpfeqop || k.conppeqop || k.conffeqop || k.conexclop) AND ${among('k.conrelid', asked)}
  UNION ALL
  SELECT s.stxrelid, s.stxrelid, 'statistics', s.stxname, '', to_jsonb(s) ->> 'stxexprs', '{}', NULL, false FROM pg_statistic_ext s WHERE to_jsonb(s) ->> 'stxexprs' IS NOT NULL AND ${among('s.stxrelid', asked)}
  UNION ALL
  SELECT t.tgrelid, t.tgrelid, 'condition', t.tgname, t.tgtype::text, t.tgqual::text, '{}', NULL, false FROM pg_trigger t WHERE t.tgqual IS NOT NULL AND ${among('t.tgrelid', asked)}
  UNION ALL
  SELECT p.polrelid, p.polrelid, 'policy', p.polname, p.polcmd::text, concat(p.polqual::text, p.polwithcheck::text), '{}', p.oid, false FROM pg_policy p WHERE ${among('p.polrelid', asked)}`;

const code = z.tuple([
  oid, oid, z.enum(['default', 'check', 'index', 'key', 'condition', 'policy', 'statistics']), z.string(), z.string(), oids, names, oids, z.array(z.tuple([oid, z.array(z.int())])), z.boolean(),
]);
export type CodeRow = z.infer<typeof code>;

export function codeOf(owners: Among): Question<CodeRow> {
  return questionAbout(
    owners, code,
    `SELECT json_build_array(owner::int8, about::int8, kind, name, flag, functions, builtins, types, read, classes)::text
     FROM (${expressions(owners)}) AS expressions CROSS JOIN LATERAL (${called}) AS called`,
  );
}
