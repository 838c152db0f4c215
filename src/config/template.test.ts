import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { allKeys } from './keys.ts';
import { formatFinding, parseConfig } from './load.ts';
import { configFile, schemaFile, schemaFileName } from './template.ts';

test('what init writes is accepted, without a warning', () => {
  const { config, findings } = parseConfig(configFile(), 'guardrails.yaml', '/srv');
  expect(findings.map(formatFinding)).toEqual([]);
  expect(config?.targets[0]?.target.name).toBe('shop');
});

test('names and addresses that YAML would read as something else are quoted', () => {
  const { config, findings } = parseConfig(configFile({ name: 'null', listen: '[::1]:6432', upstream: 'postgres://a%20b@/d b?host=/run', passwordEnv: 'NO', environment: 'local' }), 'guardrails.yaml', '/srv');
  expect(findings.map(formatFinding)).toEqual([]);
  expect(config?.targets[0]).toMatchObject({ target: { name: 'null' }, listen: { host: '::1' }, upstream: { user: 'a b', database: 'd b', address: { kind: 'unix', path: '/run/.s.PGSQL.5432' } } });
});

test('what init comments out is accepted, too, and shows the defaults', () => {
  const written = configFile();
  // All comments that are keys or items, taken into force; `insecure_plaintext` and TLS files are choices, not defaults.
  const inForce = written.replaceAll(/^( *)# ( *)(?=[a-z_]+:)/gm, '$1$2').split('\n').filter((line) => !/^ *(insecure_plaintext|tls|cert|key|client_ca|ca|mode: observe)\b/.test(line)).join('\n');
  const { config, findings } = parseConfig(inForce, 'guardrails.yaml', '/srv');
  expect(findings.map(formatFinding)).toEqual([]);
  const plain = parseConfig(configFile(), 'guardrails.yaml', '/srv').config;
  expect(config?.targets[0]?.limits).toEqual(plain?.targets[0]?.limits);
  expect({ ...config?.gateway, peers: [] }).toEqual(plain?.gateway);
  expect(config?.policy).toEqual(plain?.policy);
});

test('the editor\'s schema has a description for every key, and knows what is closed', () => {
  expect(allKeys().filter((key) => key.description === undefined && key.path.at(-1) !== 'NAME').map((key) => key.path.join('.'))).toEqual([]);
  const schema: unknown = JSON.parse(schemaFile());
  expect(schema).toMatchObject({ required: ['version', 'targets'], additionalProperties: false, properties: { targets: { additionalProperties: { required: ['protocol', 'listen', 'upstream'], additionalProperties: false } } } });
  expect(configFile().split('\n')[0]).toBe(`# yaml-language-server: $schema=./${schemaFileName}`);
});

test('the schema that is committed is the one that init writes', () => {
  const committed = join(import.meta.dirname, '../..', schemaFileName);
  // REWRITE=1 writes it; the diff is the review.
  if (process.env['REWRITE'] === '1') writeFileSync(committed, schemaFile());
  expect(readFileSync(committed, 'utf8')).toBe(schemaFile());
});

test('the guide has a row for every key, in order, with its default', () => {
  const guide = readFileSync(join(import.meta.dirname, '../../docs/guide/configure.md'), 'utf8');
  const rows = [...guide.matchAll(/^\| `([a-zA-Z_.[\]]+)` \| ([^|]*) \|/gm)].map(([, key, shown]) => [key, shown?.replaceAll('`', '').trim()]);
  const withValue = allKeys().filter((key) => !allKeys().some((other) => other.path.length > key.path.length && key.path.every((part, index) => other.path[index] === part)));
  expect(rows.map(([key]) => key)).toEqual(withValue.map((key) => key.path.join('.').replaceAll('.[]', '[]')));
  for (const key of withValue) {
    if (key.default === undefined) continue;
    const shown = rows.find(([row]) => row === key.path.join('.').replaceAll('.[]', '[]'))?.[1];
    expect(`${key.path.join('.')} ${shown ?? ''}`).toBe(`${key.path.join('.')} ${Array.isArray(key.default) ? 'none' : JSON.stringify(key.default).replaceAll('"', '')}`);
  }
});
