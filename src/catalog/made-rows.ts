import * as z from 'zod';
import { called, element } from './code-rows.ts';
import { typeRules, typeRulesSql } from './single-rows.ts';
import { among, type Among, names, oid, oids, question, questionAbout, type Question, type RowOf } from './question.ts';

const extensionOf = (catalog: string, object: string): string => `(SELECT e.extname FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
  WHERE d.classid = '${catalog}'::regclass AND d.objid = ${object} AND d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass)`;

/** The rows of tables are left out: their columns are known. So are arrays. A domain checks what is made of it; a composite, what it is made of. */
export const types = question(
  z.tuple([oid, z.string(), z.string(), z.string(), z.enum(['b', 'c', 'd', 'e', 'm', 'p', 'r']), z.string().nullable(), oids, names, oids, oids, typeRules]),
  `SELECT json_build_array(made.oid::int8, nspname, typname, written, typtype, extension, functions, builtins, ARRAY(SELECT unnest(types) UNION SELECT unnest(made_of) ORDER BY 1),
       CASE WHEN extension IS NULL THEN ARRAY(
         SELECT f.amproc::oid::int8 FROM pg_opclass o JOIN pg_amproc f ON f.amprocfamily = o.opcfamily WHERE o.opcintype = made.oid AND o.oid >= 16384 AND f.amproc::oid >= 16384
         UNION SELECT p.oprcode::oid::int8 FROM pg_opclass o JOIN pg_amop a ON a.amopfamily = o.opcfamily JOIN pg_operator p ON p.oid = a.amopopr
           WHERE o.opcintype = made.oid AND o.oid >= 16384 AND p.oprcode::oid >= 16384 ORDER BY 1) ELSE '{}' END, rules)::text
   FROM (SELECT t.oid, n.nspname, t.typname, format_type(t.oid, NULL) AS written, t.typtype, ${extensionOf('pg_type', 't.oid')} AS extension,
         concat((SELECT string_agg(k.conbin::text, ' ') FROM pg_constraint k WHERE k.contypid = t.oid), t.typdefaultbin::text) AS tree,
         ARRAY(SELECT f::oid FROM unnest(CASE WHEN t.typtype IN ('b', 'p') THEN ARRAY[t.typinput, t.typoutput, t.typreceive, t.typsend, t.typmodin, t.typmodout] END) AS u (f) WHERE f <> 0
           UNION SELECT f::oid FROM pg_range r CROSS JOIN unnest(ARRAY[r.rngcanonical, r.rngsubdiff]) AS u (f) WHERE r.rngtypid = t.oid AND f <> 0) AS more,
         ARRAY(SELECT ${element('a.atttypid')}::int8 FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped AND ${element('a.atttypid')} >= 16384
           UNION SELECT ${element('t.typbasetype')}::int8 WHERE ${element('t.typbasetype')} >= 16384) AS made_of, NULL::oid AS policy, ${typeRulesSql('t')} AS rules
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
const callsRow = z.tuple([oid, oids, names, oids]);

export function functionCalls(asked: Among): Question<z.infer<typeof callsRow>> {
  return questionAbout(asked, callsRow, `SELECT json_build_array(made.oid::int8, functions, builtins, ARRAY(SELECT unnest(types) UNION SELECT unnest(made_of) ORDER BY 1))::text
   FROM (SELECT p.oid, p.proargdefaults::text AS tree, NULL::oid AS policy,
       ARRAY(SELECT f FROM unnest(ARRAY[a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn, a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn]::oid[]) AS u (f) WHERE f <> 0) AS more,
       ARRAY(SELECT DISTINCT t.oid::int8 FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[]) || p.prorettype) AS u (type)
         JOIN pg_type t ON t.oid = ${element('u.type')} LEFT JOIN pg_class c ON c.oid = t.typrelid
         WHERE u.type >= 16384 AND t.oid >= 16384 AND t.typtype <> 'p' AND (t.typrelid = 0 OR c.relkind = 'c') AND p.prokind <> 'a') AS made_of
     FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace LEFT JOIN pg_aggregate a ON a.aggfnoid = p.oid
     WHERE p.oid >= 16384 AND n.nspname !~ '^pg_temp_' AND ${among('p.oid', asked)}
       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e' AND p.prokind <> 'a')) AS made
   CROSS JOIN LATERAL (${called}) AS called
   WHERE tree IS NOT NULL OR more <> '{}' OR made_of <> '{}'`);
}

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

/** Few, and quickly asked: all of them whenever anything has moved. */
export const made = { operators, casts, operatorClasses, eventTriggers } as const;
export type MadeRows = { readonly [Name in keyof typeof made]: readonly RowOf<(typeof made)[Name]>[] };
export type TypeRow = RowOf<typeof types>;
