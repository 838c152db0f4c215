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
  // Verifiers (pg_authid, pg_shadow), passwords in options and connection strings, values per role such as `app.jwt_secret`.
  ...['pg_authid', 'pg_shadow', '_pg_user_mappings', 'user_mapping_options',
    'pg_stat_wal_receiver', 'pg_db_role_setting'].map((name) => [name, 'secrets'] as const),
  // Files of the server, and data that no table's rights guard.
  ...['pg_hba_file_rules', 'pg_ident_file_mappings', 'pg_file_settings', 'pg_largeobject'].map((name) => [name, 'secrets'] as const),
]);

/**
 * Relations of which one column is secret and the rest is structure: PostgreSQL lets everybody read the other columns of pg_subscription, and
 * pg_dump counts its rows; psql's \deu lists user mappings without their options.
 */
const secretColumns: ReadonlyMap<string, string> = new Map([['pg_subscription', 'subconninfo'], ['pg_user_mapping', 'umoptions'], ['pg_user_mappings', 'umoptions']]);

/** Whether reading these columns of a relation in pg_catalog shows a secret, where that depends on the column. */
export function readsSecretColumn(relation: string, columns: readonly string[] | 'all'): boolean {
  const secret = secretColumns.get(relation);
  return secret !== undefined && (columns === 'all' || columns.includes(secret));
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
