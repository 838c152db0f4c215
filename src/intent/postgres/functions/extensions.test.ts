import { describe, expect, test } from 'vitest';
import { formatEffect } from '../../../core/format.ts';
import { lookupExtensionFunction } from './extensions.ts';
import { extensionHazards } from './hazards/extensions.ts';

function describeCall(extension: string, name: string, ...args: readonly (string | number | undefined)[]): readonly string[] | string | undefined {
  const found = lookupExtensionFunction(extension, name, 'volatile');
  if (found === undefined || 'purity' in found) return found?.purity;
  return found.effects({ name, args }).map((effect) => {
    if ('sql' in effect) return `sql: ${effect.sql ?? 'computed'}`;
    return 'setting' in effect ? 'setting' : formatEffect({ ...effect, span: { start: 0, end: 0 }, via: [] }).replace(' [0,0)', '');
  });
}

describe('functions of extensions', () => {
  test('what goes elsewhere, and what touches files and pages', () => {
    expect([
      describeCall('dblink', 'dblink', 'dbname=shop', 'DELETE FROM users'), describeCall('dblink', 'dblink_connect', 'dbname=shop'), describeCall('adminpack', 'pg_file_write', 'a', 'b'),
      describeCall('adminpack', 'pg_file_rename', 'a', 'b'), describeCall('tablefunc', 'crosstab', 'SELECT 1', 2), describeCall('tablefunc', 'crosstab', 'SELECT 1', 'SELECT 2'),
      describeCall('tablefunc', 'connectby', 'tree'), describeCall('pageinspect', 'get_raw_page', 'public.users', 0), describeCall('pg_surgery', 'heap_force_kill', 'users', undefined),
      describeCall('pg_walinspect', 'pg_get_wal_records_info'), describeCall('pg_cron', 'schedule', 'x', '* * * * *', 'DELETE FROM users'), describeCall('http', 'http_get', 'https://x'),
      describeCall('aws_s3', 'query_export_to_s3', 'SELECT * FROM users'), describeCall('lo', 'lo_manage'), describeCall('refint', 'check_foreign_key'), describeCall('pg_stat_statements', 'pg_stat_statements'),
    ]).toMatchInlineSnapshot(`
      [
        [
          "export host:* extent=unknown columns=* sink=network irreversible outside-transaction",
          "opaque function:dblink extent=unknown reason=not-modelled irreversible",
        ],
        [
          "execute host:* extent=unknown irreversible outside-transaction",
        ],
        [
          "update path:a extent=one irreversible outside-transaction",
        ],
        [
          "destroy path:a extent=one irreversible outside-transaction",
          "update path:b extent=one irreversible outside-transaction",
        ],
        [
          "sql: SELECT 1",
        ],
        [
          "sql: SELECT 1",
          "sql: SELECT 2",
        ],
        [
          "sql: computed",
        ],
        [
          "read table:public.users extent=all columns=*",
        ],
        [
          "destroy table:users extent=bounded irreversible outside-transaction",
        ],
        [
          "read target: extent=all columns=*",
        ],
        [
          "sql: DELETE FROM users",
          "configure target: extent=all irreversible outside-transaction",
        ],
        [
          "export host:* extent=unknown columns=* sink=network irreversible outside-transaction",
        ],
        [
          "sql: SELECT * FROM users",
          "export host:* extent=all columns=* sink=network irreversible outside-transaction",
        ],
        [
          "destroy large-object:* extent=one irreversible",
        ],
        [
          "opaque function:check_foreign_key extent=unknown reason=not-modelled irreversible",
        ],
        [
          "read table:pg_catalog.pg_stat_statements extent=all columns=* system",
        ],
      ]
    `);
  });

  test('what only computes', () => {
    expect([lookupExtensionFunction('citext', 'citext_eq', 'immutable'), lookupExtensionFunction('unaccent', 'unaccent', 'stable'), lookupExtensionFunction('pgcrypto', 'gen_salt', 'volatile')])
      .toEqual([{ purity: 'pure' }, { purity: 'reads-state' }, { purity: 'reads-state' }]);
  });

  test('what nobody reviewed is not known: an extension, and a volatile function of a reviewed one', () => {
    expect(lookupExtensionFunction('evil', 'f', 'immutable')).toBeUndefined();
    expect(lookupExtensionFunction('citext', 'f', 'volatile')).toBeUndefined();
    expect(lookupExtensionFunction('constructor', 'toString', 'immutable')).toBeUndefined();
    expect(lookupExtensionFunction('lo', 'f', 'volatile')).toBeUndefined();
  });

  test('a hazard stays one, whatever volatility the catalog says it has', () => {
    for (const [extension, functions] of extensionHazards) for (const name of functions.keys()) {
      for (const volatility of ['immutable', 'stable', 'volatile'] as const) expect(lookupExtensionFunction(extension, name, volatility)).toHaveProperty('effects');
    }
  });

  test('hazards are total', () => {
    for (const functions of extensionHazards.values()) for (const [name, acts] of functions) expect(acts({ name, args: [] }).length).toBeGreaterThan(0);
  });
});
