import * as z from 'zod';
import { bucketSql, rangesSql, restless } from './buckets.ts';
import { action, among, type Among, oid, question, questionAbout, type Question } from './question.ts';

/**
 * What is asked of relations and functions, one statement a kind of object. Everything is qualified by the search path that
 * `transaction.ts` empties: what a session or a role has set can neither capture a name nor change how types are written.
 * No function here locks a relation of a user (format_type looks only at catalogs), because all of it is asked in one transaction; the ones
 * that do are in `text-sources.ts`. Each row is said by one object, its owner, which comes first; what it says of another is sorted out by
 * `units.ts`. Whatever catalog is asked here must be watched (`change-token.ts`), by the owner or, for names of types, by `needsOf`.
 * PostgreSQL 12 to 18; sources are the catalogs of chapter 52 of its documentation.
 */

/** Which buckets say how these types are written. */
export const needsOf = (types: string): string => `ARRAY(
  SELECT DISTINCT CASE WHEN r.oid IS NULL THEN ${bucketSql('type', 'e.oid')} WHEN r.relpersistence = 't' THEN ${restless} ELSE ${bucketSql('relation', 'r.oid')} END
  FROM unnest(${types}) AS u (type) JOIN pg_type t ON t.oid = u.type CROSS JOIN unnest(ARRAY[t.oid, t.typelem]) AS named (oid)
  JOIN pg_type e ON e.oid = named.oid AND e.oid >= 16384 LEFT JOIN pg_class r ON r.oid = e.typrelid)`;

const needs = z.array(z.int());

const schemas = z.tuple([oid, z.string()]);
/** Without those of temporary objects. */
export const namespaces: Question<z.infer<typeof schemas>> = question(schemas, `SELECT json_build_array(oid::int8, nspname)::text FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp_'`);

const relation = z.tuple([oid, z.string(), z.string(), z.enum(['r', 'p', 'v', 'm', 'f', 'S', 'i', 'I', 'c']), z.boolean()]);

/** Temporary relations belong to other sessions. TOAST is left out, so that reading it is reading something unknown. */
export function relations(buckets: readonly number[] | 'all'): Question<z.infer<typeof relation>> {
  return questionAbout(
    buckets, relation,
    `SELECT json_build_array(c.oid::int8, n.nspname, c.relname, c.relkind, c.relrowsecurity)::text
     FROM ${buckets === 'all' ? '' : `${rangesSql(buckets)} JOIN`} pg_class c ${buckets === 'all' ? '' : 'ON c.oid >= asked.low AND c.oid <= asked.high'}
     JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relpersistence <> 't' AND c.relkind <> 't' AND n.nspname <> 'pg_toast'`,
  );
}

const column = z.tuple([z.number(), z.string(), z.string()]);
const columnsRow = z.tuple([oid, z.array(column), needs]);

export function columns(asked: Among): Question<z.infer<typeof columnsRow>> {
  return questionAbout(
    asked, columnsRow,
    `SELECT json_build_array(relation::int8, list, ${needsOf('types')})::text
     FROM (SELECT c.oid AS relation, json_agg(json_build_array(a.attnum, a.attname, format_type(a.atttypid, a.atttypmod)) ORDER BY a.attnum) AS list,
         array_agg(DISTINCT a.atttypid) FILTER (WHERE a.atttypid >= 16384) AS types
       FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
       WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c') AND c.relpersistence <> 't' AND a.attnum > 0 AND NOT a.attisdropped AND ${among('c.oid', asked)} GROUP BY c.oid) AS made`,
  );
}

const key = z.tuple([oid, oid, z.array(z.number())]);

/**
 * Unique indexes that make equality on their columns mean one row: valid, checked at once (a deferrable one may hold duplicates inside a
 * transaction), whole, and comparing as `=` on the column does (same collation, the type's own or a built-in operator class). A column gets
 * another collation only together with new indexes (src/backend/commands/tablecmds.c, RememberIndexForRebuilding), so they are the index's own.
 */
export function keys(indexes: Among): Question<z.infer<typeof key>> {
  return questionAbout(
    indexes, key,
    `SELECT json_build_array(i.indexrelid::int8, i.indrelid::int8, array_to_json((i.indkey::int2[])[0:i.indnkeyatts - 1]))::text
     FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
     WHERE ${among('i.indexrelid', indexes)} AND i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL AND 0 <> ALL (i.indkey::int2[])
       AND c.oid >= 16384 AND c.relpersistence <> 't' AND c.relkind IN ('r', 'p', 'm')
       AND NOT EXISTS (
         SELECT FROM unnest(i.indkey::int2[], i.indcollation::oid[], i.indclass::oid[]) AS k (number, collation_oid, class)
         JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number JOIN pg_opclass o ON o.oid = k.class
         WHERE k.collation_oid <> a.attcollation OR NOT (o.opcdefault OR o.opcnamespace = 'pg_catalog'::regnamespace))`,
  );
}

const trigger = z.tuple([oid, z.string(), z.number(), oid, z.boolean(), z.string().nullable(), z.string().nullable()]);

/** All but those with which the server itself keeps foreign keys and deferred uniqueness. The bits of tgtype: src/include/catalog/pg_trigger.h. */
export function triggers(asked: Among): Question<z.infer<typeof trigger>> {
  return questionAbout(
    asked, trigger,
    `SELECT json_build_array(t.tgrelid::int8, t.tgname, t.tgtype, t.tgfoid::int8, t.tgenabled IN ('O', 'A'), t.tgoldtable, t.tgnewtable)::text
     FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid LEFT JOIN pg_constraint k ON k.oid = t.tgconstraint
     WHERE (t.tgconstraint = 0 OR k.contype = 't') AND c.relpersistence <> 't' AND ${among('t.tgrelid', asked)} ORDER BY t.tgrelid, t.tgname, t.oid`,
  );
}

const reference = z.tuple([oid, oid, oid, z.string(), z.array(z.number()), action, action]);

/** Without the copies that a partitioned referencing table has in each of its partitions. */
export function references(asked: Among): Question<z.infer<typeof reference>> {
  return questionAbout(
    asked, reference,
    `SELECT json_build_array(k.conrelid::int8, k.confrelid::int8, k.oid::int8, k.conname, array_to_json(k.conkey), k.confdeltype, k.confupdtype)::text
     FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid LEFT JOIN pg_constraint p ON p.oid = k.conparentid
     WHERE k.contype = 'f' AND c.relpersistence <> 't' AND p.confrelid IS DISTINCT FROM k.confrelid AND ${among('k.conrelid', asked)} ORDER BY k.oid`,
  );
}

const pair = z.tuple([oid, oid]);
const parent = z.tuple([oid, oid, z.boolean()]);

/** By inheritance, or by partitioning, which comes third. */
export function parents(asked: Among): Question<z.infer<typeof parent>> {
  return questionAbout(
    asked, parent,
    `SELECT json_build_array(i.inhrelid::int8, i.inhparent::int8, c.relispartition)::text
     FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't' AND ${among('i.inhrelid', asked)}`,
  );
}

/** What views read; a view's rule depends on it. */
export function reads(asked: Among): Question<z.infer<typeof pair>> {
  return questionAbout(
    asked, pair,
    `SELECT DISTINCT json_build_array(r.ev_class::int8, d.refobjid::int8)::text
     FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
     WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class AND c.oid >= 16384 AND c.relpersistence <> 't' AND c.relkind IN ('v', 'm') AND ${among('r.ev_class', asked)}`,
  );
}

const owned = z.tuple([oid, oid, z.number()]);

/** Columns that sequences belong to (src/backend/utils/adt/ruleutils.c, pg_get_serial_sequence). Whatever changes it writes pg_sequence, too (sequence.c, AlterSequence). */
export function owners(asked: Among): Question<z.infer<typeof owned>> {
  return questionAbout(
    asked, owned,
    `SELECT json_build_array(d.objid::int8, d.refobjid::int8, d.refobjsubid)::text
     FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid AND d.objsubid = 0
     WHERE d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i') AND c.relpersistence <> 't' AND ${among('s.seqrelid', asked)}`,
  );
}

/** Whether it gives a set, the kind of the type that it gives (of a domain, of what that is of), its relation, and the names of what comes out by OUT, INOUT and TABLE. */
const resultRow = z.tuple([z.boolean(), z.string(), oid, z.array(z.string())]);
export type ResultRow = z.infer<typeof resultRow>;

const result = `json_build_array(p.proretset, CASE WHEN t.typtype = 'd' THEN (SELECT b.typtype::text FROM pg_type b WHERE b.oid = t.typbasetype)
  WHEN t.oid IN ('void'::regtype, 'cstring'::regtype) THEN 'b' ELSE t.typtype::text END, CASE WHEN t.typtype = 'c' THEN t.typrelid::int8 ELSE 0 END,
  ARRAY(SELECT coalesce(p.proargnames[i], '') FROM generate_subscripts(p.proargmodes, 1) AS i WHERE p.proargmodes[i] IN ('o', 'b', 't') ORDER BY i))`;

const fn = z.tuple([
  oid, z.string(), z.string(), z.enum(['f', 'p', 'a', 'w']), z.array(z.string()), z.number(), z.boolean(), z.string(),
  z.enum(['i', 's', 'v']), z.boolean(), z.array(z.string()).nullable(), z.string().nullable(), needs, resultRow,
]);

export function functions(buckets: readonly number[] | 'all'): Question<z.infer<typeof fn>> {
  return questionAbout(
    buckets, fn,
    `SELECT json_build_array(p.oid::int8, n.nspname, p.proname, p.prokind,
         array(SELECT format_type(u.type, NULL) FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS u (type, position) ORDER BY u.position),
         p.pronargdefaults, p.provariadic <> 0, l.lanname, p.provolatile, p.prosecdef, p.proconfig, e.extname, ${needsOf('p.proargtypes::oid[]')}, ${result})::text
     FROM ${buckets === 'all' ? '' : `${rangesSql(buckets)} JOIN`} pg_proc p ${buckets === 'all' ? '' : 'ON p.oid >= asked.low AND p.oid <= asked.high'}
     JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang JOIN pg_type t ON t.oid = p.prorettype
     LEFT JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass
     LEFT JOIN pg_extension e ON e.oid = d.refobjid
     WHERE p.oid >= 16384 AND n.nspname !~ '^pg_temp_'`,
  );
}
