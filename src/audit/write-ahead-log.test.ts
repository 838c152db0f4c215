import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { AuditUnavailable } from '../core/audit-log.ts';
import { nodeFiles } from './files.ts';
import { MemoryFiles } from './testing/memory-files.ts';
import { dropping, note, ok, openSample, reading, stored } from './testing/sample.ts';

interface Stored { readonly metadata: { readonly sequence: number; readonly uid: string }; readonly unmapped: { readonly guardrails: { readonly decision?: { readonly sequence: number; readonly uid?: string } } } }

function parsed(text: string | undefined): Stored {
  return JSON.parse(text ?? '') as Stored;
}

test('those who wait together share a sync', async () => {
  const files = new MemoryFiles();
  const log = openSample({ files });
  const template = log.template(reading);
  files.calls.length = 0;
  await Promise.all(Array.from({ length: 100 }, () => log.durable(log.decision(template))));
  expect(files.calls).toEqual(['write', 'datasync']);
  // Those who come while it is under way share the next.
  files.calls.length = 0;
  const first = log.durable(log.decision(template));
  await new Promise((resolve) => { setImmediate(resolve); });
  await Promise.all([first, ...Array.from({ length: 100 }, () => log.durable(log.decision(template)))]);
  expect(files.calls).toEqual(['write', 'datasync', 'write', 'datasync']);
  await log.close();
});

test('flush is one write for all that is queued, and none when nothing is', async () => {
  const files = new MemoryFiles();
  const log = openSample({ files });
  const template = log.template(reading);
  files.calls.length = 0;
  for (let k = 0; k < 50; k++) log.outcome(log.decision(template), template, ok);
  log.flush();
  log.flush();
  expect(files.calls).toEqual(['write']);
  expect(stored(files.killed()).size).toBe(100);
  await log.close();
});

test('what nobody asks for is written and durable within 100 ms all the same', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const files = new MemoryFiles();
    const log = openSample({ files });
    log.decision(log.template(reading));
    await vi.advanceTimersByTimeAsync(99);
    await new Promise((resolve) => { setImmediate(resolve); });
    expect(log.health).toEqual({ ok: true, written: 1, durable: 1 });
    expect(stored(files.crashed(() => 0)).size).toBe(1);
    await log.close();
  } finally {
    vi.useRealTimers();
  }
});

test('an outcome names its decision by sequence and id; one that is not known any more, by sequence', async () => {
  const files = new MemoryFiles();
  const log = openSample({ files });
  const template = log.template(reading);
  const first = log.decision(template);
  const second = log.decision(template);
  log.outcome(second, template, ok);
  log.outcome(first, template, { type: 'outcome', status: 'error', rows: 0, bytes: 7, sqlstate: '23505' });
  log.outcome(first, template, ok);
  await log.close();
  const records = stored(files);
  expect(parsed(records.get(3)).unmapped.guardrails.decision).toEqual({ sequence: second, uid: parsed(records.get(second)).metadata.uid });
  expect(parsed(records.get(4)).unmapped.guardrails.decision).toEqual({ sequence: first, uid: parsed(records.get(first)).metadata.uid });
  expect(parsed(records.get(5)).unmapped.guardrails.decision).toEqual({ sequence: first });
});

test('segments follow each other without a gap, and a log goes on over restarts', async () => {
  const files = new MemoryFiles();
  for (let round = 0; round < 3; round++) {
    const log = openSample({ files, segmentBytes: 3000 });
    const template = log.template(dropping);
    for (let k = 0; k < 7; k++) {
      log.decision(template);
      log.flush();
    }
    await log.close();
  }
  expect(files.paths.length).toBeGreaterThan(3);
  const records = stored(files);
  expect([...records.keys()]).toEqual(Array.from({ length: 21 }, (_, k) => k + 1));
  for (const [sequence, text] of records) expect(parsed(text).metadata.sequence).toBe(sequence);
});

test('a log that is closed takes nothing, and closing twice is closing once', async () => {
  const log = openSample({ files: new MemoryFiles() });
  const last = note(log, 'last');
  await Promise.all([log.close(), log.close()]);
  await log.durable(last);
  expect(() => note(log, 'x')).toThrow(AuditUnavailable);
  expect(log.health.ok).toBe(false);
});

test('a record that was never queued is not waited for', async () => {
  const log = openSample({ files: new MemoryFiles() });
  await expect(log.durable(1)).rejects.toThrow(RangeError);
  await log.close();
});

test('on a real disk: one writer a folder, others beside it', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'audit-'));
  const log = openSample({ files: nodeFiles, dir });
  expect(() => openSample({ files: nodeFiles, dir })).toThrow(/another process .* writes to this log folder/);
  const cli = openSample({ files: nodeFiles, dir, writer: 'cli' });
  await Promise.all([log.append({ type: 'gateway-stopped', why: 'a' }), cli.append({ type: 'gateway-stopped', why: 'b' })]);
  await log.close();
  await cli.close();
  const again = openSample({ files: nodeFiles, dir });
  expect(note(again, 'c')).toBe(2);
  await again.close();
  expect([...stored(nodeFiles, join(dir, 'log/wal/gateway-0')).keys()]).toEqual([1, 2]);
});

test.each(['', 'Gateway', '../cli', '-a', 'a'.repeat(40), 'a/b', 'a.b'])('`%s` is no name for a writer', (writer) => {
  expect(() => openSample({ files: new MemoryFiles(), writer })).toThrow(AuditUnavailable);
});
