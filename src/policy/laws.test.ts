import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { extents, sinks, verbs, type Effect } from '../core/effect.ts';
import type { Evidence } from '../core/decision.ts';
import { entityKinds, thingKinds } from '../core/resource.ts';
import { environments, protocols } from '../core/target.ts';
import { prepare, ask, slotPair } from './cedar.ts';
import { context } from './context.ts';
import { CedarDecisionPoint } from './decision-point.ts';
import { effectQuestion, askerOf } from './effect-question.ts';
import { loadPolicies } from './load.ts';
import { agent, baseline, effect, hour, now, request } from './samples.ts';
import { slice } from './slice.ts';

const pdp = new CedarDecisionPoint([baseline], { tested: true });
const severity = { permit: 0, hold: 1, deny: 2 } as const;

const word = fc.constantFrom('public', 'pg_temp', 'orders', 'hr', 'a b', 'ü', 'email', '');
const resources = fc.record({ kind: fc.constantFrom(...entityKinds, ...thingKinds), path: fc.array(word, { maxLength: 4 }), system: fc.boolean() });
const effects: fc.Arbitrary<Effect> = fc.record({
  verb: fc.constantFrom(...verbs), resource: resources, extent: fc.constantFrom(...extents), columns: fc.oneof(fc.constant('all' as const), fc.array(word, { maxLength: 2 })),
  reversible: fc.boolean(), span: fc.constant({ start: 0, end: 1 }), via: fc.array(resources, { maxLength: 1 }), sink: fc.constantFrom(...sinks),
});
const grants = fc.record({
  id: fc.constantFrom('g1', 'g2', 'g3'), target: fc.constantFrom('db', 'other'), resources: fc.array(resources, { maxLength: 2 }), verbs: fc.uniqueArray(fc.constantFrom(...verbs), { maxLength: 11 }),
  unmask: fc.constant([]), until: fc.constantFrom(now - hour, now, now + hour),
});
const targets = fc.record({ name: fc.constant('db'), protocol: fc.constantFrom(...protocols), environment: fc.constantFrom(...environments), mode: fc.constant('enforce' as const) });
const evidences: fc.Arbitrary<Evidence> = fc.record({
  approval: fc.record({ id: fc.constant('a'), groups: fc.subarray(['data-owners', 'security', 'operations']), count: fc.integer({ min: 0, max: 3 }), owner: fc.boolean(), sawCounts: fc.boolean(), until: fc.constantFrom(now - 1, now + hour) }),
  justification: fc.record({ ticket: fc.constant('t'), verified: fc.boolean(), length: fc.integer({ min: 0, max: 40 }) }),
}, { requiredKeys: [] });
const runs = { numRuns: 60 };

describe('laws that hold for every request', () => {
  test('dropping a grant never turns a refusal into a permit', () => {
    fc.assert(fc.property(effects, fc.uniqueArray(grants, { maxLength: 3, selector: (grant) => grant.id }), targets, fc.nat(2), (one, given, target, drop) => {
      const decide = (kept: typeof given): number => severity[pdp.decide(request([one], { target, principal: agent({ grants: kept }) })).outcome];
      expect(decide(given.filter((_, index) => index !== drop))).toBeGreaterThanOrEqual(decide(given));
    }), runs);
  });

  test('dropping an edge (a shorter name, no database, no group) never does either', () => {
    fc.assert(fc.property(effects, fc.array(grants, { maxLength: 2 }), (one, given) => {
      // What the name itself means to forbids (pg_temp) is no edge.
      fc.pre(one.resource.path[0] !== 'pg_temp' && one.resource.path.length > 1 && !['target', 'path', 'endpoint', 'host', 'tool'].includes(one.resource.kind));
      const scoped = given.map((grant) => ({ ...grant, resources: [...grant.resources, { kind: 'schema' as const, path: one.resource.path.slice(0, 1), system: false }] }));
      const ask = (resource: Effect['resource'], database: string | undefined): number => severity[pdp.decide(request([{ ...one, resource }], { database, principal: agent({ grants: scoped, groups: [] }) })).outcome];
      const whole = ask(one.resource, 'shop');
      // A grant may name the shorter name itself: that is another resource, not a missing edge.
      fc.pre(!scoped.some((grant) => grant.resources.some((ref) => ref.path.join('.') === one.resource.path.slice(-1).join('.'))));
      fc.pre(scoped.every((grant) => grant.resources.every((ref) => ref.kind !== 'target')));
      expect(ask({ ...one.resource, path: one.resource.path.slice(-1) }, undefined)).toBeGreaterThanOrEqual(whole);
    }), runs);
  });

  test('adding an effect never lowers severity, and the decision is that of the worst', () => {
    fc.assert(fc.property(fc.array(effects, { maxLength: 3 }), effects, targets, (some, more, target) => {
      const decide = (list: readonly Effect[]): number => severity[pdp.decide(request(list, { target })).outcome];
      expect(decide([...some, more])).toBeGreaterThanOrEqual(decide(some));
      expect(decide([...some, more])).toBe(Math.max(0, ...[...some, more].map((one) => decide([one]))));
    }), runs);
  });

  test('evidence never makes a permit into a refusal, and a hold is a permit once its needs are met', () => {
    fc.assert(fc.property(effects, targets, evidences, (one, target, evidence) => {
      const without = pdp.decide(request([one], { target }));
      expect(severity[pdp.decide(request([one], { target, evidence })).outcome]).toBeLessThanOrEqual(severity[without.outcome]);
      if (without.outcome !== 'hold') return;
      const approval = without.needs.find((need) => need.kind === 'approval');
      const met: Evidence = {
        ...(approval?.kind === 'approval' ? { approval: { id: 'a', groups: approval.approvers, count: approval.quorum, owner: false, sawCounts: true, until: now + hour } } : {}),
        ...(without.needs.some((need) => need.kind === 'justification') ? { justification: { ticket: 'OPS-1', verified: true, length: 40 } } : {}),
      };
      expect(pdp.decide(request([one], { target, evidence: met })).outcome).toBe('permit');
    }), runs);
  });

  test('what is remembered is what would be decided anew', () => {
    fc.assert(fc.property(fc.array(effects, { minLength: 1, maxLength: 2 }), fc.array(grants, { maxLength: 2 }), targets, (list, given, target) => {
      const asked = request(list, { target, principal: agent({ grants: given }) });
      // Evidence that no policy reads: the memory is passed by.
      const anew = pdp.decide({ ...asked, evidence: {} });
      expect(pdp.decide(asked)).toEqual(anew);
      expect(pdp.decide(asked)).toEqual(anew);
    }), runs);
  });

  test('no kind of thing and no text makes it throw; a system\'s own machinery is never changed', () => {
    fc.assert(fc.property(effects, fc.array(fc.string({ unit: 'binary' }), { maxLength: 3 }), fc.string(), (one, path, kind) => {
      const odd = { ...one, resource: { ...one.resource, path, kind: JSON.parse(JSON.stringify(kind)) } };
      expect(['permit', 'hold', 'deny']).toContain(pdp.decide(request([odd])).outcome);
      if (one.resource.system && ['insert', 'update', 'delete', 'define', 'destroy', 'grant', 'configure'].includes(one.verb)) expect(pdp.decide(request([one])).outcome).toBe('deny');
    }), runs);
  });
});

describe('the slice', () => {
  const { set } = loadPolicies([baseline]);
  if (set === undefined) throw new Error('the baseline does not load');
  const [slot] = slotPair();
  prepare(slot, set);
  const principal = agent({ groups: ['staff'] });
  const asked = request([], { principal });
  const question = effectQuestion(effect(), askerOf(asked), { approval: { id: 'a', groups: ['data-owners'], count: 1, owner: false, sawCounts: true, until: now } }, undefined, set.traits);
  const grant = principal.grants[0];
  const whole = { principal: { type: 'Agent', id: 'bot' }, action: 'read', resource: { type: 'Table', id: 'db/public.orders' }, context: context(question, grant), entities: slice(question, grant, set.traits) };

  test('is closed as it is built', () => {
    expect(ask(slot, whole)).toEqual({ failed: false, allow: true, reasons: ['baseline/grant'] });
  });

  test('without any one of its entities it is refused', () => {
    const permitted = whole.entities.filter((missing) => {
      const answer = ask(slot, { ...whole, entities: whole.entities.filter((entity) => entity !== missing) });
      return !answer.failed || !answer.note.includes('not closed');
    });
    expect(permitted).toEqual([]);
    expect(whole.entities.length).toBeGreaterThan(5);
  });

  test('without any one of their attributes, or facts of the context, it is refused', () => {
    const passed: string[] = [];
    for (const entity of whole.entities) {
      for (const name of Object.keys(entity.attrs)) {
        const attrs = Object.fromEntries(Object.entries(entity.attrs).filter(([key]) => key !== name));
        if (!ask(slot, { ...whole, entities: whole.entities.map((other) => (other === entity ? { ...entity, attrs } : other)) }).failed) passed.push(name);
      }
    }
    for (const name of Object.keys(whole.context)) {
      // Only the absence of these refuses by itself.
      if (name === 'grant' || name === 'approval') continue;
      const facts = Object.fromEntries(Object.entries(whole.context).filter(([key]) => key !== name));
      if (!ask(slot, { ...whole, context: facts }).failed) passed.push(name);
    }
    expect(passed).toEqual([]);
  });

  test.each([
    ['a value outside its vocabulary', { extent: { __entity: { type: 'Extent', id: 'some' } } }],
    ['a fraction where an integer belongs', { amount: { known: true, rows: 1.5, permille: 0, exact: false } }],
    ['a number beyond every integer', { amount: { known: true, rows: 1e20, permille: 0, exact: false } }],
    ['nothing where a flag belongs', { derived: null }],
    ['approval: false, which `has` would accept', { approval: false }],
    ['a fact that the schema does not know', { extra: true }],
  ])('%s is refused', (_, over) => {
    expect(ask(slot, { ...whole, context: { ...whole.context, ...over } })).toMatchObject({ failed: true });
  });
});
