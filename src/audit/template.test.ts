import fc from 'fast-check';
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { crcEnd, crcStart } from './crc.ts';
import type { Origin } from './ocsf/base.ts';
import { outcomeText, recordText } from './ocsf/record.ts';
import { RecordIds, RecordPen } from './stamp.ts';
import { RecordTemplate, room, writeOutcome } from './template.ts';
import { decision, outcome } from './testing/arbitrary-events.ts';
import { recordCrc } from './wal-format.ts';

const origin: Origin = { product: { name: 'Access Guardrails', vendor: 'Guardrails', version: '0.1.0' }, writer: 'gateway-0' };
const ids = new RecordIds(Buffer.from('0123456789ab', 'hex'));
const time = fc.oneof(fc.integer({ min: 1_700_000_000_000, max: 2_000_000_000_000 }), fc.nat(), fc.constantFrom(0, 281_474_976_710_655));
const sequence = fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 0x7fff_ffff }), fc.maxSafeNat());

function written(most: number, first: number, write: (pen: RecordPen) => void): string {
  const pen = new RecordPen(ids);
  pen.bytes = Buffer.alloc(most);
  pen.register = crcStart(first);
  write(pen);
  const bytes = Buffer.from(pen.bytes.subarray(0, pen.at));
  expect(crcEnd(pen.register)).toBe(recordCrc(bytes, first));
  return bytes.toString('utf8');
}

test('what a template writes is the canonical JSON of the whole event, with its checksum', () => {
  fc.assert(fc.property(decision, sequence, time, (event, sequence, time) => {
    const template = new RecordTemplate(event, origin, randomBytes);
    expect(written(template.decisionRoom, sequence, (pen) => { template.decision(pen, sequence, time); }))
      .toBe(recordText(event, { sequence, time, uid: ids.uid(time, sequence) }, origin));
  }), { numRuns: 300 });
});

test('so is an outcome, also of a status that was kept ready by another', () => {
  fc.assert(fc.property(decision, fc.array(fc.tuple(outcome, sequence, time, sequence, time), { minLength: 1, maxLength: 12 }), (event, records) => {
    const template = new RecordTemplate(event, origin, randomBytes);
    for (const [ended, sequence, time, of, decided] of records) {
      const pieces = template.outcomePieces(ended);
      if (pieces === undefined) continue;
      expect(written(room(pieces), sequence, (pen) => { writeOutcome(pen, pieces, sequence, time, ended.rows, ended.bytes, of, decided); }))
        .toBe(outcomeText(event, ended, { sequence: of, uid: ids.uid(decided, of) }, { sequence, time, uid: ids.uid(time, sequence) }, origin));
    }
  }), { numRuns: 100 });
});

test('ids are UUIDv7, differ from record to record and sort as the records do', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 281_474_976_710_655 }), fc.integer({ min: 1, max: 0x3fff_fffe }), (time, sequence) => {
    expect(ids.uid(time, sequence)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-0123456789ab$/);
    expect(Number.parseInt(ids.uid(time, sequence).replaceAll('-', '').slice(0, 12), 16)).toBe(time);
    if ((sequence + 1) % 0x400_0000 !== 0) expect(ids.uid(time, sequence) < ids.uid(time, sequence + 1)).toBe(true);
  }));
});
