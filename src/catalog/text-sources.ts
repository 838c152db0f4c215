import * as z from 'zod';
import { bucketSql, restless } from './buckets.ts';
import { among, type Among, oid, question, type Question } from './question.ts';

/**
 * A text that the server has to write: a view's query, a rule, a function. The functions that do it (pg_get_viewdef, pg_get_ruledef, and
 * pg_get_functiondef for a body of BEGIN ATOMIC) lock every relation in the query until their transaction ends
 * (src/backend/rewrite/rewriteHandler.c, AcquireRewriteLocks), and read the newest catalog whatever the transaction's snapshot is.
 */
export interface TextSource {
  /** Tells it from all others. */
  readonly id: string;
  readonly kind: 'view' | 'rule' | 'function';
  /** Of the row in pg_rewrite, or in pg_proc. */
  readonly oid: number;
  /** The relation that a rule or a view belongs to; a function's own oid. */
  readonly subject: number;
  /** Whether writing the text locks relations. */
  readonly locks: boolean;
  /** As long as this is the same, so is the text: see `textSources`. */
  readonly key: string;
  /** While a text is written the schemas that it names must not change either, as if they were in the key. Grants change them, so that they are not in it. */
  readonly guard: string;
  /** Buckets without whose moving the key does not change, see `moved.ts`: of all that the text depends on. */
  readonly needs: readonly number[];
}

/** Whose texts are meant: rules and views by their relation. */
export interface Subjects { readonly relations: Among; readonly functions: Among }

/** Catalogs that are watched as wholes, and may change a key of any text. */
export const catalogsOfKeys = ['pg_operator', 'pg_collation', 'pg_ts_config', 'pg_ts_dict', 'pg_language'] as const;

/**
 * The text changes with its own row, and with whatever it names: relations, their columns, schemas, types, labels of enums, functions,
 * operators. Which those are pg_depend knows, and transitively: a constant of an array of an enum, a function that returns a table's row.
 * So the key is a digest of which transaction wrote each of these rows. A row's successor is written by another transaction, and of a
 * relation's columns the sum grows with each change (see `change-token.ts`), so that a change that is undone shows as well.
 * What initdb made and pg_depend does not speak of (pinned) does not change.
 */
const stamps: readonly { readonly catalog: string; readonly stamp: string; readonly bucket?: string }[] = [
  { catalog: 'pg_rewrite', stamp: 'SELECT r.xmin::text FROM pg_rewrite r WHERE r.oid = o.objid', bucket: `SELECT ${bucketSql('relation', 'r.ev_class')} FROM pg_rewrite r WHERE r.oid = o.objid` },
  { catalog: 'pg_proc', stamp: 'SELECT p.xmin::text FROM pg_proc p WHERE p.oid = o.objid', bucket: bucketSql('function', 'o.objid') },
  {
    catalog: 'pg_class', stamp: `SELECT concat_ws(' ', c.xmin, count(*), sum(a.xmin::text::int8)) FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 WHERE c.oid = o.objid GROUP BY c.xmin`,
    bucket: `SELECT CASE WHEN c.relpersistence = 't' THEN ${restless} ELSE ${bucketSql('relation', 'c.oid')} END FROM pg_class c WHERE c.oid = o.objid`,
  },
  {
    catalog: 'pg_type', stamp: `SELECT concat_ws(' ', t.xmin, count(e.oid), sum(e.xmin::text::int8)) FROM pg_type t LEFT JOIN pg_enum e ON e.enumtypid = t.oid WHERE t.oid = o.objid GROUP BY t.xmin`,
    bucket: bucketSql('type', 'o.objid'),
  },
  { catalog: 'pg_namespace', stamp: 'SELECT n.nspname::text FROM pg_namespace n WHERE n.oid = o.objid', bucket: bucketSql('schema', 'o.objid') },
  { catalog: 'pg_operator', stamp: 'SELECT p.xmin::text FROM pg_operator p WHERE p.oid = o.objid' },
  { catalog: 'pg_collation', stamp: 'SELECT c.xmin::text FROM pg_collation c WHERE c.oid = o.objid' },
  { catalog: 'pg_ts_config', stamp: 'SELECT c.xmin::text FROM pg_ts_config c WHERE c.oid = o.objid' },
  { catalog: 'pg_ts_dict', stamp: 'SELECT d.xmin::text FROM pg_ts_dict d WHERE d.oid = o.objid' },
  { catalog: 'pg_language', stamp: 'SELECT l.xmin::text FROM pg_language l WHERE l.oid = o.objid' },
];

/** For each catalog that is depended on, an expression over its rows. */
const byCatalog = (value: 'stamp' | 'bucket'): string => `CASE o.classid ${stamps.flatMap((each) => (each[value] === undefined ? [] : `WHEN '${each.catalog}'::regclass THEN (${each[value]})`)).join(' ')} END`;

const source = z.tuple([z.enum(['view', 'rule', 'function']), oid, oid, z.boolean(), z.string(), z.string(), z.array(z.int())]);
export type SourceRow = z.infer<typeof source>;

export function sourceOf([kind, oid, subject, locks, key, guard, needs]: SourceRow): TextSource {
  return { id: `${kind === 'function' ? 'function' : 'rewrite'} ${oid}`, kind, oid, subject, locks, key, guard, needs };
}

/** By their subjects. */
export interface Sources {
  readonly relations: ReadonlyMap<number, readonly TextSource[]>;
  readonly functions: ReadonlyMap<number, readonly TextSource[]>;
}

export const noSources: Sources = { relations: new Map(), functions: new Map() };

export function* eachSource({ relations, functions }: Sources): IterableIterator<TextSource> {
  for (const list of relations.values()) yield* list;
  for (const list of functions.values()) yield* list;
}

/** `base`, in which those of the subjects that were asked about are these. */
export function withSources(base: Sources, asked: Subjects, rows: readonly SourceRow[]): Sources {
  const start = (before: Sources[keyof Sources], subjects: Among): Map<number, TextSource[]> => {
    const map = new Map<number, TextSource[]>(subjects === 'all' ? [] : (before as ReadonlyMap<number, TextSource[]>)); // lists of before are never added to
    if (subjects !== 'all') for (const subject of subjects) map.delete(subject);
    return map;
  };
  const made = { relations: start(base.relations, asked.relations), functions: start(base.functions, asked.functions) };
  for (const row of rows) {
    const source = sourceOf(row);
    const map = source.kind === 'function' ? made.functions : made.relations;
    const list = map.get(source.subject);
    if (list === undefined) map.set(source.subject, [source]);
    else list.push(source);
  }
  return made;
}

/** Texts with their keys; to see whether something has moved meanwhile, they are asked for again. */
export function textSources({ relations, functions }: Subjects): Question<SourceRow> {
  return question(source, relations.length === 0 && functions.length === 0 ? '' : `
    WITH RECURSIVE roots (kind, oid, subject, locks, classid) AS MATERIALIZED (
      SELECT CASE WHEN r.rulename = '_RETURN' THEN 'view' ELSE 'rule' END, r.oid, r.ev_class, true, 'pg_rewrite'::regclass::oid
      FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
      WHERE r.oid >= 16384 AND c.relpersistence <> 't' AND CASE WHEN r.rulename = '_RETURN' THEN c.relkind IN ('v', 'm') ELSE r.ev_enabled IN ('O', 'A') END
        AND ${among('r.ev_class', relations)}
      UNION ALL
      -- A body of BEGIN ATOMIC leaves prosrc empty (src/backend/commands/functioncmds.c, interpret_AS_clause).
      SELECT 'function', p.oid, p.oid, p.prosrc = '', 'pg_proc'::regclass::oid
      FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang JOIN pg_namespace n ON n.oid = p.pronamespace
      WHERE p.oid >= 16384 AND l.lanname IN ('sql', 'plpgsql') AND p.prokind IN ('f', 'p') AND n.nspname !~ '^pg_temp_' AND ${among('p.oid', functions)}
    ), needs (root_class, root, classid, objid) AS (
      SELECT classid, oid, classid, oid FROM roots
      UNION
      SELECT n.root_class, n.root, e.classid, e.objid FROM needs n CROSS JOIN LATERAL (
        SELECT d.refclassid, d.refobjid FROM pg_depend d
        WHERE d.classid = n.classid AND d.objid = n.objid AND d.refclassid IN (${stamps.map(({ catalog }) => `'${catalog}'::regclass`).join(', ')})
        UNION ALL
        -- For a table's row type pg_depend says so as well; for a composite type on its own it says the reverse.
        SELECT 'pg_class'::regclass, t.typrelid FROM pg_type t WHERE n.classid = 'pg_type'::regclass AND t.oid = n.objid AND t.typrelid <> 0
      ) AS e (classid, objid)
    ), stamped AS MATERIALIZED (
      SELECT o.classid, o.objid, ${byCatalog('stamp')} AS stamp, ${byCatalog('bucket')} AS bucket,
        (SELECT concat(n.oid, ' ', n.xmin) FROM pg_namespace n WHERE o.classid = 'pg_namespace'::regclass AND n.oid = o.objid) AS guard
      FROM (SELECT DISTINCT classid, objid FROM needs) AS o
    )
    SELECT json_build_array(r.kind, r.oid::int8, r.subject::int8, r.locks,
      encode(sha256(convert_to(string_agg(concat_ws(' ', s.classid, s.objid, s.stamp), ',' ORDER BY s.classid, s.objid), 'UTF8')), 'base64'),
      coalesce(string_agg(s.guard, ',' ORDER BY s.objid), ''), array_agg(DISTINCT s.bucket) FILTER (WHERE s.bucket IS NOT NULL))::text
    FROM roots r JOIN needs n ON n.root_class = r.classid AND n.root = r.oid JOIN stamped s ON s.classid = n.classid AND s.objid = n.objid
    GROUP BY r.kind, r.oid, r.subject, r.locks`);
}
