import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { FreezeRecord } from '../core/state.ts';
import { runProgram } from './program.ts';
import { testCli, type TestCli } from './testing/test-cli.ts';
import type { Identities, ListedPrincipal } from './tools.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'start-'));
  mkdirSync(join(dir, 'policies/baseline'), { recursive: true });
});
afterEach(() => {
  process.exitCode = undefined;
  rmSync(dir, { recursive: true });
});

const ada: ListedPrincipal = { name: 'ada', kind: 'User', enabled: true, owner: undefined, until: undefined, purpose: undefined, createdAt: 0, secret: true, groups: [] };

/** Runs `start` to its end: the gateway of this test is told to stop as soon as it stands. */
async function start(config: string, principals: readonly ListedPrincipal[], args: readonly string[] = [], freezes: readonly FreezeRecord[] = []): Promise<TestCli & { readonly code: number; readonly stopped: readonly string[]; readonly workers: number | undefined }> {
  writeFileSync(join(dir, 'g.yaml'), config, { mode: 0o644 });
  const stopped: string[] = [];
  let workers: number | undefined;
  const identities: Partial<Identities> = { list: async () => ({ principals, groups: [], grants: [] }), freezes: async () => freezes, close: async () => {} };
  const made = testCli({ tools: {
    identities: async () => identities as Identities, // `start` asks for these alone
    serve: async (config) => {
      workers = config.gateway.workers;
      setTimeout(() => { made.cli.signals.emit('SIGTERM'); }, 0);
      return { listening: [{ target: 'shop', host: '127.0.0.1', port: 6432 }], admin: { host: '127.0.0.1', port: 7432 }, policyVersion: 'sha256:0123456789abcdef', stop: async (why) => { stopped.push(why); } };
    },
  } });
  const code = await runProgram(made.cli, ['start', '--config', join(dir, 'g.yaml'), ...args]);
  return { ...made, code, stopped, workers };
}

const config = 'version: 1\ntargets:\n  shop:\n    protocol: postgres\n    listen: 127.0.0.1:6432\n    upstream: postgres://app@127.0.0.1:5432/shop\n';

test('says where it listens, that it records, and who is missing', async () => {
  const { out, code, stopped } = await start(config, []);
  expect(code).toBe(0);
  expect(stopped).toEqual(['SIGTERM']);
  expect(out().replaceAll(dir, 'DIR')).toBe(`Access Guardrails 1.2.3 stands

  TARGET  LISTENS         UPSTREAM                 ENVIRONMENT                  MODE     TLS
  shop    127.0.0.1:6432  app@127.0.0.1:5432/shop  unspecified (as production)  enforce  off

  recording  works: this start is on disk in DIR/guardrails-data
  policies   baseline, sha256:0123456789ab
  admin      http://127.0.0.1:7432 (healthz, readyz, metrics)

Nobody can connect yet. In another terminal: guardrails user create ada --target shop --can read --for 8h
`);
});

test('observe mode is loud, and somebody who is there changes the next step', async () => {
  const { out } = await start(`${config}    mode: observe\n`, [ada]);
  expect(out()).toContain('OBSERVE MODE: shop is only watched. What should be refused is recorded and LET THROUGH.');
  expect(out()).toMatch(/shop .* OBSERVE /);
  expect(out()).toContain('Next: guardrails agent create');
});

test('a password that is not there is said before anybody is turned away for it', async () => {
  const { err, code } = await start(`${config}    password: { env: NO_SUCH_VARIABLE_HERE }\n`, [ada]);
  expect(code).toBe(0);
  expect(err()).toContain('nobody can reach `shop` yet: the environment variable NO_SUCH_VARIABLE_HERE is not set');
});

test('--json is one line', async () => {
  const { out, workers } = await start(config, [ada], ['--json', '--workers', '3']);
  expect(JSON.parse(out())).toEqual({
    ready: true, version: '1.2.3', pid: process.pid, workers: 3, admin: { host: '127.0.0.1', port: 7432 }, policyVersion: 'sha256:0123456789abcdef', principals: 1,
    targets: [{ name: 'shop', host: '127.0.0.1', port: 6432, environment: 'unspecified', mode: 'enforce', upstream: 'app@127.0.0.1:5432/shop', frozen: null }],
    recording: { ok: true, data: join(dir, 'guardrails-data') },
  });
  expect(workers).toBe(3);
});

test('a frozen target is shown in a line that nobody overlooks', async () => {
  const freeze: FreezeRecord = { target: 'shop', why: 'on fire\u001b[2J', by: 'cli:ada', since: Date.UTC(2026, 0, 31, 8) };
  expect((await start(config, [ada], [], [freeze])).out()).toContain('FROZEN: shop lets nothing but reads through: frozen by cli:ada since 2026-01-31T08:00:00Z: on fire\\u{1b}[2J');
  const { out } = await start(config, [ada], ['--json'], [freeze, { ...freeze, target: 'other' }]);
  expect(JSON.parse(out())).toMatchObject({ targets: [{ name: 'shop', frozen: { by: 'cli:ada', since: '2026-01-31T08:00:00.000Z' } }] });
});

test('a wrong config: every finding with its place, and nothing is started', async () => {
  const { err, code, stopped } = await start(`${config.replace('5432/shop', '5432')}    lissten: x\n`, []);
  expect(code).toBe(1);
  expect(stopped).toEqual([]);
  expect(err()).toMatch(/g\.yaml:6:\d+: targets\.shop\.upstream: /);
  expect(err()).toMatch(/g\.yaml:7:\d+: targets\.shop\.lissten: /);
  expect(err()).toContain('2 things are wrong');
});

test('--workers out of range is an error of usage', async () => {
  expect((await start(config, [], ['--workers', '99'])).code).toBe(2);
});
