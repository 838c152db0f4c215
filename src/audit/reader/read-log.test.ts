import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nodeFiles } from '../files.ts';
import { dropping, note, ok, openSample, reading, session } from '../testing/sample.ts';
import type { LogFilter, LogRecord } from '../../core/log-record.ts';
import { findRecord, lastRefusal, outcomeOf } from './find-record.ts';
import { formatEvent } from './format-event.ts';
import { readLog } from './read-log.ts';
import { LogDamaged } from './wal-cursor.ts';

let dir = '';
beforeEach(() => { dir = mkdtempSync(join(tmpdir(), 'audit-read-')); });
afterEach(() => { rmSync(dir, { recursive: true }); });

const start = 1_795_255_000_000;

async function all(filter: LogFilter = {}): Promise<LogRecord[]> {
  return Array.fromAsync(readLog(dir, filter));
}

/** A day at the gate, with a clock of its own: every record a second after the one before. */
async function aDay(): Promise<void> {
  let now = start;
  const clock = (): number => (now += 1000);
  const log = openSample({ files: nodeFiles, dir, clock, segmentBytes: 2500 });
  const cli = openSample({ files: nodeFiles, dir, writer: 'cli', clock });
  log.event({ type: 'gateway-started', version: '0.1.0', configDigest: 'c1', policyVersion: 'p1', targets: ['prod-db'], binaries: [] });
  cli.event({ type: 'identity-changed', action: 'create', what: 'agent', name: 'reporter', by: 'ada', detail: 'owner ada, until 2026-11-22' });
  log.event({ type: 'session-opened', session, method: 'SCRAM-SHA-256', tls: true });
  const read = log.template(reading);
  const first = log.decision(read);
  log.outcome(first, read, ok);
  log.decision(log.template(dropping));
  log.flush();
  log.event({ type: 'session-refused', user: 'mallory\u001b[2J', target: session.target, client: session.client, code: 'authentication-failed', why: 'no such user or wrong secret' });
  const observed = log.template({ ...dropping, session: { ...session, principal: { kind: 'User', name: 'ada' }, owner: undefined, target: { ...session.target, mode: 'observe' } }, enforced: false, shape: 'DROP TABLE\n  orders -- \u202e' });
  const seen = log.decision(observed);
  log.outcome(seen, observed, { type: 'outcome', status: 'error', rows: 0, bytes: 90, sqlstate: '42P01' });
  log.event({ type: 'session-closed', session, why: 'the client left', commands: 3, refused: 1 });
  log.decision(log.template({ ...reading, shape: 'DELETE FROM baskets', observed: [{ id: 'mine/no-deletes', title: 'No deletes', would: 'deny' }, { id: 'mine/ask', title: 'Ask', would: 'hold' }] }));
  cli.event({ type: 'policy-changed', from: 'p1', to: 'p2', ids: ['baseline/reads'], added: [], changed: ['baseline/reads'], removed: [] });
  log.event({ type: 'gateway-stopped', why: 'SIGTERM' });
  await log.close();
  await cli.close();
}

test('all writers, merged by time, a line each', async () => {
  await aDay();
  expect(`\n${(await all()).map(formatEvent).join('\n')}\n`).toMatchInlineSnapshot(`
    "
    2026-11-21T09:56:41.000Z gateway-started version=0.1.0 policy_version=p1 prod-db
    2026-11-21T09:56:42.000Z identity-changed action=create what=agent name=reporter by=ada detail=owner ada, until 2026-11-22
    2026-11-21T09:56:43.000Z session-opened agent:reporter prod-db method=SCRAM-SHA-256 tls=true application=psql
    2026-11-21T09:56:44.000Z permit   agent:reporter prod-db SELECT name FROM customers WHERE id = $1 [baseline/reads] #gateway-0/3
    2026-11-21T09:56:45.000Z ok       agent:reporter prod-db rows=1 bytes=42 of #gateway-0/3
    2026-11-21T09:56:46.000Z deny     agent:reporter prod-db (forbidden) DROP TABLE customers [baseline/no-drop-in-production] #gateway-0/5
    2026-11-21T09:56:47.000Z session-refused mallory\\u{1b}[2J prod-db (authentication-failed) no such user or wrong secret
    2026-11-21T09:56:48.000Z would-deny user:ada prod-db (forbidden) DROP TABLE orders -- \\u{202e} [baseline/no-drop-in-production] #gateway-0/7
    2026-11-21T09:56:49.000Z error    user:ada prod-db rows=0 bytes=90 sqlstate=42P01 of #gateway-0/7
    2026-11-21T09:56:50.000Z session-closed agent:reporter prod-db why=the client left commands=3 refused=1
    2026-11-21T09:56:51.000Z permit   agent:reporter prod-db DELETE FROM baskets [baseline/reads] observed[deny:mine/no-deletes hold:mine/ask] #gateway-0/10
    2026-11-21T09:56:52.000Z policy-changed from=p1 to=p2 changed=baseline/reads
    2026-11-21T09:56:53.000Z gateway-stopped SIGTERM
    "
  `);
});

describe('filters', () => {
  test.each<[LogFilter, string[]]>([
    [{ principal: 'agent:reporter', kinds: ['decision'] }, ['permit', 'deny', 'permit']],
    [{ principal: 'reporter', outcome: 'deny' }, ['deny']],
    [{ owner: 'user:ada', kinds: ['outcome'] }, ['ok']],
    [{ outcome: 'observed' }, ['deny', 'permit']],
    [{ policy: 'mine/ask' }, ['permit']],
    [{ outcome: 'error' }, ['error']],
    [{ policy: 'no-drop-in-production' }, ['deny', 'deny']],
    [{ policy: 'baseline/reads', target: 'prod-db' }, ['permit', 'permit']],
    [{ verb: 'destroy', principal: 'user:ada' }, ['deny']],
    [{ target: 'other' }, []],
    [{ session: session.id, kinds: ['session-closed'] }, ['session-closed']],
    [{ since: start + 13_000 }, ['gateway-stopped']],
    [{ until: start + 3000 }, ['gateway-started', 'identity-changed']],
  ])('%j', async (filter, expected) => {
    await aDay();
    expect((await all(filter)).map((record) => record.outcome ?? record.ended?.status ?? record.kind)).toEqual(expected);
  });
});

test('the last refusal, a record by each of its names, and how it ended', async () => {
  await aDay();
  expect(lastRefusal(dir)).toMatchObject({ kind: 'decision', enforced: false });
  expect(lastRefusal(dir, { principal: 'agent:reporter' })).toMatchObject({ shape: 'DROP TABLE customers', code: 'forbidden' });
  const permitted = (await all({ outcome: 'permit' }))[0];
  if (permitted === undefined) throw new Error('no permit');
  expect(findRecord(dir, permitted.uid)).toEqual(permitted);
  expect(findRecord(dir, `gateway-0/${permitted.sequence}`)).toEqual(permitted);
  expect(findRecord(dir, `#gateway-0/${permitted.sequence}`)).toEqual(permitted);
  expect(findRecord(dir, 'cli/2')).toMatchObject({ kind: 'policy-changed' });
  expect(findRecord(dir, 'cli/99')).toBeUndefined();
  expect(findRecord(dir, '../etc')).toBeUndefined();
  expect(outcomeOf(dir, permitted)).toMatchObject({ ended: { status: 'ok', rows: 1 } });
});

test('an empty folder has no records', async () => {
  expect(await all()).toEqual([]);
  expect(lastRefusal(dir)).toBeUndefined();
});

test('following: over rotation, restarts and new writers, each record once, until the signal', async () => {
  const stop = new AbortController();
  const seen: string[] = [];
  const done = (async () => {
    for await (const record of readLog(dir, {}, { follow: true, signal: stop.signal })) seen.push(`${record.writer}/${record.sequence}`);
  })();
  const until = async (count: number): Promise<void> => {
    while (seen.length < count) await new Promise((resolve) => { setTimeout(resolve, 20); });
  };
  const log = openSample({ files: nodeFiles, dir, segmentBytes: 1500 });
  for (let k = 0; k < 5; k++) await log.append({ type: 'gateway-stopped', why: `${k}` });
  await until(5);
  const cli = openSample({ files: nodeFiles, dir, writer: 'cli' });
  note(cli, 'a');
  cli.flush();
  await until(6);
  await log.close();
  const again = openSample({ files: nodeFiles, dir, segmentBytes: 1500 });
  for (let k = 0; k < 5; k++) {
    note(again, `${k}`);
    again.flush();
  }
  await until(11);
  await Promise.all([again.close(), cli.close()]);
  stop.abort();
  await done;
  expect(seen.toSorted()).toEqual(['cli/1', ...Array.from({ length: 10 }, (_, k) => `gateway-0/${k + 1}`)].toSorted());
  expect(seen.filter((id) => id.startsWith('gateway-0/'))).toEqual(Array.from({ length: 10 }, (_, k) => `gateway-0/${k + 1}`));
});

test('a half-written record at the end is not there yet; a damaged one is an error', async () => {
  const log = openSample({ files: nodeFiles, dir });
  for (let k = 0; k < 3; k++) note(log, `${k}`);
  log.flush();
  const folder = join(dir, 'log/wal/gateway-0');
  const file = readdirSync(folder).find((name) => name.endsWith('.wal'));
  const path = join(folder, file ?? '');
  const whole = readFileSync(path);
  appendFileSync(path, whole.subarray(64, 200));
  expect(await all()).toHaveLength(3);
  whole[300] = (whole[300] ?? 0) ^ 1;
  writeFileSync(path, whole);
  await expect(all()).rejects.toThrow(LogDamaged);
  await log.close();
});
