import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { extents, sinks, verbs, type Effect } from '../../core/effect.ts';
import { parseResourceText } from '../../core/format.ts';
import type { Grant } from '../../core/principal.ts';
import { thingKinds, entityKinds, type EntityRef } from '../../core/resource.ts';
import { prepare, slotPair, type Slot } from '../cedar.ts';
import { askCould } from '../check.ts';
import { merged, type Circumstances } from './circumstances.ts';
import { couldReach, type CouldAnswer, type CouldWish } from './could.ts';
import { CedarDecisionPoint } from '../decision-point.ts';
import { loadPolicies } from '../load.ts';
import type { PolicySet } from '../policy.ts';
import { agent, baseline, hour, now, pack, permitAll, request, testPack } from '../samples.ts';

const [slot, spare] = slotPair();

function loaded(folders: readonly string[], into: Slot): PolicySet {
  const { set, errors } = loadPolicies(folders);
  if (set === undefined) throw new Error(errors.map(({ message }) => message).join('\n'));
  expect(prepare(into, set)).toBeUndefined();
  return set;
}

const shipped = loaded([baseline], slot);
const everything = { name: 'work', verbs, labels: [] } as const;

function resource(text: string): EntityRef {
  const parsed = parseResourceText(text);
  const kind = [...entityKinds, ...thingKinds].find((one) => one === parsed?.kind);
  if (parsed === undefined || kind === undefined) throw new Error(text);
  return { kind, path: parsed.path, system: false };
}

function grant(...can: Grant['verbs']): Grant {
  return { id: 'g', target: 'db', resources: [], verbs: can, unmask: [], until: now + hour };
}

function wish(verb: CouldWish['verb'], name: string, over: Partial<CouldWish> = {}): CouldWish {
  return {
    principal: agent(), presence: 'unattended', target: { name: 'db', protocol: 'postgres', environment: 'production', mode: 'enforce' }, database: 'shop', language: 'sql/postgres',
    purposes: [everything], verb, resource: resource(name), now, ...over,
  };
}

/** Of policies of one's own. */
function of(policies: string, asked: CouldWish): CouldAnswer {
  return couldReach(spare, loaded([pack('p', { 'a.cedar': policies })], spare), asked);
}

function facetsOf(answer: CouldAnswer): readonly unknown[] {
  return answer.cases.map(({ outcome, circumstances }) => [outcome, circumstances.map(({ facets }) => Object.fromEntries([...facets].map(([facet, values]) => [facet, [...values]])))]);
}

describe('could somebody ever do that?', () => {
  test('yes, and under what; what else is only with evidence', () => {
    const answer = couldReach(slot, shipped, wish('delete', 'table:public.orders'));
    expect([answer.answer, facetsOf(answer)]).toEqual(['yes', [['permit', [{ extent: ['one', 'bounded'] }]], ['hold', [{ extent: ['none', 'all', 'unknown'] }]]]]);
    expect(answer.policies.map(({ id, says, where }) => [id, says, where])).toEqual([
      ['baseline/grant', 'permits', undefined],
      ['baseline/whole-resource-change', 'holds', '(context.extent == Extent::"all") || (context.extent == Extent::"unknown") || (context.extent == Extent::"none")'],
    ]);
  });

  test('only with evidence, and which', () => {
    const answer = couldReach(slot, shipped, wish('destroy', 'table:public.orders'));
    expect(answer).toMatchObject({ answer: 'with-evidence', cases: [{ outcome: 'hold', needs: [{ kind: 'approval', approvers: ['data-owners'], quorum: 2 }, { kind: 'justification' }] }], granted: undefined });
    expect(facetsOf(answer)).toEqual([['hold', [{}]]]);
  });

  test('never, because nothing permits it; with a grant it would be otherwise', () => {
    const answer = couldReach(slot, shipped, wish('destroy', 'table:public.orders', { principal: agent({ grants: [grant('read')] }) }));
    expect(answer).toMatchObject({ answer: 'never', cases: [{ outcome: 'deny', reason: 'no-permit' }], granted: { answer: 'with-evidence' } });
  });

  test('never, because it is forbidden: a grant does not help', () => {
    const answer = couldReach(slot, shipped, wish('read', 'role:admin'));
    expect(answer).toMatchObject({ answer: 'never', cases: [{ reason: 'forbidden', policies: ['baseline/server-credentials'] }], granted: undefined });
    expect(answer.policies.find(({ id }) => id === 'baseline/server-credentials')).toMatchObject({ says: 'refuses', where: undefined });
    expect(couldReach(slot, shipped, wish('read', 'table:public.orders', { principal: agent({ enabled: false }) })).answer).toBe('never');
  });

  test('only in sessions of some purposes', () => {
    const purposes = [everything, { name: 'reporting', verbs: ['read', 'export'], labels: [] }, { name: 'same', verbs: [...verbs].toReversed(), labels: [] }] as const;
    const answer = couldReach(slot, shipped, wish('insert', 'table:public.orders', { purposes }));
    expect(answer.cases.map(({ outcome, circumstances }) => [outcome, circumstances.map(({ purpose }) => [...purpose])])).toEqual([['permit', [['work', 'same']]], ['deny', [['reporting']]]]);
    expect(answer.policies.find(({ id }) => id === 'baseline/purpose-limits')?.purposes).toEqual(['reporting']);
  });

  test('of what a grant does not reach, never', () => {
    const principal = agent({ grants: [{ ...grant('read'), resources: [resource('schema:other')] }] });
    expect(couldReach(slot, shipped, wish('read', 'table:public.orders', { principal })).answer).toBe('never');
    expect(couldReach(slot, shipped, wish('read', 'table:other.orders', { principal })).answer).toBe('yes');
  });

  test('from a moment on that a policy writes out', () => {
    const answer = of(`${permitAll}@id("a") @title("a") forbid (principal, action == Action::"read", resource) when { context.now < datetime("2026-01-01T06:00:00Z") };`, wish('read', 'table:public.orders'));
    expect([answer.answer, answer.cases.map(({ outcome, circumstances }) => [outcome, circumstances.map(({ from }) => from)])]).toEqual(['yes', [['permit', [now + 6 * hour, now + 6 * hour + 1]], ['deny', [undefined]]]]);
  });

  test('where columns are named, by columns', () => {
    const naming = loaded([testPack('naming')], spare);
    expect(facetsOf(couldReach(spare, naming, wish('export', 'table:public.people')))).toEqual([
      ['permit', [{ columns: ['none that is named'], sink: ['none', 'client', 'file', 'program', 'database'] }]],
      ['deny', [{ columns: ['all'], sink: ['none', 'client', 'file', 'program', 'database'] }]], ['deny', [{ sink: ['network'] }]],
    ]);
  });
});

describe('it says no more than it knows', () => {
  test('a way through what contains it counts', () => {
    const answer = of('@id("a") @title("a") permit (principal, action == Action::"destroy", resource == Schema::"db/public");', wish('destroy', 'table:public.orders'));
    expect(answer).toMatchObject({ answer: 'yes', cases: [{ outcome: 'permit', through: { kind: 'schema', path: ['public'] } }, { outcome: 'deny', through: undefined }] });
    expect(of('@id("a") @title("a") permit (principal, action == Action::"destroy", resource == Schema::"db/other");', wish('destroy', 'table:public.orders')).answer).toBe('never');
  });

  test('where what was not understood may run, never is not said', () => {
    const answer = of('@id("a") @title("a") permit (principal, action == Action::"opaque", resource);', wish('destroy', 'table:public.orders'));
    expect([answer.answer, answer.notes]).toEqual(['undecided', ['what the gate cannot understand is not refused: that may do this, too']]);
  });

  test('nor where policies compute with the time, or cannot be evaluated', () => {
    const volatile = '@id("a") @title("a") permit (principal, action == Action::"read", resource) when { context.now.toTime() > duration("23h") };';
    expect(of(volatile, wish('read', 'table:public.orders'))).toMatchObject({ answer: 'undecided', notes: [expect.stringContaining('compute with the time')] });
    const overflow = `${permitAll}@id("a") @title("a") forbid (principal, action == Action::"read", resource) when { context.amount.rows + 9223372036854775807 + 1 > 0 };`;
    expect(of(overflow, wish('read', 'table:public.orders'))).toMatchObject({ answer: 'undecided', cases: [{ reason: 'indeterminate' }] });
  });

  test('a target that is only observed is told to be', () => {
    const target = { name: 'db', protocol: 'postgres', environment: 'production', mode: 'observe' } as const;
    expect(couldReach(slot, shipped, wish('read', 'role:admin', { target })).notes).toEqual([expect.stringContaining('db is in observe mode: everything passes')]);
  });

  test('a set that does not load answers nothing', () => {
    expect(askCould([pack('p', { 'a.cedar': 'permit' })], wish('read', 'table:a.b'))).toMatchObject({ errors: [{ line: 1 }] });
  });

  test('whatever the gate decides of a command, was said to be possible', () => {
    const point = new CedarDecisionPoint([baseline], { tested: true });
    const names = ['table:public.orders', 'schema:public', 'role:admin', 'database:shop'];
    const known = new Map<string, CouldAnswer>();
    const seen = { permit: 0, hold: 0, deny: 0 };
    fc.assert(fc.property(fc.constantFrom('read', 'delete', 'destroy', 'export', 'configure'), fc.constantFrom(...names), fc.constantFrom(...extents), fc.constantFrom(...sinks), fc.boolean(), fc.boolean(), (verb, name, extent, sink, reversible, derived) => {
      const key = `${verb} ${name}`;
      const answer = known.get(key) ?? couldReach(slot, shipped, wish(verb, name));
      known.set(key, answer);
      const one: Effect = {
        verb, resource: resource(name), extent, columns: 'all', reversible, span: { start: 0, end: 1 }, via: derived ? [resource('function:public.g')] : [], ...(verb === 'export' ? { sink } : {}),
      };
      const { outcome } = point.decide(request([one], { presence: 'unattended', purpose: everything }));
      seen[outcome] += 1;
      expect(answer.cases.map((found) => found.outcome)).toContain(outcome);
      if (outcome === 'permit') expect(answer.answer).toBe('yes');
      if (outcome === 'hold') expect(['yes', 'with-evidence']).toContain(answer.answer);
    }), { numRuns: 150 });
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(5);
  });
});

function at(extent: string, derived: string, from?: number): Circumstances {
  return { purpose: new Set(['p']), from, facets: new Map([['extent', new Set([extent])], ['derived', new Set([derived])]]) };
}

describe('circumstances', () => {
  test('are joined where they differ in one part, and say no more than they did', () => {
    const counts = new Map([['extent', 3], ['derived', 2]] as const);
    expect(merged([at('one', 'yes'), at('one', 'no'), at('all', 'yes'), at('all', 'no'), at('none', 'yes')], counts).map(({ facets }) => [...facets])).toEqual([[['extent', new Set(['one', 'all'])]], [['extent', new Set(['none'])], ['derived', new Set(['yes'])]]]);
    expect(merged([at('one', 'yes'), at('all', 'no')], counts)).toHaveLength(2);
    expect(merged([at('one', 'yes'), at('one', 'yes', now)], counts)).toHaveLength(2);
  });
});
