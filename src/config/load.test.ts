import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatFinding, parseConfig } from './load.ts';

const folder = join(import.meta.dirname, 'testdata');

/** What a person would see of it, errors and warnings in the order of the file. */
function shown(source: string, file: string): string {
  const { config, findings } = parseConfig(source, file, '/etc/guardrails');
  const lines = findings.toSorted((a, b) => a.line - b.line || a.column - b.column).map(formatFinding);
  return `${[config === undefined ? 'refused' : 'accepted', ...lines].join('\n')}\n`;
}

describe('each file says what it shows; its .errors is what its writer is told', () => {
  test.each(readdirSync(folder).filter((name) => name.endsWith('.yaml')))('%s', async (name) => {
    const text = shown(readFileSync(join(folder, name), 'utf8'), name);
    await expect(text).toMatchFileSnapshot(join(folder, name.replace(/yaml$/, 'errors')));
    expect(text).not.toContain('hunter2');
    expect(text).not.toContain('undefined');
  });
});

test('five lines are a target, with every default filled in', () => {
  const { config } = parseConfig(readFileSync(join(folder, 'five-lines.yaml'), 'utf8'), 'x', '/etc/guardrails');
  expect(config).toEqual({
    gateway: {
      name: 'guardrails', id: 1, data: '/etc/guardrails/guardrails-data', admin: { listen: { host: '127.0.0.1', port: 7432 }, offLoopback: false, hosts: [] },
      workers: 1, log: { level: 'info', format: 'auto' }, drain: 30_000, peers: [],
    },
    policy: ['/etc/guardrails/policies/baseline'],
    purposes: new Map([['general', { name: 'general', verbs: expect.arrayContaining(['read', 'opaque', 'unmask']), labels: [] }]]),
    targets: [{
      target: { name: 'shop', protocol: 'postgres', environment: 'production', mode: 'enforce' },
      listen: { host: '127.0.0.1', port: 6432 },
      upstream: { address: { kind: 'tcp', host: 'db.internal', port: 5432 }, user: 'app', database: 'shop' },
      password: { kind: 'env', name: 'SHOP_DB_PASSWORD' }, reader: undefined,
      databases: ['shop'], tls: undefined, insecurePlaintext: false,
      upstreamTls: { mode: 'verify-full', ca: undefined, cert: undefined, key: undefined, serverName: undefined, direct: false },
      proxyProtocol: undefined,
      limits: { text: 262_144, message: 2 ** 30, sessions: 1000, statementBytes: 2 ** 24, startupTimeout: 10_000 },
      allowParameters: [], durability: 'normal', catalogMode: 'follow', enforceReads: 'on', onAuditFailure: 'block',
    }],
  });
});

test('a purpose may be written anew, general too', () => {
  const { config } = parseConfig(`${readFileSync(join(folder, 'five-lines.yaml'), 'utf8')}
purposes:
  general: { verbs: [read] }
  reporting: { verbs: all, labels: [pii.email] }
`, 'x', '/');
  expect(config?.purposes.get('general')?.verbs).toEqual(['read']);
  expect(config?.purposes.get('reporting')?.labels).toEqual(['pii.email']);
});

/** Has a place for every kind of value, so that what is put there reaches every rule. */
function fileWith(at: number, value: unknown): Record<string, unknown> {
  let n = 0;
  const put = (normal: unknown): unknown => (n++ === at ? value : normal);
  return {
    version: put(1), policy: put('./p'),
    gateway: put({ name: put('g'), id: put(1), data: put('d'), admin: put('127.0.0.1:1'), workers: put(1), drain: put('1s'), log: put({ level: put('info') }), peers: put([put({ id: put(2), address: put('10.0.0.1:1') })]) }),
    purposes: put({ general: put({ verbs: put(['read']), labels: put(['x']) }) }),
    targets: put({ shop: put({
      protocol: put('postgres'), listen: put('127.0.0.1:2'), upstream: put('postgres://app@db/shop'), password: put({ env: put('A') }), reader: put({ role: put('shop_reader'), password: put({ env: put('B') }) }), environment: put('local'),
      mode: put('enforce'), databases: put(['shop']), tls: put({ cert: put('c'), key: put('k'), required: put(true) }), upstream_tls: put({ mode: put('require') }),
      proxy_protocol: put({ trusted: put(['10.0.0.0/8']) }), limits: put({ text: put('1KiB'), sessions: put(5) }), allow_parameters: put(['jit']), durability: put('strict'), catalog: put('strict'), enforce_reads: put('off'),
    }) }),
  };
}

const hostile = '!Zq7-hunter2:%s&*';

test('whatever stands in a place, nothing of it is repeated', () => {
  fc.assert(fc.property(fc.nat(45), fc.constantFrom<unknown>(hostile, [hostile], { env: hostile }, `postgres://app:${hostile}@db/shop`, `postgres://app@db/shop?x=${hostile}`, `\${${hostile}}`, `127.0.0.1:${hostile}`), (at, value) => {
    const { findings } = parseConfig(stringify(fileWith(at, value)), 'f.yaml', '/');
    for (const finding of findings) expect(formatFinding(finding)).not.toContain('Zq7');
  }), { numRuns: 400 });
});

test('a secret as the key of a password is not repeated', () => {
  fc.assert(fc.property(fc.stringMatching(/^[a-z][a-z0-9]{6,20}$/).map((text) => `zz${text}`), (secret) => {
    const { config, findings } = parseConfig(stringify({ ...fileWith(-1, 0), targets: { shop: { password: { [secret]: secret } } } }), 'f.yaml', '/');
    expect(config).toBeUndefined();
    expect(findings.map(formatFinding).join('\n')).not.toContain(secret);
  }));
});

test('any text has an answer: a config, or errors with places inside it', () => {
  const yaml = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.jsonValue().map((value) => stringify(value)), fc.stringMatching(/^[ \n:{}[\]&*!|>'"#,%@`\-a-c1\t]{0,80}$/),
    fc.tuple(fc.nat(45), fc.jsonValue()).map(([at, value]) => stringify(fileWith(at, value))));
  fc.assert(fc.property(yaml, (source) => {
    const { config, findings } = parseConfig(source, 'f.yaml', '/');
    expect(config !== undefined).toBe(!findings.some((finding) => finding.severity === 'error'));
    for (const { line, column } of findings) {
      expect(line).toBeGreaterThan(0);
      expect(line).toBeLessThanOrEqual(source.split(/\n/).length);
      expect(column).toBeGreaterThan(0);
    }
  }), { numRuns: 1000 });
});

test.each([['brackets', '['.repeat(200_000)], ['braces', '{a: '.repeat(100_000)], ['indents', Array.from({ length: 1500 }, (_, i) => `${' '.repeat(i)}a:\n`).join('')], ['a long key', `${'k'.repeat(500_000)}: 1`]])('%s without end are an error, not a crash', (_, source) => {
  const { config, findings } = parseConfig(source, 'f.yaml', '/');
  expect(config).toBeUndefined();
  expect(findings.map(formatFinding).join('\n').length).toBeLessThan(2000);
});
