import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Effect } from '../../core/effect.ts';
import { recordText } from '../ocsf/record.ts';
import { decision } from '../testing/arbitrary-events.ts';
import { dropping } from '../testing/sample.ts';
import { recordedRequest } from './recorded-request.ts';

const stamp = { sequence: 1, uid: 'u', time: 2 };
const origin = { product: { name: 'p', vendor: 'v', version: '1' }, writer: 'w' };

/** As canonical JSON keeps it: without lone surrogates. */
function kept(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_, member: unknown) => (typeof member === 'string' ? member.toWellFormed() : member));
}

/** All that a policy can see of it. */
function seen(effect: Effect): object {
  const { partOf, ...rest } = effect.resource;
  const resource = partOf === undefined ? rest : { ...rest, partOf: { as: partOf.as, wholes: partOf.wholes.map(({ kind, path }) => ({ kind, path })) } };
  return { ...effect, resource, span: undefined, note: undefined, via: effect.via.map(({ kind, path }) => ({ kind, path })) };
}

describe('what a decision was asked about', () => {
  test('is read back as it was, or not at all', () => {
    let whole = 0;
    fc.assert(fc.property(decision, (event) => {
      const text = recordText(event, stamp, origin);
      const read = recordedRequest({ text });
      if (read === undefined) return;
      whole += 1;
      const { principal, target, database, purpose } = event.session;
      expect({ ...read, effects: read.effects.map(seen) }).toEqual(kept({ principal, target, database, purpose, language: event.language, effects: event.effects.map(seen) }));
    }));
    expect(whole).toBeGreaterThan(10);
  });

  test('is nothing where the record was cut, or is no decision', () => {
    expect(recordedRequest({ text: recordText(dropping, stamp, origin) })).toMatchObject({ purpose: dropping.session.purpose, effects: [{ verb: 'destroy' }] });
    const cut = { ...dropping, effects: Array.from({ length: 500 }, () => dropping.effects).flat() };
    expect(recordedRequest({ text: recordText(cut, stamp, origin) })).toBeUndefined();
    expect(recordedRequest({ text: '{}' })).toBeUndefined();
  });
});
