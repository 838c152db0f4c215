import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LogRecord } from '../core/log-record.ts';
import { runProgram } from './program.ts';
import { testCli } from './testing/test-cli.ts';
import type { RecordReader, Redecided, Replay } from './tools.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'diff-'));
  mkdirSync(join(dir, 'policies/baseline'), { recursive: true });
  writeFileSync(join(dir, 'g.yaml'), 'version: 1\ntargets:\n  shop:\n    protocol: postgres\n    listen: 127.0.0.1:6432\n    upstream: postgres://app@127.0.0.1:5432/shop\n    environment: production\n', { mode: 0o644 });
});
afterEach(() => {
  process.exitCode = undefined;
  rmSync(dir, { recursive: true });
});

const permit: Redecided = { outcome: 'permit', policies: [{ id: 'baseline/grant', title: 'Granted', controls: [] }] };
const deny: Redecided = { outcome: 'deny', policies: [{ id: 'new/no-deletes', title: 'Nobody deletes', controls: [] }] };
const unpermitted: Redecided = { outcome: 'deny', policies: [] };

/** What the verb says when the records are decided again so, one after the other. */
async function said(answers: readonly ReturnType<Replay['redecide']>[], args: readonly string[] = []): Promise<{ readonly code: number; readonly out: string; readonly sets: unknown }> {
  let sets: unknown;
  const records = answers.map((_, index) => ({ writer: 'gateway-0', sequence: index + 1, shape: `DELETE FROM t${index % 2}` }) as LogRecord); // no more of it is read
  const reader: Partial<RecordReader> = { read: () => (async function* () { yield* records; })() };
  const { cli, out, err } = testCli({ width: 90, tools: {
    record: async () => reader as RecordReader, // it only reads
    replay: async (_, before, after) => {
      sets = [before, after];
      return { redecide: ({ sequence }) => answers[sequence - 1] ?? { not: 'record was cut' } };
    },
  } });
  const code = await runProgram(cli, ['policy', 'diff', 'old', 'new', '--config', join(dir, 'g.yaml'), ...args]);
  return { code, out: out() + err(), sets };
}

test('what comes out otherwise, by policy and by statement; what could not be decided is no part of it', async () => {
  const { code, out, sets } = await said([
    { before: permit, after: permit }, { before: permit, after: deny }, { before: permit, after: deny }, { before: unpermitted, after: permit }, { not: 'principal is gone' }, { before: deny, after: { ...deny, policies: [] } },
  ], ['--with', 'both']);
  expect([code, sets]).toEqual([1, [['both', 'old'], ['both', 'new']]]);
  expect(out.split('\n')).toEqual([
    '6 decisions since 2026-01-01T12:00:00Z; 3 come out otherwise',
    'principals, groups, grants and purposes are as they are now; effects, targets and times as recorded',
    '1 could not be decided again: principal is gone', '',
    'CHANGE          BY POLICY                       COUNT  EXAMPLE',
    'permit -> deny  new/no-deletes  Nobody deletes      2  gateway-0/3',
    'deny -> permit  (no grant covers it)                1  gateway-0/4', '',
    'CHANGE          BY STATEMENT    COUNT  EXAMPLE',
    'deny -> permit  DELETE FROM t1      1  gateway-0/4',
    'permit -> deny  DELETE FROM t0      1  gateway-0/3',
    'permit -> deny  DELETE FROM t1      1  gateway-0/2', '',
    'guardrails why ID shows an example as it was decided then', '',
  ]);
});

test('exit code 0 when nothing does, 2 when it cannot be found out', async () => {
  expect((await said([{ before: permit, after: permit }])).code).toBe(0);
  expect((await said([], ['--config', join(dir, 'nowhere.yaml')])).code).toBe(2);
});
