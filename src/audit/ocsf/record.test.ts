import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../core/canonical.ts';
import type { AuditEvent } from '../../core/event.ts';
import { decision, eventsByType, outcome } from '../testing/arbitrary-events.ts';
import { OcsfSchema, schemaPath, schemaPresent } from '../testing/ocsf-schema.ts';
import { mostRecordBytes } from '../wal-format.ts';
import type { Origin } from './base.ts';
import { outcomeText, recordText } from './record.ts';

const origin: Origin = { product: { name: 'Access Guardrails', vendor: 'Guardrails', version: '0.1.0' }, writer: 'gateway-0' };
const stamp = { time: 1_795_255_014_898, uid: '01a1fd89-95f2-7000-8001-9f9b9a383fe2', sequence: 4_000_000_000 };

const cases: readonly (readonly [string, fc.Arbitrary<string>])[] = [
  ...Object.entries<fc.Arbitrary<AuditEvent>>(eventsByType).map(([type, events]) => [type, events.map((event) => recordText(event, stamp, origin))] as const),
  ['outcome', fc.tuple(decision, outcome, fc.boolean()).map(([event, ended, known]) => outcomeText(event, ended, { sequence: 7, uid: known ? stamp.uid : undefined }, stamp, origin))],
];

describe.each(cases)('%s', (_, texts) => {
  test('whatever it holds, it is canonical JSON that fits an entry of the log', () => {
    fc.assert(fc.property(texts, (text) => {
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(mostRecordBytes);
      expect(canonicalJson(JSON.parse(text) as Parameters<typeof canonicalJson>[0])).toBe(text);
    }), { numRuns: 60 });
  });
});

describe(`against the OCSF 1.8.0 schema${schemaPresent ? '' : ` (skipped: ${schemaPath} is not there)`}`, () => {
  test.runIf(schemaPresent).each(cases)('%s', (_, texts) => {
    const schema = new OcsfSchema();
    fc.assert(fc.property(texts, (text) => { expect(schema.problems(JSON.parse(text))).toEqual([]); }), { numRuns: 60 });
  });

  test.runIf(schemaPresent)('the validator finds what is wrong', () => {
    const schema = new OcsfSchema();
    const [event] = fc.sample(eventsByType['session-opened'], { numRuns: 1, seed: 1 });
    if (event === undefined) throw new Error('no sample');
    const right = JSON.parse(recordText(event, stamp, origin)) as { metadata: object };
    const broken: readonly (readonly [string, object])[] = [
      ['type_uid is not', { ...right, type_uid: 1 }],
      ['user: required', { ...right, user: undefined }],
      ['status_id: 7 is not one of its values', { ...right, status_id: 7 }],
      ['severity_id: not a integer_t', { ...right, severity_id: '1' }],
      ['nonsense: not in the schema', { ...right, nonsense: 1 }],
      ['at least one of service, dst_endpoint', { ...right, dst_endpoint: undefined }],
      ['action_id: belongs to a profile', { ...right, metadata: { ...right.metadata, profiles: [] } }],
      ['auth_protocol_id: 99 needs auth_protocol', { ...right, auth_protocol: undefined }],
    ];
    for (const [problem, value] of broken) expect(schema.problems(value).join('\n')).toContain(problem);
  });
});

test('a change of policies names those that went, and counts those that it cannot name', () => {
  const ids = Array.from({ length: 100 }, (_, k) => `mine/p${k}`);
  const text = recordText({ type: 'policy-changed', from: 'p1', to: 'p2', ids: [], added: ['mine/new'], changed: [], removed: ids }, stamp, origin);
  const { message, unmapped: { guardrails: own } } = JSON.parse(text) as { message: string; unmapped: { guardrails: Record<string, unknown> } };
  expect(message).toBe('policies: 1 added, 0 changed, 100 removed');
  expect(own).toMatchObject({ added: ['mine/new'], changed: [], removed: ids.slice(0, 64), removed_left_out: 36 });
  expect(own).not.toHaveProperty('added_left_out');
});

test('what had to be cut is counted, and the record says that it was', () => {
  const base = fc.sample(decision, { numRuns: 1, seed: 3 })[0];
  if (base === undefined) throw new Error('no sample');
  const text = recordText({
    ...base, shape: 'SELECT 1',
    effects: Array.from({ length: 1000 }, (_, k) => ({ verb: 'read', resource: { kind: 'table', path: ['public', `t${k}`], system: false }, extent: 'all', columns: [], reversible: true, span: { start: 0, end: 1 }, via: [] })),
  }, stamp, origin);
  const event = JSON.parse(text) as { metadata: { is_truncated?: boolean }; unmapped: { guardrails: { effects: unknown[]; effects_left_out: number } } };
  expect(event.metadata.is_truncated).toBe(true);
  expect(event.unmapped.guardrails.effects.length + event.unmapped.guardrails.effects_left_out).toBe(1000);
});
