import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AuditUnavailable } from '../core/audit-log.ts';
import { MemoryFiles } from './testing/memory-files.ts';
import { note, ok, openSample, reading, sampleFolder, stored } from './testing/sample.ts';
import { headerLength } from './wal-format.ts';

const count = 6;

/** A log of six durable records: in full, or a command that is repeated, of which the last two stand there by their forms. */
async function smallLog(how: 'closed' | 'killed', what: 'in full' | 'by forms' = 'in full'): Promise<MemoryFiles> {
  const files = new MemoryFiles();
  const log = openSample({ files });
  const template = log.template({ ...reading, shape: 'SELECT 1', effects: [] });
  if (what === 'in full') for (let k = 1; k <= count; k++) note(log, `record ${k}`);
  else for (let k = 1; k <= count; k += 2) log.outcome(log.decision(template), template, ok);
  await log.durable(count);
  if (how === 'closed') await log.close();
  return files.killed();
}

function segmentOf(files: MemoryFiles): string {
  const [path] = files.paths;
  if (path === undefined) throw new Error('no segment');
  return path;
}

/** Opens it and writes one more record, as a gateway would. */
async function goOn(files: MemoryFiles): Promise<Map<number, string>> {
  const log = openSample({ files });
  await log.append({ type: 'gateway-stopped', why: 'after' });
  await log.close();
  return stored(files);
}

function expectGapFree(records: ReadonlyMap<number, string>): void {
  expect([...records.keys()]).toEqual(Array.from({ length: records.size }, (_, k) => k + 1));
}

describe.each([['closed', 'in full'], ['killed', 'in full'], ['closed', 'by forms'], ['killed', 'by forms']] as const)('a log that was %s, of records %s', (how, what) => {
  test('goes on behind its last record', async () => {
    const records = await goOn(await smallLog(how, what));
    expectGapFree(records);
    // Who was not closed says so in the log.
    expect(records.size).toBe(how === 'closed' ? count + 1 : count + 2);
    for (let k = 1; k <= count; k++) expect(records.get(k)).toContain(what === 'in full' ? `record ${k}` : `"sequence":${k},"uid"`);
    if (how === 'killed') expect(records.get(count + 1)).toContain('"kind":"recording-recovered"');
  });

  test('cut at any byte: what is whole stays, and the cut is on record', async () => {
    const whole = await smallLog(how, what);
    const path = segmentOf(whole);
    const { length } = whole.bytes(path);
    for (let at = 0; at < length; at++) {
      const files = whole.killed();
      files.change(path, (bytes) => bytes.subarray(0, at));
      const left = stored(files);
      const records = await goOn(files);
      expectGapFree(records);
      for (const [sequence, text] of left) expect(records.get(sequence)).toBe(text);
      expect([...records.values()].some((text) => text.includes('"kind":"recording-recovered"')), `cut at ${at}`).toBe(true);
    }
  });

  test.each([0xff, 0x01, 0x20, 0x80])('any byte changed by %i: nothing is lost, or it does not open', async (mask) => {
    const whole = await smallLog(how, what);
    const path = segmentOf(whole);
    const { length } = whole.bytes(path);
    const before = stored(whole);
    let refused = 0;
    for (let at = 0; at < length; at++) {
      const files = whole.killed();
      files.change(path, (bytes) => {
        bytes[at] = (bytes[at] ?? 0) ^ mask;
        return bytes;
      });
      try {
        const records = await goOn(files);
        for (const [sequence, text] of before) expect(records.get(sequence), `byte ${at}`).toBe(text);
      } catch (error) {
        if (!(error instanceof AuditUnavailable)) throw error;
        expect(error.message).toContain('damaged');
        expect(error.mend).not.toBe('');
        refused++;
      }
    }
    // Only the seal may change unpunished.
    expect(refused).toBeGreaterThanOrEqual(length - 8);
  });
});

test('room that was taken ahead and never used is no damage, and is given back', async () => {
  for (const how of ['killed', 'closed'] as const) {
    const files = await smallLog(how, 'by forms');
    const path = segmentOf(files);
    const { length } = files.bytes(path);
    const before = stored(files);
    files.change(path, (bytes) => Buffer.concat([bytes, Buffer.alloc(5000)]));
    expect(stored(files)).toEqual(before);
    const records = await goOn(files);
    expectGapFree(records);
    for (const [sequence, text] of before) expect(records.get(sequence)).toBe(text);
    expect(files.bytes(path).length).toBeLessThan(length + 5000);
  }
});

test('a log that is written much takes room ahead, and has none left when it is closed', async () => {
  const files = new MemoryFiles();
  const log = openSample({ files });
  for (let k = 0; k < 100; k++) note(log, `record ${k} ${'x'.repeat(300)}`);
  log.flush();
  const path = segmentOf(files);
  const { length } = files.bytes(path);
  expect(files.bytes(path).subarray(-16_000).every((byte) => byte === 0)).toBe(true);
  note(log, 'and one more');
  log.flush();
  expect(files.bytes(path)).toHaveLength(length);
  expect(stored(files).size).toBe(101);
  await log.close();
  expect(files.bytes(path).at(-1)).not.toBe(0);
  expect(stored(files).size).toBe(101);
});

test('a block that the disk never filled, at the end, is a crash; one with records behind it is not', async () => {
  const whole = await smallLog('killed');
  const path = segmentOf(whole);
  const zeros = (from: number, to: number): MemoryFiles => {
    const files = whole.killed();
    files.change(path, (bytes) => bytes.fill(0, from, to));
    return files;
  };
  const { length } = whole.bytes(path);
  expectGapFree(await goOn(zeros(length - 100, length)));
  await expect(goOn(zeros(headerLength + 20, headerLength + 120))).rejects.toThrow(/damaged/);
});

test('what a killed process wrote and did not sync is durable before the next one goes on', async () => {
  const files = new MemoryFiles();
  const log = openSample({ files });
  note(log, 'written');
  log.flush();
  const next = files.killed();
  expect(stored(next.crashed(() => 0)).size).toBe(0);
  openSample({ files: next });
  expect(stored(next.crashed(() => 0)).get(1)).toContain('written');
});

test('a missing segment is not passed over', async () => {
  const files = new MemoryFiles();
  const log = openSample({ files, segmentBytes: 100 });
  for (let k = 0; k < 4; k++) await log.append({ type: 'gateway-stopped', why: `record ${k}` });
  await log.close();
  const [, second] = files.paths;
  if (second === undefined) throw new Error('no second segment');
  expect(files.paths.length).toBeGreaterThan(2);
  files.remove(second);
  await expect(goOn(files)).rejects.toThrow(/records 2 to 2 are missing/);
});

test('a crash at any time leaves what was acknowledged, and a log that opens', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.nat(3), { maxLength: 30 }), fc.infiniteStream(fc.nat()), async (steps, choices) => {
    let files = new MemoryFiles();
    const choose = (n: number): number => (choices.next().value ?? 0) % n;
    let acknowledged = 0;
    for (let round = 0; round < 3; round++) {
      const log = openSample({ files, segmentBytes: 2000 });
      for (const step of steps) {
        const sequence = note(log, `round ${round}`);
        if (step > 0) log.flush();
        if (step > 1) {
          await log.durable(sequence);
          acknowledged = sequence;
        }
      }
      const disk = files;
      files = disk.crashed(choose);
      const records = stored(files, sampleFolder);
      for (let sequence = 1; sequence <= acknowledged; sequence++) expect(records.has(sequence)).toBe(true);
      // The process that wrote on the old disk is gone.
      disk.fault = () => 'EIO';
      await log.close().catch(() => {});
    }
    expectGapFree(await goOn(files));
  }), { numRuns: 60 });
});
