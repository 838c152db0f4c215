import { describe, expect, test } from 'vitest';
import { readParameters } from './parameters.ts';

function read(given: Record<string, string>, extra: readonly string[] = []): string {
  const read = readParameters(new Map(Object.entries({ user: 'ada', ...given })), new Set(extra));
  if (read.refused) return `${read.code}: ${read.message}`;
  const { user, database, purpose, settings, protocolOptions } = read;
  return JSON.stringify({ user, database, purpose, ...Object.fromEntries(settings), ...(protocolOptions.length > 0 ? { protocolOptions } : {}) });
}

describe('what a client may ask for', () => {
  test.each([
    ['psql', { database: 'shop', application_name: 'psql', client_encoding: 'UTF8' }, '{"user":"ada","database":"shop","application_name":"psql"}'],
    ['JDBC', { database: 'shop', client_encoding: 'UTF8', DateStyle: 'ISO', TimeZone: 'Europe/Berlin', extra_float_digits: '2' }, '{"user":"ada","database":"shop","datestyle":"ISO","timezone":"Europe/Berlin","extra_float_digits":"2"}'],
    ['asyncpg, quotes and all', { client_encoding: "'utf-8'" }, '{"user":"ada"}'],
    ['an old name of UTF8', { client_encoding: 'Unicode' }, '{"user":"ada"}'],
    ['Prisma’s schema', { options: '-c search_path=tenant_1' }, '{"user":"ada","search_path":"tenant_1"}'],
    ['a parameter overrides options, as in the server', { options: '-c geqo=off', geqo: 'on' }, '{"user":"ada","geqo":"on"}'],
    ['the last option wins', { options: '-c geqo=off -c GEQO=on' }, '{"user":"ada","geqo":"on"}'],
    ['our purpose, kept', { 'guardrails.purpose': 'support' }, '{"user":"ada","purpose":"support"}'],
    ['our purpose in options', { options: '-c guardrails.purpose=nightly\\ report' }, '{"user":"ada","purpose":"nightly report"}'],
    ['strings as they are anyway', { standard_conforming_strings: 'ON' }, '{"user":"ada"}'],
    ['the stricter way', { default_transaction_read_only: 'on' }, '{"user":"ada","default_transaction_read_only":"on"}'],
    ['no replication', { replication: 'false' }, '{"user":"ada"}'],
    ['protocol options are answered, not passed on', { '_pq_.compression': 'zstd' }, '{"user":"ada","protocolOptions":["_pq_.compression"]}'],
  ])('%s', (_, given, expected) => {
    expect(read(given)).toBe(expected);
  });

  test('what config allows besides', () => {
    expect(read({ options: '-c work_mem=64MB' }, ['work_mem'])).toBe('{"user":"ada","work_mem":"64MB"}');
  });
});

describe('what is refused, by its name', () => {
  test.each([
    // Text would be cut elsewhere than the gate cuts it.
    [{ client_encoding: 'SJIS' }, 'unsupported-parameter: client_encoding `SJIS` is not supported: the gate speaks UTF8'],
    [{ CLIENT_ENCODING: 'LATIN1' }, 'unsupported-parameter: client_encoding `LATIN1` is not supported: the gate speaks UTF8'],
    [{ client_encoding: 'SJIS' }, 'unsupported-parameter: client_encoding `SJIS` is not supported: the gate speaks UTF8'],
    [{ options: '-c client-encoding=big5' }, 'unsupported-parameter: client_encoding `big5` is not supported: the gate speaks UTF8'],
    [{ options: '-c standard_conforming_strings=off' }, 'unsupported-parameter: standard_conforming_strings must be on'],
    [{ options: '--Standard-Conforming-Strings=off' }, 'unsupported-parameter: standard_conforming_strings must be on'],
    [{ options: '-c\\ standard_conforming_strings=off' }, 'unsupported-parameter: the startup parameter ` standard_conforming_strings` is not supported'],
    // Triggers and cascades would not fire.
    [{ session_replication_role: 'replica' }, 'unsupported-parameter: the startup parameter `session_replication_role` is not supported'],
    [{ options: '-c session_replication_role=replica' }, 'unsupported-parameter: the startup parameter `session_replication_role` is not supported'],
    [{ transform_null_equals: 'on' }, 'unsupported-parameter: the startup parameter `transform_null_equals` is not supported'],
    [{ local_preload_libraries: 'x' }, 'unsupported-parameter: the startup parameter `local_preload_libraries` is not supported'],
    [{ role: 'postgres' }, 'unsupported-parameter: the startup parameter `role` is not supported'],
    [{ row_security: 'off' }, 'unsupported-parameter: the startup parameter `row_security` is not supported'],
    [{ default_transaction_read_only: 'off' }, 'unsupported-parameter: default_transaction_read_only can only be set to on'],
    [{ options: '-d 5' }, 'unsupported-parameter: the switch `-d` in `options` is not supported'],
    [{ replication: 'database' }, 'unsupported-feature: replication connections are not supported'],
    [{ replication: 'true' }, 'unsupported-feature: replication connections are not supported'],
    [{ user: '' }, 'authentication-failed: no PostgreSQL user name specified in startup packet'],
    [{ user: 'x'.repeat(64) }, 'unsupported-parameter: the user name is longer than 63 bytes'],
    [{ database: 'é'.repeat(32) }, 'unsupported-parameter: the database name is longer than 63 bytes'],
    // Turkish dotless i and Kelvin sign are not ASCII: names that differ for the server differ here.
    [{ 'TİMEZONE': 'UTC' }, 'unsupported-parameter: the startup parameter `tİmezone` is not supported'],
  ])('%j', (given, expected) => {
    expect(read(given)).toBe(expected);
  });
});
