import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AuditUnavailable } from '../core/audit-log.ts';
import { MemoryFiles } from './testing/memory-files.ts';
import { note, ok, openSample, reading, stored } from './testing/sample.ts';
import type { WriteAheadLog } from './write-ahead-log.ts';

beforeEach(() => { vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }); });
afterEach(() => { vi.useRealTimers(); });

const segmentBytes = 4000;

interface Told { readonly durable: number[]; readonly written: number[]; failures: number }

/** Opens the log, however often it takes. */
function openAtLast(files: MemoryFiles): WriteAheadLog {
  for (let tries = 0; ; tries++) {
    try {
      return openSample({ files, segmentBytes });
    } catch (error) {
      if (!(error instanceof AuditUnavailable) || tries > 20) throw error;
      expect(error.mend).not.toBe('');
    }
  }
}

/** Writes as a gateway does, and notes what it was told. After each word of the log, a process that is killed there must have left it behind. */
async function work(files: MemoryFiles, log: WriteAheadLog): Promise<Told> {
  const told: Told = { durable: [], written: [], failures: 0 };
  const template = log.template(reading);
  for (let k = 0; k < 10; k++) {
    try {
      const sequence = log.decision(template);
      log.flush();
      told.written.push(sequence);
      expect(stored(files.killed()).has(sequence)).toBe(true);
      log.outcome(sequence, template, ok);
      const next = note(log, `note ${k}`);
      if (k % 3 === 0) {
        await log.durable(next);
        told.durable.push(next);
        expectAll(stored(files.crashed(() => 0)), told.durable);
      }
    } catch (error) {
      if (!(error instanceof AuditUnavailable)) throw error;
      told.failures++;
      expect(log.health.ok || error.message.includes('behind')).toBe(false);
      await vi.advanceTimersByTimeAsync(1000);
    }
  }
  return told;
}

function expectAll(records: ReadonlyMap<number, string>, sequences: readonly number[]): void {
  for (const sequence of sequences) expect(records.has(sequence), `record ${sequence}`).toBe(true);
}

/** Number of calls of a run in which nothing fails. */
async function callsOfWork(): Promise<number> {
  const files = new MemoryFiles();
  const log = openAtLast(files);
  await work(files, log);
  await log.close();
  return files.calls.length;
}

describe.each([
  ['EIO', 1], ['ENOSPC', 1], ['EIO', 5], ['ENOSPC', 12],
] as const)('%s at %i calls in a row', (code, lasting) => {
  test('from each call on: nothing acknowledged is lost, no gap, and it recovers by itself', async () => {
    const calls = await callsOfWork();
    for (let from = 1; from <= calls; from++) {
      const files = new MemoryFiles();
      files.mostWritten = 700;
      files.fault = (call, count) => count >= from && count < from + lasting && call !== 'lock' && call !== 'makeFolder' ? code : undefined;
      const log = openAtLast(files);
      const told = await work(files, log);
      files.fault = () => undefined;
      await vi.advanceTimersByTimeAsync(2000);
      expect(log.health.ok, `from call ${from}`).toBe(true);
      const last = await log.append({ type: 'gateway-stopped', why: 'the end' });
      await log.close();
      const after = files.crashed(() => 0);
      const records = stored(after);
      expectAll(records, [...told.durable, ...told.written, last]);
      expect([...records.keys()].toSorted((a, b) => a - b)).toEqual(Array.from({ length: last }, (_, k) => k + 1));
      // What failed, and that it works again, is on record; and it opens.
      if (told.failures > 0) expect([...records.values()].join('\n')).toMatch(/"kind":"recording-failed"[^]*"kind":"recording-recovered"/);
      await openSample({ files: after, segmentBytes }).close();
      expect(files.closedInSync).toBe(0);
    }
  });
});

test('a sync that fails is not asked again: another file gets what it owed', async () => {
  const files = new MemoryFiles();
  const log = openSample({ files });
  const sequence = note(log, 'precious');
  files.fault = (call) => call === 'datasync' ? 'EIO' : undefined;
  await log.durable(sequence);
  expect(files.paths).toHaveLength(2);
  expect(stored(files.crashed(() => 0)).get(sequence)).toContain('precious');
  expect(files.calls.filter((call) => call === 'datasync')).toHaveLength(1);
  files.fault = () => undefined;
  await log.close();
});

test('a sync of a file that was given up meanwhile has no say any more', async () => {
  const files = new MemoryFiles();
  const log = openSample({ files });
  files.fault = (call) => call === 'datasync' ? 'EIO' : undefined;
  const first = log.durable(note(log, 'first'));
  // The sync is asked for in this turn of the event loop, and under way in the next.
  await new Promise((resolve) => { setImmediate(resolve); });
  expect(files.calls.at(-1)).toBe('datasync');
  const second = note(log, 'second');
  const at = files.calls.length + 1;
  files.fault = (_, count) => count === at ? 'EIO' : undefined;
  log.flush();
  await first;
  await new Promise((resolve) => { setImmediate(() => { setImmediate(resolve); }); });
  expect(files.paths).toHaveLength(2);
  expect(files.closedInSync).toBe(0);
  expect(stored(files.crashed(() => 0)).get(second)).toContain('second');
  await log.close();
});

test('when nothing can be written, all is refused with the mend, outcomes are counted, and it comes back by itself', async () => {
  const files = new MemoryFiles();
  const healths: boolean[] = [];
  const log = openSample({ files, onHealth: (health) => { healths.push(health.ok); } });
  const template = log.template(reading);
  const decided = log.decision(template);
  log.flush();
  files.fault = (call) => call === 'write' || call === 'datasync' ? 'ENOSPC' : undefined;
  await expect(log.durable(decided)).rejects.toThrow(/ENOSPC/);
  expect(() => log.decision(template)).toThrow(AuditUnavailable);
  expect(() => { log.flush(); }).toThrow(AuditUnavailable);
  expect(() => note(log, 'x')).toThrow(AuditUnavailable);
  await expect(log.durable(decided)).rejects.toThrow(AuditUnavailable);
  await expect(log.append({ type: 'gateway-stopped', why: 'x' })).rejects.toThrow(AuditUnavailable);
  log.outcome(decided, template, ok);
  const { health } = log;
  expect(health).toMatchObject({ ok: false, mend: expect.stringContaining('make room') as string });
  // Short of room again and again: still refused.
  await vi.advanceTimersByTimeAsync(5000);
  expect(log.health.ok).toBe(false);
  files.fault = () => undefined;
  await vi.advanceTimersByTimeAsync(1000);
  expect(log.health.ok).toBe(true);
  expect(healths).toEqual([false, true]);
  await log.close();
  const records = [...stored(files).values()];
  expect(records).toHaveLength(3);
  expect(records[1]).toContain('"kind":"recording-failed"');
  expect(records[2]).toContain('"missed":4');
});

test('back-pressure: above the bound decisions are refused with the mend, until the disk has caught up', async () => {
  const files = new MemoryFiles();
  const log = openSample({ files, mostUnsynced: 10_000 });
  const template = log.template(reading);
  let taken = 0;
  expect(() => {
    for (;;) taken = log.decision(template);
  }).toThrow(/behind/);
  expect(log.unsynced).toBeLessThan(13_000);
  expect(log.health.ok).toBe(true);
  await log.durable(taken);
  expect(log.unsynced).toBe(0);
  log.decision(template);
  await log.close();
});

test('closing a log that cannot be written says so, and lets go of the folder', async () => {
  const files = new MemoryFiles();
  const log = openSample({ files });
  const waiting = log.append({ type: 'gateway-stopped', why: 'x' });
  files.fault = (call) => call === 'write' ? 'EIO' : undefined;
  await Promise.all([expect(log.close()).rejects.toThrow(AuditUnavailable), expect(waiting).rejects.toThrow(AuditUnavailable)]);
  files.fault = () => undefined;
  await openSample({ files }).close();
});
