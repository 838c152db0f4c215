import * as z from 'zod';

/**
 * What is asked of the target, one statement a kind of object, each row one JSON array. Everything is qualified by the search path that
 * `transaction.ts` empties: what a session or a role has set can neither capture a name nor change how types are written.
 * No function here locks a relation of a user (format_type and has_schema_privilege look only at catalogs), because all of it is asked in
 * one transaction; the ones that do are in `text-sources.ts`. Objects made by initdb have oids below 16384 (src/include/access/transam.h, FirstNormalObjectId).
 * PostgreSQL 12 to 18; sources are the catalogs of chapter 52 of its documentation.
 */
export interface Question<Row> { readonly sql: string; readonly row: z.ZodType<Row> }

export function question<Row>(row: z.ZodType<Row>, sql: string): Question<Row> {
  return { sql, row };
}

/** The most that an oid can be: it is an unsigned number of four bytes (src/include/postgres_ext.h). */
export const oid = z.int().min(0).max(0xff_ff_ff_ff);
const action = z.enum(['a', 'r', 'c', 'n', 'd']);

const identity = question(
  z.tuple([z.string(), z.number(), z.string()]),
  `SELECT json_build_array(current_database(), current_setting('server_version_num')::int, current_user)::text`,
);

/**
 * Schemas that a search path passes over, because this role has no USAGE there (src/backend/catalog/namespace.c, preprocessNamespacePath).
 * The gate has to pass over them as well: else a name means one table to it and another to the target.
 */
const closedSchemas = question(
  z.tuple([z.string()]),
  `SELECT json_build_array(nspname)::text FROM pg_namespace WHERE NOT has_schema_privilege(oid, 'USAGE') AND nspname !~ '^pg_(temp|toast)' ORDER BY nspname`,
);

/** Temporary relations belong to other sessions. TOAST is left out, so that reading it is reading something unknown. */
const relations = question(
  z.tuple([oid, z.string(), z.string(), z.enum(['r', 'p', 'v', 'm', 'f', 'S', 'i', 'I', 'c']), z.boolean()]),
  `SELECT json_build_array(c.oid::int8, n.nspname, c.relname, c.relkind, c.relrowsecurity)::text
   FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relpersistence <> 't' AND c.relkind <> 't' AND n.nspname <> 'pg_toast' ORDER BY c.oid`,
);

const withColumns = `c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c') AND c.relpersistence <> 't' AND a.attnum > 0 AND NOT a.attisdropped`;

/** Sum of the transactions that wrote the rows of a group. Why so, and not `sum(xmin)`: see `change-token.ts`. */
export const written = (xmin: string): string => `count(*) FILTER (WHERE age(${xmin}) < 2147483647) * counter.next - coalesce(sum(age(${xmin})) FILTER (WHERE age(${xmin}) < 2147483647), 0)`;

/**
 * What the columns of each relation are known by: which transactions wrote them, their types, and the schemas of these. The sums only grow,
 * those of the types as long as no column is written anew. Types that initdb made keep their names.
 */
const columnStamps = question(
  z.tuple([oid, z.string()]),
  `SELECT json_build_array(c.oid::int8, concat_ws(' ', count(*), ${written('a.xmin')}, ${written('t.xmin')}, ${written('n.xmin')}))::text
   FROM (SELECT age('3'::xid)::int8 + 3 AS next OFFSET 0) AS counter CROSS JOIN pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
   LEFT JOIN pg_type t ON t.oid = a.atttypid AND t.oid >= 16384 LEFT JOIN pg_namespace n ON n.oid = t.typnamespace
   WHERE ${withColumns} GROUP BY c.oid, counter.next`,
);

const column = z.tuple([z.number(), z.string(), z.string()]);

export function columns(relations: readonly number[]): Question<readonly [relation: number, columns: readonly z.infer<typeof column>[]]> {
  return question(
    z.tuple([oid, z.array(column)]),
    `SELECT json_build_array(c.oid::int8, json_agg(json_build_array(a.attnum, a.attname, format_type(a.atttypid, a.atttypmod)) ORDER BY a.attnum))::text
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE ${withColumns} AND c.oid = ANY ('{${relations.join(',')}}'::oid[]) GROUP BY c.oid`,
  );
}

/**
 * Unique indexes that make equality on their columns mean one row: valid, checked at once (a deferrable one may hold duplicates inside a
 * transaction), whole, and comparing as \`=\` on the column does (same collation, the type's own or a built-in operator class).
 */
const keys = question(
  z.tuple([oid, z.array(z.number())]),
  `SELECT json_build_array(i.indrelid::int8, array_to_json((i.indkey::int2[])[0:i.indnkeyatts - 1]))::text
   FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
   WHERE i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL AND 0 <> ALL (i.indkey::int2[])
     AND c.oid >= 16384 AND c.relpersistence <> 't' AND c.relkind IN ('r', 'p', 'm')
     AND NOT EXISTS (
       SELECT FROM unnest(i.indkey::int2[], i.indcollation::oid[], i.indclass::oid[]) AS k (number, collation_oid, class)
       JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number JOIN pg_opclass o ON o.oid = k.class
       WHERE k.collation_oid <> a.attcollation OR NOT (o.opcdefault OR o.opcnamespace = 'pg_catalog'::regnamespace))
   ORDER BY i.indexrelid`,
);

/** All but those with which the server itself keeps foreign keys and deferred uniqueness. The bits of tgtype: src/include/catalog/pg_trigger.h. */
const triggers = question(
  z.tuple([oid, z.string(), z.number(), oid, z.boolean()]),
  `SELECT json_build_array(t.tgrelid::int8, t.tgname, t.tgtype, t.tgfoid::int8, t.tgenabled IN ('O', 'A'))::text
   FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid LEFT JOIN pg_constraint k ON k.oid = t.tgconstraint
   WHERE (t.tgconstraint = 0 OR k.contype = 't') AND c.relpersistence <> 't' ORDER BY t.tgrelid, t.tgname, t.oid`,
);

/** Without the copies that a partitioned referencing table has in each of its partitions. */
const references = question(
  z.tuple([oid, z.string(), oid, z.array(z.number()), action, action]),
  `SELECT json_build_array(k.confrelid::int8, k.conname, k.conrelid::int8, array_to_json(k.conkey), k.confdeltype, k.confupdtype)::text
   FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid LEFT JOIN pg_constraint p ON p.oid = k.conparentid
   WHERE k.contype = 'f' AND c.relpersistence <> 't' AND p.confrelid IS DISTINCT FROM k.confrelid ORDER BY k.oid`,
);

const children = question(
  z.tuple([oid, z.array(oid)]),
  `SELECT json_build_array(i.inhparent::int8, json_agg(i.inhrelid::int8 ORDER BY i.inhrelid))::text
   FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't' GROUP BY i.inhparent`,
);

/** A view's rule depends on what the view reads. */
const views = question(
  z.tuple([oid, z.array(oid)]),
  `SELECT json_build_array(d.refobjid::int8, json_agg(DISTINCT r.ev_class::int8))::text
   FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid JOIN pg_class c ON c.oid = r.ev_class
   WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class AND c.oid >= 16384 AND c.relpersistence <> 't' AND c.relkind IN ('v', 'm')
   GROUP BY d.refobjid`,
);

const functions = question(
  z.tuple([
    oid, z.string(), z.string(), z.enum(['f', 'p', 'a', 'w']), z.array(z.string()), z.number(), z.boolean(), z.string(),
    z.enum(['i', 's', 'v']), z.boolean(), z.array(z.string()).nullable(), z.string().nullable(),
  ]),
  `SELECT json_build_array(p.oid::int8, n.nspname, p.proname, p.prokind,
       array(SELECT format_type(u.type, NULL) FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS u (type, position) ORDER BY u.position),
       p.pronargdefaults, p.provariadic <> 0, l.lanname, p.provolatile, p.prosecdef, p.proconfig, e.extname)::text
   FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
   LEFT JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass
   LEFT JOIN pg_extension e ON e.oid = d.refobjid
   WHERE p.oid >= 16384 AND n.nspname !~ '^pg_temp_' ORDER BY p.oid`,
);

export const questions = { identity, closedSchemas, relations, columnStamps, keys, triggers, references, children, views, functions } as const;
