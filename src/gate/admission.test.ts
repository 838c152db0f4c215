import { expect, test } from 'vitest';
import type { Effect } from '../core/effect.ts';
import type { EntityRef } from '../core/resource.ts';
import { sameEffects } from './admission.ts';

function reading(resource: EntityRef): Effect[] {
  return [{ verb: 'read', resource, extent: 'one', columns: ['id'], reversible: true, span: { start: 0, end: 1 }, via: [] }];
}

test('a table that has become a partition since is another effect, though its name is the same', () => {
  const table: EntityRef = { kind: 'table', path: ['public', 'a'], system: false };
  const whole: EntityRef = { kind: 'table', path: ['public', 'whole'], system: false };
  const [plain, part, child] = [reading(table), reading({ ...table, partOf: { as: 'partition', wholes: [whole] } }), reading({ ...table, partOf: { as: 'child', wholes: [whole] } })];
  expect(sameEffects(plain, reading({ ...table }))).toBe(true);
  expect(sameEffects(part, reading({ ...table, partOf: { as: 'partition', wholes: [{ ...whole }] } }))).toBe(true);
  expect([sameEffects(plain, part), sameEffects(part, plain), sameEffects(part, child)]).toEqual([false, false, false]);
  expect(sameEffects(plain, reading({ ...table, parts: [whole] }))).toBe(false);
});
