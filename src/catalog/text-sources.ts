import * as z from 'zod';
import { oid, question, type Question } from './rows.ts';

/**
 * A text that the server has to write: a view's query, a rule, a function. The functions that do it (pg_get_viewdef, pg_get_ruledef, and
 * pg_get_functiondef for a body of BEGIN ATOMIC) lock every relation in the query until their transaction ends
 * (src/backend/rewrite/rewriteHandler.c, AcquireRewriteLocks), and read the newest catalog whatever the transaction's snapshot is.
 */
export interface TextSource {
  readonly kind: 'view' | 'rule' | 'function';
  /** Of the row in pg_rewrite, or in pg_proc. */
  readonly oid: number;
  /** The relation that a rule or a view belongs to; a function's own oid. */
  readonly subject: number;
  /** Whether writing the text locks relations. */
  readonly locks: boolean;
  /** As long as this is the same, so is the text: see `textSources`. */
  readonly key: string;
}

/**
 * The text changes with its own row, and with whatever it names: relations, their columns, schemas, types, labels of enums, functions,
 * operators. Which those are pg_depend knows, and transitively: a constant of an array of an enum, a function that returns a table's row.
 * So the key is a digest of which transaction wrote each of these rows. A row's successor is written by another transaction, and of a
 * relation's columns the sum grows with each change (see `change-token.ts`), so that a change that is undone shows as well.
 * What initdb made and pg_depend does not speak of (pinned) does not change.
 */
const stamps: readonly { readonly catalog: string; readonly stamp: string }[] = [
  { catalog: 'pg_rewrite', stamp: 'SELECT r.xmin::text FROM pg_rewrite r WHERE r.oid = o.objid' },
  { catalog: 'pg_proc', stamp: 'SELECT p.xmin::text FROM pg_proc p WHERE p.oid = o.objid' },
  { catalog: 'pg_class', stamp: `SELECT concat_ws(' ', c.xmin, count(*), sum(a.xmin::text::int8)) FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 WHERE c.oid = o.objid GROUP BY c.xmin` },
  { catalog: 'pg_type', stamp: `SELECT concat_ws(' ', t.xmin, count(e.oid), sum(e.xmin::text::int8)) FROM pg_type t LEFT JOIN pg_enum e ON e.enumtypid = t.oid WHERE t.oid = o.objid GROUP BY t.xmin` },
  { catalog: 'pg_namespace', stamp: 'SELECT n.xmin::text FROM pg_namespace n WHERE n.oid = o.objid' },
  { catalog: 'pg_operator', stamp: 'SELECT p.xmin::text FROM pg_operator p WHERE p.oid = o.objid' },
  { catalog: 'pg_collation', stamp: 'SELECT c.xmin::text FROM pg_collation c WHERE c.oid = o.objid' },
  { catalog: 'pg_ts_config', stamp: 'SELECT c.xmin::text FROM pg_ts_config c WHERE c.oid = o.objid' },
  { catalog: 'pg_ts_dict', stamp: 'SELECT d.xmin::text FROM pg_ts_dict d WHERE d.oid = o.objid' },
  { catalog: 'pg_language', stamp: 'SELECT l.xmin::text FROM pg_language l WHERE l.oid = o.objid' },
];

const source = z.tuple([z.enum(['view', 'rule', 'function']), oid, oid, z.boolean(), z.string()]);

/** All texts of the database with their keys; or, to see whether something has moved meanwhile, those of `only`. */
export function textSources(only?: readonly TextSource[]): Question<z.infer<typeof source>> {
  const among = (column: string, kinds: readonly TextSource['kind'][]): string => only === undefined ? 'true' : `${column} = ANY ('{${only.filter(({ kind }) => kinds.includes(kind)).map(({ oid }) => oid).join(',')}}'::oid[])`;
  return question(source, `
    WITH RECURSIVE roots (kind, oid, subject, locks, classid) AS MATERIALIZED (
      SELECT CASE WHEN r.rulename = '_RETURN' THEN 'view' ELSE 'rule' END, r.oid, r.ev_class, true, 'pg_rewrite'::regclass::oid
      FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
      WHERE r.oid >= 16384 AND c.relpersistence <> 't' AND CASE WHEN r.rulename = '_RETURN' THEN c.relkind IN ('v', 'm') ELSE r.ev_enabled IN ('O', 'A') END
        AND ${among('r.oid', ['view', 'rule'])}
      UNION ALL
      -- A body of BEGIN ATOMIC leaves prosrc empty (src/backend/commands/functioncmds.c, interpret_AS_clause).
      SELECT 'function', p.oid, p.oid, p.prosrc = '', 'pg_proc'::regclass::oid
      FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang JOIN pg_namespace n ON n.oid = p.pronamespace
      WHERE p.oid >= 16384 AND l.lanname IN ('sql', 'plpgsql') AND p.prokind IN ('f', 'p') AND n.nspname !~ '^pg_temp_' AND ${among('p.oid', ['function'])}
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
      SELECT o.classid, o.objid, CASE o.classid ${stamps.map(({ catalog, stamp }) => `WHEN '${catalog}'::regclass THEN (${stamp})`).join(' ')} END AS stamp
      FROM (SELECT DISTINCT classid, objid FROM needs) AS o
    )
    SELECT json_build_array(r.kind, r.oid::int8, r.subject::int8, r.locks,
      encode(sha256(convert_to(string_agg(concat_ws(' ', s.classid, s.objid, s.stamp), ',' ORDER BY s.classid, s.objid), 'UTF8')), 'base64'))::text
    FROM roots r JOIN needs n ON n.root_class = r.classid AND n.root = r.oid JOIN stamped s ON s.classid = n.classid AND s.objid = n.objid
    GROUP BY r.kind, r.oid, r.subject, r.locks ORDER BY r.kind, r.oid`);
}

/**
 * Whether every transaction whose work is visible by now has also told the other backends so. Between the two (ProcArrayEndTransaction and
 * AtEOXact_Inval in CommitTransaction, src/backend/access/transam/xact.c) a backend may still write a text from what its caches hold, and
 * the keys around it would not show it. Until a transaction has told them, it holds the lock on its own number. A snapshot does not list
 * subtransactions, whose numbers are locked as well: so the backends that count are those of which no number is in progress.
 */
export const settled = question(
  z.tuple([z.boolean()]),
  `SELECT json_build_array(NOT EXISTS (
     SELECT FROM pg_locks l CROSS JOIN txid_current_snapshot() AS s
     WHERE l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock' AND l.granted AND l.pid IS NOT NULL
     GROUP BY l.pid HAVING bool_and(txid_visible_in_snapshot((txid_snapshot_xmax(s) & ~4294967295::int8) | l.transactionid::text::int8, s))))::text`,
);
