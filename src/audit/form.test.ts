import fc from 'fast-check';
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { decisionFrameLength, mostCount, outcomeFrameLength, type ReadForm, readForm, writeDecisionFrame, writeForm, writeOutcomeFrame } from './form.ts';
import { countOf, type Origin } from './ocsf/base.ts';
import { outcomeText, recordText } from './ocsf/record.ts';
import { FrameReader } from './segment-scan.ts';
import { recordUid } from './stamp.ts';
import { RecordTemplate } from './template.ts';
import { decision, outcome } from './testing/arbitrary-events.ts';
import { finishFrame, frameHeaderLength } from './wal-format.ts';

const origin: Origin = { product: { name: 'Access Guardrails', vendor: 'Guardrails', version: '0.1.0' }, writer: 'gateway-0' };
const node = '0123456789ab';
const time = fc.oneof(fc.integer({ min: 1_700_000_000_000, max: 2_000_000_000_000 }), fc.nat(), fc.constantFrom(0, mostCount));
const sequence = fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 0x7fff_ffff }), fc.maxSafeNat());

/** The record that a reader makes of a form and a frame by it. */
function readBack(number: number, pieces: ReadForm['pieces'], sequence: number, length: number, write: (bytes: Buffer, at: number) => void): string | undefined {
  const bytes = Buffer.alloc(70_000);
  const behind = finishFrame(bytes, 0, 'form', writeForm(bytes, frameHeaderLength, number, node, pieces), number);
  write(bytes, behind);
  const reader = new FrameReader();
  expect(reader.frameAt(bytes, 0, sequence)).toMatchObject({ end: behind, record: undefined });
  expect(reader.frameAt(bytes, behind, sequence + 1)).toBeUndefined();
  const frame = reader.frameAt(bytes, behind, sequence);
  expect(frame?.end).toBe(behind + length);
  return frame?.record?.().toString('utf8');
}

test('a decision by a form is the canonical JSON of the whole event', () => {
  fc.assert(fc.property(decision, fc.nat(0xffff_ffff), sequence, time, (event, number, sequence, time) => {
    const { pieces } = new RecordTemplate(event, origin, randomBytes).decision;
    expect(readBack(number, pieces, sequence, decisionFrameLength, (bytes, at) => { writeDecisionFrame(bytes, at, number, sequence, time); }))
      .toBe(recordText(event, { sequence, time, uid: recordUid(time, sequence, node) }, origin));
  }), { numRuns: 300 });
});

test('so is an outcome, also of a status that was kept ready by another', () => {
  const back = fc.nat(0xffff_ffff);
  fc.assert(fc.property(decision, fc.array(fc.tuple(outcome, sequence, time, back, time), { minLength: 1, maxLength: 12 }), (event, records) => {
    const template = new RecordTemplate(event, origin, randomBytes);
    for (const [ended, of, time, back, decided] of records) {
      const pieces = template.outcome(ended)?.pieces;
      const sequence = of + back;
      const values = { sequence, time, bytes: countOf(ended.bytes), rows: countOf(ended.rows), decision: { sequence: of, time: decided } };
      if (pieces === undefined || values.bytes > mostCount || values.rows > mostCount || !Number.isSafeInteger(sequence)) continue;
      expect(readBack(7, pieces, sequence, outcomeFrameLength, (bytes, at) => { writeOutcomeFrame(bytes, at, 7, values); }))
        .toBe(outcomeText(event, ended, { sequence: of, uid: recordUid(decided, of, node) }, { sequence, time, uid: recordUid(time, sequence, node) }, origin));
    }
  }), { numRuns: 100 });
});

test('bytes that are no form are none, whatever they are', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => { readForm(Buffer.from(bytes)); }), { numRuns: 2000 });
});

test('a record whose form is not there, or is of another kind, is not made up', () => {
  const bytes = Buffer.alloc(1000);
  writeDecisionFrame(bytes, 0, 3, 5, 1);
  expect(new FrameReader().frameAt(bytes, 0, 5)).toBeUndefined();
  const behind = finishFrame(bytes, 0, 'form', writeForm(bytes, frameHeaderLength, 3, node, ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']), 3);
  writeDecisionFrame(bytes, behind, 3, 5, 1);
  const reader = new FrameReader();
  expect(reader.frameAt(bytes, 0, 5)?.end).toBe(behind);
  expect(reader.frameAt(bytes, behind, 5)).toBeUndefined();
});

test('ids are UUIDv7, differ from record to record and sort as the records do', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: mostCount }), fc.integer({ min: 1, max: 0x3fff_fffe }), (time, sequence) => {
    const uid = recordUid(time, sequence, node);
    expect(uid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-0123456789ab$/);
    expect(Number.parseInt(uid.replaceAll('-', '').slice(0, 12), 16)).toBe(time);
    if ((sequence + 1) % 0x400_0000 !== 0) expect(uid < recordUid(time, sequence + 1, node)).toBe(true);
  }));
});
