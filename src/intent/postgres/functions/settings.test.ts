import { describe, expect, test } from 'vitest';
import { privilegedSettings, serverSettings, systemRelations, userSettings } from './catalog-data.ts';
import { classifySystemRelation, shownBy, shownByColumns } from './catalogs.ts';
import { names } from './names.ts';
import { classifySetting } from './settings.ts';
import { settingGroups, settingNamespaces } from './settings-table.ts';

function kind(relation: string, columns: readonly string[] | 'all'): string | undefined {
  return shownByColumns(relation, columns)?.resource.kind;
}

describe('settings', () => {
  test.each([
    'client_encoding', 'Standard_Conforming_Strings', 'backslash_quote', 'transform_null_equals', 'session_replication_role', 'role', 'session_authorization',
    'session_preload_libraries', 'local_preload_libraries', 'dynamic_library_path', 'track_counts', 'debug_print_plan', 'log_statement', 'log_min_messages',
    'allow_system_table_mods', 'plpgsql.variable_conflict', 'pgaudit.log', 'plperl.on_init', 'anon.transparent_dynamic_masking', 'array_nulls', 'password_encryption', 'event_triggers', 'zero_damaged_pages', 'output_plugin_libraries', 'postgis.gdal_enabled_drivers', 'auto_explain.log_analyze',
  ])('%s is the gate\'s', (name) => { expect(classifySetting(name)).toBe('gate'); });

  // What drivers, ORMs, migration tools and psql send.
  test.each([
    'search_path', 'application_name', 'TimeZone', 'DateStyle', 'IntervalStyle', 'statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout',
    'extra_float_digits', 'bytea_output', 'xmloption', 'synchronize_seqscans', 'default_table_access_method', 'default_tablespace', 'check_function_bodies', 'work_mem', 'jit',
    'enable_seqscan', 'default_transaction_isolation', 'default_transaction_read_only', 'transaction_isolation', 'synchronous_commit', 'geqo', 'seed', 'row_security', 'restrict_nonsystem_relation_kind',
    'hnsw.ef_search', 'pg_trgm.similarity_threshold', 'plpgsql.check_asserts',
  ])('%s is harmless', (name) => { expect(classifySetting(name)).toBe('harmless'); });

  // What an application's own settings mean is known to its row policies and functions alone.
  test.each(['app.user_id', 'request.jwt.claims', 'archive_command', 'shared_buffers', 'data_directory', 'lc_messages', 'no_such_setting', '', 'toString', 'timescaledb.restoring', 'wal_sender_timeout'])(
    '%s is for whoever grants `configure` to say', (name) => { expect(classifySetting(name)).toBe('other'); });

  test('message levels below NOTICE belong to the gate', () => {
    expect(['warning', 'NOTICE', undefined, 'error', 'debug', 'debug5', 'x'].map((value) => classifySetting('client_min_messages', value))).toEqual(
      ['harmless', 'harmless', 'harmless', 'harmless', 'gate', 'gate', 'gate']);
  });

  test('every setting that a session may change stands in one group, with a reason; and nothing else does', () => {
    const grouped = settingGroups.flatMap((group) => names(group.names));
    expect(grouped.filter((name, i) => grouped.indexOf(name) !== i)).toEqual([]);
    const changeable = [...names(userSettings), ...names(privilegedSettings)].filter((name) => name !== 'client_min_messages');
    expect(changeable.length).toBeGreaterThan(200);
    expect(changeable.filter((name) => !grouped.includes(name))).toEqual([]);
    // Not shown in pg_settings, of the server itself and yet of its safety, or of a language.
    expect(grouped.filter((name) => !changeable.includes(name)).toSorted()).toEqual(
      ['default_with_oids', 'is_superuser', 'jit_provider', 'plpgsql.variable_conflict', 'role', 'seed', 'session_authorization', 'shared_preload_libraries', 'track_commit_timestamp']);
    const namespaces = settingNamespaces.flatMap((group) => names(group.names));
    expect(namespaces.filter((name, i) => namespaces.indexOf(name) !== i)).toEqual([]);
  });

  test('what a session may not change for itself is never harmless', () => {
    const guarded = [...names(privilegedSettings), ...names(serverSettings)];
    expect(guarded.length).toBeGreaterThan(200);
    expect(guarded.filter((name) => classifySetting(name) === 'harmless')).toEqual([]);
  });
});

describe('relations of the server\'s own', () => {
  test.each([
    ['values', ['pg_stats', 'pg_statistic', 'pg_stats_ext', 'pg_stats_ext_exprs', 'pg_statistic_ext_data', 'pg_toast_16384']],
    ['queries', ['pg_stat_activity', 'pg_stat_statements', 'pg_prepared_statements', 'pg_cursors', 'pg_backend_memory_contexts']],
    ['secrets', ['pg_authid', 'pg_shadow', 'user_mapping_options', 'pg_largeobject', 'pg_hba_file_rules', 'pg_file_settings',
      'pg_ident_file_mappings', 'pg_stat_wal_receiver', 'pg_no_such_catalog', '']],
    ['plain', ['pg_class', 'pg_attribute', 'pg_type', 'pg_proc', 'pg_roles', 'pg_settings', 'pg_locks', 'pg_stat_user_tables', 'tables', 'columns', 'key_column_usage', 'pg_database', 'pg_enum']],
  ])('%s', (expected, relations) => { expect(relations.map((name) => [name, classifySystemRelation(name)])).toEqual(relations.map((name) => [name, expected])); });

  test('one column of a relation may be a secret, or settings', () => {
    expect(['pg_subscription', 'pg_user_mapping', 'pg_user_mappings', 'pg_db_role_setting', 'pg_roles', 'pg_user'].map((name) => [classifySystemRelation(name), kind(name, 'all'), kind(name, ['oid'])]))
      .toEqual([...Array.from({ length: 3 }, () => ['plain', 'role', undefined]), ...Array.from({ length: 3 }, () => ['plain', 'setting', undefined])]);
    expect([kind('pg_subscription', ['subname', 'subconninfo']), kind('pg_user_mappings', ['umoptions']), kind('pg_db_role_setting', ['setconfig']), kind('pg_roles', ['rolname']), kind('pg_class', 'all')])
      .toEqual(['role', 'role', 'setting', undefined, undefined]);
  });

  test('what a relation shows is a resource of its own', () => {
    expect(['pg_class', 'pg_stats', 'pg_stat_activity', 'pg_authid'].map((name) => shownBy(name, 'shop')?.resource.kind)).toEqual([undefined, 'database', 'session', 'role']);
  });

  test('what is not plain is a short list; the rest was looked through', () => {
    expect(names(systemRelations).length).toBeGreaterThan(200);
    expect(names(systemRelations).filter((name) => classifySystemRelation(name) !== 'plain')).toMatchInlineSnapshot(`
      [
        "_pg_user_mappings",
        "pg_authid",
        "pg_backend_memory_contexts",
        "pg_cursors",
        "pg_file_settings",
        "pg_hba_file_rules",
        "pg_ident_file_mappings",
        "pg_largeobject",
        "pg_prepared_statements",
        "pg_shadow",
        "pg_stat_activity",
        "pg_stat_wal_receiver",
        "pg_statistic",
        "pg_statistic_ext_data",
        "pg_stats",
        "pg_stats_ext",
        "pg_stats_ext_exprs",
        "user_mapping_options",
      ]
    `);
  });
});
