import * as z from 'zod';
import { oid, question, type Question, written } from './rows.ts';

/**
 * Code that runs without standing in a statement. What a stored expression calls is read from its node tree (pg_node_tree, which
 * every role may read): the server has resolved each call, operator and cast there, and no text of it has to be written, which would lock
 * relations. The fields are those of src/include/nodes/primnodes.h and parsenodes.h, written by outfuncs.c as `:name value`; in a name or a text the
 * spaces are escaped. Split and not matched: for 100,000 expressions that takes a second in place of a minute.
 */
const fields = { functions: ['funcid', 'opfuncid', 'aggfnoid', 'winfnoid', 'tsmhandler'], operators: ['opno', 'eqop', 'sortop'], types: ['resulttype', 'minmaxtype'], relations: ['relid'] };
const either = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ');

/** Of a type that is an array, what it is an array of. */
const element = (type: string): string => `(SELECT CASE WHEN e.typelem <> 0 AND e.typlen = -1 THEN e.typelem ELSE e.oid END FROM pg_type e WHERE e.oid = ${type})`;

/** `functions, builtins, types, read` of the node tree \`tree\` and the functions \`more\`; \`policy\` is the policy that it belongs to. */
const called = `
  WITH parts AS MATERIALIZED (
    SELECT split_part(part, ' ', 1) AS field, rtrim(split_part(part, ' ', 2), '})')::oid AS value FROM unnest(string_to_array(tree, ' :')) AS u (part)
    WHERE split_part(part, ' ', 1) IN (${either(Object.values(fields).flat())})
    UNION ALL SELECT 'opno', each.operator::oid FROM unnest(string_to_array(tree, ' :')) AS u (part)
      CROSS JOIN unnest(string_to_array(rtrim(split_part(part, '(o ', 2), '})'), ' ')) AS each (operator) WHERE part LIKE 'opnos (o %'
    UNION ALL SELECT 'funcid', f FROM unnest(more) AS u (f)
  )
  SELECT coalesce(array_agg(DISTINCT p.oid::int8) FILTER (WHERE p.oid >= 16384), '{}') AS functions,
    coalesce(array_agg(DISTINCT p.proname::text COLLATE "C") FILTER (WHERE p.oid < 16384), '{}') AS builtins,
    coalesce(array_agg(DISTINCT t.oid::int8) FILTER (WHERE t.oid >= 16384), '{}') AS types,
    CASE WHEN policy IS NULL THEN '[]' ELSE (SELECT coalesce(json_agg(json_build_array(r.oid::int8, ARRAY(SELECT d.refobjsubid FROM pg_depend d
        WHERE d.classid = 'pg_policy'::regclass AND d.objid = policy AND d.refclassid = 'pg_class'::regclass AND d.refobjid = r.oid AND d.refobjsubid > 0 ORDER BY 1)) ORDER BY r.oid), '[]')
      FROM (SELECT DISTINCT value AS oid FROM parts WHERE field IN (${either(fields.relations)}) AND value <> 0) AS r) END AS read
  FROM parts LEFT JOIN pg_operator o ON field IN (${either(fields.operators)}) AND o.oid = value
    LEFT JOIN pg_proc p ON p.oid = CASE WHEN field IN (${either(fields.functions)}) THEN value ELSE o.oprcode END
    LEFT JOIN LATERAL (SELECT ${element('value')} AS oid WHERE field IN (${either(fields.types)}) AND value >= 16384) AS t ON true`;

/** Functions of the operator classes among these that were made in the database. */
const supportOf = (classes: string): string => `ARRAY(SELECT f.amproc::oid FROM unnest(${classes}::oid[]) AS u (class)
    JOIN pg_opclass o ON o.oid = u.class JOIN pg_amproc f ON f.amprocfamily = o.opcfamily WHERE o.oid >= 16384)`;

/** Every stored expression of relations, with whatever else is called with it. \`flag\` tells when it runs: see \`frame.ts\`. */
const expressions = `
  SELECT d.adrelid AS relation, 'default' AS kind, a.attname AS name, a.attgenerated::text AS flag, d.adbin::text AS tree, '{}'::oid[] AS more, NULL::oid AS policy
  FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
  UNION ALL
  SELECT k.conrelid, 'check', k.conname, '', k.conbin::text, '{}', NULL FROM pg_constraint k WHERE k.contype = 'c' AND k.conrelid <> 0
  UNION ALL
  SELECT i.indrelid, 'index', c.relname, '', concat(i.indexprs::text, i.indpred::text), ${supportOf('i.indclass')}, NULL
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
  WHERE i.indexprs IS NOT NULL OR i.indpred IS NOT NULL OR 16384 <= ANY (i.indclass::oid[])
  UNION ALL
  SELECT p.partrelid, 'key', 'partition key', '', p.partexprs::text, ${supportOf('p.partclass')}, NULL
  FROM pg_partitioned_table p WHERE p.partexprs IS NOT NULL OR 16384 <= ANY (p.partclass::oid[])
  UNION ALL
  SELECT side.relation, 'key', k.conname, '', NULL, ARRAY(SELECT o.oprcode::oid FROM unnest(k.conpfeqop || k.conppeqop || k.conffeqop || k.conexclop) AS u (operator) JOIN pg_operator o ON o.oid = u.operator), NULL
  FROM pg_constraint k CROSS JOIN LATERAL (SELECT k.conrelid UNION SELECT k.confrelid) AS side (relation)
  WHERE side.relation <> 0 AND 16384 <= ANY (k.conpfeqop || k.conppeqop || k.conffeqop || k.conexclop)
  UNION ALL
  SELECT s.stxrelid, 'statistics', s.stxname, '', to_jsonb(s) ->> 'stxexprs', '{}', NULL FROM pg_statistic_ext s WHERE to_jsonb(s) ->> 'stxexprs' IS NOT NULL
  UNION ALL
  SELECT t.tgrelid, 'condition', t.tgname, t.tgtype::text, t.tgqual::text, '{}', NULL FROM pg_trigger t WHERE t.tgqual IS NOT NULL
  UNION ALL
  SELECT p.polrelid, 'policy', p.polname, p.polcmd::text, concat(p.polqual::text, p.polwithcheck::text), '{}', p.oid FROM pg_policy p`;

/** The rows that `expressions` are in, and those that name them. */
const sources = `
  SELECT adrelid AS relation, xmin FROM pg_attrdef
  UNION ALL SELECT conrelid, xmin FROM pg_constraint WHERE contype IN ('c', 'x', 'f') AND conrelid <> 0
  UNION ALL SELECT confrelid, xmin FROM pg_constraint WHERE contype = 'f'
  UNION ALL SELECT i.indrelid, c.xmin FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indexprs IS NOT NULL OR i.indpred IS NOT NULL OR 16384 <= ANY (i.indclass::oid[])
  UNION ALL SELECT partrelid, xmin FROM pg_partitioned_table
  UNION ALL SELECT stxrelid, xmin FROM pg_statistic_ext
  UNION ALL SELECT tgrelid, xmin FROM pg_trigger WHERE tgqual IS NOT NULL
  UNION ALL SELECT polrelid, xmin FROM pg_policy`;

/** Which transactions wrote the rows of a relation's code; the sum grows with each change: see `change-token.ts`. */
const codeStamps = question(
  z.tuple([oid, z.string()]),
  `SELECT json_build_array(relation::int8, concat_ws(' ', count(*), ${written('xmin')}))::text
   FROM (SELECT age('3'::xid)::int8 + 3 AS next OFFSET 0) AS counter CROSS JOIN (${sources}) AS sources
   WHERE relation >= 16384 GROUP BY relation, counter.next`,
);

const oids = z.array(oid);
const names = z.array(z.string());
const code = z.tuple([z.enum(['default', 'check', 'index', 'key', 'condition', 'policy', 'statistics']), z.string(), z.string(), oids, names, oids, z.array(z.tuple([oid, z.array(z.int())]))]);
export type CodeRow = z.infer<typeof code>;

export function codeOf(relations: readonly number[]): Question<readonly [relation: number, code: readonly CodeRow[]]> {
  return question(
    z.tuple([oid, z.array(code)]),
    `SELECT json_build_array(relation::int8, json_agg(json_build_array(kind, name, flag, functions, builtins, types, read) ORDER BY kind, name))::text
     FROM (${expressions}) AS expressions CROSS JOIN LATERAL (${called}) AS called
     WHERE relation = ANY ('{${relations.join(',')}}'::oid[]) GROUP BY relation`,
  );
}

const extensionOf = (catalog: string, object: string): string => `(SELECT e.extname FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
  WHERE d.classid = '${catalog}'::regclass AND d.objid = ${object} AND d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass)`;

/** The rows of tables are left out: their columns are known. So are arrays. A domain checks what is made of it; a composite, what it is made of. */
const types = question(
  z.tuple([oid, z.string(), z.string(), z.string(), z.enum(['b', 'c', 'd', 'e', 'm', 'p', 'r']), z.string().nullable(), oids, names, oids, oids]),
  `SELECT json_build_array(made.oid::int8, nspname, typname, written, typtype, extension, functions, builtins, ARRAY(SELECT unnest(types) UNION SELECT unnest(made_of) ORDER BY 1),
       CASE WHEN extension IS NULL THEN ARRAY(
         SELECT f.amproc::oid::int8 FROM pg_opclass o JOIN pg_amproc f ON f.amprocfamily = o.opcfamily WHERE o.opcintype = made.oid AND o.oid >= 16384 AND f.amproc::oid >= 16384
         UNION SELECT p.oprcode::oid::int8 FROM pg_opclass o JOIN pg_amop a ON a.amopfamily = o.opcfamily JOIN pg_operator p ON p.oid = a.amopopr
           WHERE o.opcintype = made.oid AND o.oid >= 16384 AND p.oprcode::oid >= 16384 ORDER BY 1) ELSE '{}' END)::text
   FROM (SELECT t.oid, n.nspname, t.typname, format_type(t.oid, NULL) AS written, t.typtype, ${extensionOf('pg_type', 't.oid')} AS extension,
         concat((SELECT string_agg(k.conbin::text, ' ') FROM pg_constraint k WHERE k.contypid = t.oid), t.typdefaultbin::text) AS tree,
         ARRAY(SELECT f::oid FROM unnest(CASE WHEN t.typtype IN ('b', 'p') THEN ARRAY[t.typinput, t.typoutput, t.typreceive, t.typsend, t.typmodin, t.typmodout] END) AS u (f) WHERE f <> 0
           UNION SELECT f::oid FROM pg_range r CROSS JOIN unnest(ARRAY[r.rngcanonical, r.rngsubdiff]) AS u (f) WHERE r.rngtypid = t.oid AND f <> 0) AS more,
         ARRAY(SELECT ${element('a.atttypid')}::int8 FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped AND ${element('a.atttypid')} >= 16384
           UNION SELECT ${element('t.typbasetype')}::int8 WHERE ${element('t.typbasetype')} >= 16384) AS made_of, NULL::oid AS policy
       FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
       WHERE t.oid >= 16384 AND n.nspname !~ '^pg_(temp|toast)' AND (t.typrelid = 0 OR c.relkind = 'c') AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)) AS made
   CROSS JOIN LATERAL (${called}) AS called ORDER BY made.oid`,
);

const operators = question(
  z.tuple([z.string(), z.string(), z.string().nullable(), z.string().nullable(), oids, names]),
  `SELECT json_build_array(n.nspname, o.oprname, format_type(nullif(o.oprleft, 0), NULL), format_type(nullif(o.oprright, 0), NULL),
       CASE WHEN p.oid >= 16384 THEN ARRAY[p.oid::int8] ELSE '{}' END, CASE WHEN p.oid < 16384 THEN ARRAY[p.proname] ELSE '{}' END)::text
   FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace JOIN pg_proc p ON p.oid = o.oprcode
   WHERE o.oid >= 16384 AND n.nspname !~ '^pg_temp_' ORDER BY o.oid`,
);

/** Those that only give a value another name run nothing; those by way of the types' texts run what belongs to the types. */
const casts = question(
  z.tuple([z.string(), z.string(), z.enum(['e', 'a', 'i']), oids, names]),
  `SELECT json_build_array(format_type(c.castsource, NULL), format_type(c.casttarget, NULL), c.castcontext,
       CASE WHEN p.oid >= 16384 THEN ARRAY[p.oid::int8] ELSE '{}' END, CASE WHEN p.oid < 16384 THEN ARRAY[p.proname] ELSE '{}' END)::text
   FROM pg_cast c JOIN pg_proc p ON p.oid = c.castfunc WHERE c.oid >= 16384 ORDER BY c.oid`,
);

/** Types of arguments and results, where they were made in the database; of aggregates also what they are made of. Those of extensions are in packs. */
const functionCalls = question(
  z.tuple([oid, oids, names, oids]),
  `SELECT json_build_array(made.oid::int8, functions, builtins, ARRAY(SELECT unnest(types) UNION SELECT unnest(made_of) ORDER BY 1))::text
   FROM (SELECT p.oid, p.proargdefaults::text AS tree, NULL::oid AS policy,
       ARRAY(SELECT f FROM unnest(ARRAY[a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn, a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn]::oid[]) AS u (f) WHERE f <> 0) AS more,
       ARRAY(SELECT DISTINCT t.oid::int8 FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[]) || p.prorettype) AS u (type)
         JOIN pg_type t ON t.oid = ${element('u.type')} LEFT JOIN pg_class c ON c.oid = t.typrelid
         WHERE u.type >= 16384 AND t.oid >= 16384 AND t.typtype <> 'p' AND (t.typrelid = 0 OR c.relkind = 'c') AND p.prokind <> 'a') AS made_of
     FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace LEFT JOIN pg_aggregate a ON a.aggfnoid = p.oid
     WHERE p.oid >= 16384 AND n.nspname !~ '^pg_temp_' AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e' AND p.prokind <> 'a')) AS made
   CROSS JOIN LATERAL (${called}) AS called
   WHERE tree IS NOT NULL OR more <> '{}' OR made_of <> '{}' ORDER BY made.oid`,
);

const operatorClasses = question(
  z.tuple([z.string(), z.string(), oids]),
  `SELECT json_build_array(n.nspname, o.opcname, ARRAY(
       SELECT f.amproc::oid::int8 FROM pg_amproc f WHERE f.amprocfamily = o.opcfamily AND f.amproc::oid >= 16384
       UNION SELECT p.oprcode::oid::int8 FROM pg_amop a JOIN pg_operator p ON p.oid = a.amopopr WHERE a.amopfamily = o.opcfamily AND p.oprcode::oid >= 16384 ORDER BY 1))::text
   FROM pg_opclass o JOIN pg_namespace n ON n.oid = o.opcnamespace
   WHERE o.oid >= 16384 AND ${extensionOf('pg_opclass', 'o.oid')} IS NULL ORDER BY o.oid`,
);

const eventTriggers = question(
  z.tuple([z.string(), z.string(), z.array(z.string()).nullable(), oid, z.boolean()]),
  `SELECT json_build_array(evtname, evtevent, evttags, evtfoid::int8, evtenabled IN ('O', 'A'))::text FROM pg_event_trigger ORDER BY evtname`,
);

export const codeQuestions = { codeStamps, types, operators, casts, functionCalls, operatorClasses, eventTriggers } as const;
type RowOf<Asked> = Asked extends Question<infer Row> ? Row : never;
export type MadeRows = { readonly [Name in Exclude<keyof typeof codeQuestions, 'codeStamps'>]: readonly RowOf<(typeof codeQuestions)[Name]>[] };
