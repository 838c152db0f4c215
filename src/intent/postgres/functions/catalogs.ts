import type { Extent } from '../../../core/effect.ts';
import type { EntityRef } from '../../../core/resource.ts';
import { anyName } from './act.ts';
import { systemRelations } from './catalog-data.ts';
import { names } from './names.ts';

/**
 * What a relation of the server's own shows: `values` of users' columns, or `queries` of users with the constants in them, or `secrets`
 * (password verifiers, connection strings, files of the server, large objects). `plain`: names, structure, counters.
 */
export type SystemRelationClass = 'plain' | 'values' | 'queries' | 'secrets';

const shows: ReadonlyMap<string, SystemRelationClass> = new Map<string, SystemRelationClass>([
  // Chapter System Catalogs, pg_statistic and pg_statistic_ext_data: the most common values, and bounds of histograms.
  ...['pg_statistic', 'pg_stats', 'pg_statistic_ext_data', 'pg_stats_ext', 'pg_stats_ext_exprs'].map((name) => [name, 'values'] as const),
  // Monitoring, pg_stat_activity; System Views, pg_prepared_statements, pg_cursors; memory contexts are named after cached statements.
  ...['pg_stat_activity', 'pg_stat_statements', 'pg_prepared_statements', 'pg_cursors', 'pg_backend_memory_contexts'].map((name) => [name, 'queries'] as const),
  // Verifiers (pg_authid, pg_shadow), passwords in options and connection strings.
  ...['pg_authid', 'pg_shadow', '_pg_user_mappings', 'user_mapping_options', 'pg_stat_wal_receiver'].map((name) => [name, 'secrets'] as const),
  // Files of the server, and data that no table's rights guard.
  ...['pg_hba_file_rules', 'pg_ident_file_mappings', 'pg_file_settings', 'pg_largeobject'].map((name) => [name, 'secrets'] as const),
]);

/**
 * Columns of relations that are structure otherwise: PostgreSQL lets everybody read the other columns of pg_subscription, and pg_dump counts its rows;
 * psql's \\deu lists user mappings without their options. What roles and databases start with (`ALTER ROLE ... SET`, `ALTER DATABASE ... SET`) everybody may
 * read in PostgreSQL, and every archive of pg_dump holds it: it is settings, some of which hold keys (`app.jwt_secret`), and no password of the server's.
 */
const columns: ReadonlyMap<string, readonly [column: string, shown: 'secrets' | 'settings']> = new Map([
  ['pg_subscription', ['subconninfo', 'secrets']], ['pg_user_mapping', ['umoptions', 'secrets']], ['pg_user_mappings', ['umoptions', 'secrets']],
  ['pg_db_role_setting', ['setconfig', 'settings']], ['pg_roles', ['rolconfig', 'settings']], ['pg_user', ['useconfig', 'settings']],
]);

/** What a read of the server's own relations is a read of, too: an effect of its own, that policy can tell from structure. */
export interface Shown { readonly resource: EntityRef; readonly extent: Extent; readonly note: string }

const secrets: Shown = { resource: { kind: 'role', path: [anyName], system: true }, extent: 'all', note: 'password verifiers, connection strings or files' };
const settings: Shown = { resource: { kind: 'setting', path: [anyName], system: true }, extent: 'all', note: 'what roles and databases start with, keys among it' };
const queries: Shown = { resource: { kind: 'session', path: [anyName], system: false }, extent: 'all', note: 'the text of others\' queries, with their constants' };

/** Of a relation in pg_catalog, information_schema or pg_toast, by its name without the schema; `database` is the one whose values its statistics hold. */
export function shownBy(relation: string, database: string | undefined): Shown | undefined {
  switch (classifySystemRelation(relation)) {
    case 'values': return { resource: { kind: 'database', path: [database ?? anyName], system: false }, extent: 'unknown', note: 'statistics hold values of columns' };
    case 'queries': return queries;
    case 'secrets': return secrets;
    case 'plain': default: return undefined;
  }
}

/** The same of one column, where the rest of the relation is plain. */
export function shownByColumns(relation: string, read: readonly string[] | 'all'): Shown | undefined {
  const [column = '', shown] = columns.get(relation) ?? [];
  if (shown === undefined || (read !== 'all' && !read.includes(column))) return undefined;
  return shown === 'secrets' ? secrets : settings;
}

const known = new Set(names(systemRelations));

/** Of a relation in pg_catalog, information_schema or pg_toast, by its name without the schema. One that no release is known to have counts as `secrets`. */
export function classifySystemRelation(name: string): SystemRelationClass {
  const shown = shows.get(name);
  if (shown !== undefined) return shown;
  // Long values of a table's columns, out of line.
  if (name.startsWith('pg_toast_')) return 'values';
  return known.has(name) ? 'plain' : 'secrets';
}
