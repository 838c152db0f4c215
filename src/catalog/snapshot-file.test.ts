import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CatalogSnapshot } from '../core/catalog.ts';
import { formatSnapshot, InvalidSnapshot, parseSnapshot } from './snapshot-file.ts';

const snapshot: CatalogSnapshot = {
  format: 'guardrails-catalog/2', database: 'shop', serverVersion: 180_004, version: 'stale', role: 'shop', closedSchemas: [],
  relations: [
    { oid: 16_384, schema: 'public', name: 'customers', kind: 'table', columns: [{ number: 1, name: 'id', type: 'bigint' }], keys: [['id']], triggers: [], referencedBy: [], children: [], views: [], rules: [], rowSecurity: false, code: [] },
    { oid: 16_390, schema: 'public', name: 'active', kind: 'view', columns: [], keys: [], triggers: [], referencedBy: [], children: [], views: [], definition: 'SELECT 1', rules: [], rowSecurity: false, code: [] },
  ],
  functions: [{ oid: 16_400, schema: 'public', name: 'f', kind: 'function', arguments: ['text'], defaults: 0, variadic: false, language: 'sql', volatility: 'stable', securityDefiner: false, settings: [] }],
  types: [], operators: [], casts: [], operatorClasses: [], eventTriggers: [],
};
const text = formatSnapshot(snapshot);

test('what was written is read, one object a line', async () => {
  const read = await parseSnapshot(text);
  expect(read).toEqual({ ...snapshot, version: read.version });
  expect(formatSnapshot({ ...read, version: 'stale' })).toBe(text);
  expect(text.split('\n').filter((line) => line.includes('"oid"')).length).toBe(3);
});

test('the version is of the content, whatever the file says', async () => {
  const { version } = await parseSnapshot(text);
  expect(version).toMatch(/^[0-9a-f]{64}$/);
  expect((await parseSnapshot(text.replace('stale', 'other'))).version).toBe(version);
  expect((await parseSnapshot(text.replace('customers', 'clients'))).version).not.toBe(version);
  expect((await parseSnapshot(text.replace('"role": "shop"', '"role": "ada"'))).version).not.toBe(version);
  // Members in another order are the same content.
  expect((await parseSnapshot(text.replace('"oid":16384,"schema":"public"', '"schema":"public","oid":16384'))).version).toBe(version);
});

test.each([
  ['{', /^not JSON: /],
  ['[]', /^the file: /],
  [text.replace('catalog/2', 'catalog/1'), /^format: /],
  [text.replace('"kind":"view"', '"kind":"picture"'), /^relations\[1\]\.kind: /],
  [text.replace('"number":1', '"number":"1"'), /^relations\[0\]\.columns\[0\]\.number: /],
  [text.replace('"oid":16400', '"oid":-1'), /^functions\[0\]\.oid: /],
  [text.replace('"rowSecurity":false', '"rowSecurity":false,"rowSecurit":true'), /^relations\[0\]: .*rowSecurit/],
  [text.replace('16390', '16384'), /^relations\[1\]\.oid: a second object with this oid$/],
  [text.replace('"active"', '"customers"'), /^relations\[1\]\.name: a second relation of this name in its schema$/],
  [text.replaceAll('"oid":', '"id":'), /relations\[0\]\.oid: .*\n/],
])('a file that is wrong says where (%#)', async (wrong, message) => {
  await expect(parseSnapshot(wrong)).rejects.toThrow(InvalidSnapshot);
  await expect(parseSnapshot(wrong)).rejects.toThrow(message);
});

test('any JSON is read or refused, never anything else', async () => {
  await fc.assert(fc.asyncProperty(fc.json(), async (json) => {
    await expect(parseSnapshot(json)).rejects.toThrow(InvalidSnapshot);
  }));
});
