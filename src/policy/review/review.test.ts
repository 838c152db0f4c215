import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { extents, sinks, verbs, type Effect } from '../../core/effect.ts';
import { entityKinds, thingKinds } from '../../core/resource.ts';
import { environments } from '../../core/target.ts';
import { waitingOf } from './as-yet.ts';
import { checkPolicies } from '../check.ts';
import { CedarDecisionPoint } from '../decision-point.ts';
import { canHold } from './formula.ts';
import { liftsOf } from './lift.ts';
import { formatDecision } from '../golden.ts';
import { loadPolicies } from '../load.ts';
import { residuals } from './partial.ts';
import type { PolicySet } from '../policy.ts';
import { redundantOf } from './redundant.ts';
import { actionsOf, formulaOf, knownOf } from './requests.ts';
import { agent, baseline, effect, open, pack, permitAll, request } from '../samples.ts';

function said(text: string, targets?: readonly string[]): { readonly errors: readonly string[]; readonly warnings: readonly string[]; readonly notes: readonly string[] } {
  const { errors, warnings, notes } = checkPolicies([pack('p', { 'a.cedar': text })], targets);
  const brief = (issues: typeof errors): readonly string[] => issues.map(({ line, message, mend }) => `${line}: ${message}; ${mend}`);
  return { errors: brief(errors), warnings: brief(warnings), notes: brief(notes) };
}

function hold(unless: string, annotations = '@hold("approval") @approvers("owners") @quorum("1")', when = ''): string {
  return `@id("h") @title("h") ${annotations}\nforbid (principal, action == Action::"delete", resource) ${when} unless { ${unless} };`;
}

function forbid(id: string, rest: string): string {
  return `@id("${id}") @title("${id}") forbid (${rest};\n`;
}

describe('a hold is lifted by the evidence that its annotations name', () => {
  test.each([
    ['by an approval', 'context has approval && context.approval.count >= 1 && context.approval.groups.contains(Group::"owners") && context.approval.sawCounts && !context.approval.owner && context.now < context.approval.until'],
    ['by one of two kinds', '(context has approval && context.approval.groups.contains(Group::"owners")) || (context has justification && context.justification.length > 1000000)'],
  ])('%s: nothing is said', (_, unless) => {
    expect(said(hold(unless))).toMatchObject({ errors: [], warnings: [], notes: [] });
  });

  test.each([
    ['more people than are sent for', hold('context has approval && context.approval.count >= 3'), 'write @quorum("3"), or ask for 1 in `unless`'],
    ['a group that is not sent for', hold('context has approval && context.approval.groups.contains(Group::"owner")'), 'write @approvers("owner"), or ask for `owners` in `unless`'],
    ['two groups', hold('context has approval && context.approval.groups.containsAll([Group::"a", Group::"b"])'), 'write @approvers("a b")'],
    ['evidence of another kind, too', hold('context has approval && context has justification && context.justification.verified'), 'write @hold("approval justification")'],
    ['a text that nobody knows beforehand', hold('context has justification && context.justification.ticket like "OPS-*"', '@hold("justification")'), 'it asks for what nobody can tell before the evidence is given'],
    ['an approval by the owner', hold('context has approval && context.approval.owner'), 'it asks for what nobody can tell before the evidence is given'],
    ['what no evidence changes', hold('context has approval && context.approval.count >= 1 && false'), 'ask for one in `unless`'],
  ])('one that asks for %s is an error, with its mend', (_, text, mend) => {
    const { errors } = said(text);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(/^1: policy `p\/h` is a hold that nothing lifts/);
    expect(errors[0]).toContain(mend);
  });

  test('in force, such a hold is a refusal: nobody is sent to ask', () => {
    const point = new CedarDecisionPoint([pack('p', { 'a.cedar': permitAll })]);
    expect(point.reload([pack('p', { 'a.cedar': permitAll + hold('context has approval && context.approval.count >= 3') })])).toMatchObject({ ok: true });
    expect(formatDecision(point.decide(request([effect({ verb: 'delete' })])))).toBe('deny forbidden by p/h');
  });

  test('where it lifts only some of what it stops, the rest is told', () => {
    expect(said(hold('context has approval && context.approval.count >= 1 && context.presence == Presence::"human"')).notes).toEqual([
      '1: policy `p/h` refuses in spite of its evidence where context.presence != Presence::"human" (delete); whoever it stops there is refused, and not sent to ask',
    ]);
    expect(said(hold('context has approval && context.approval.count >= 1 && context.extent != Extent::"all"', undefined, 'when { context.extent == Extent::"one" }')).notes).toEqual([]);
  });

  test('what cannot be told is said to be so', () => {
    expect(said(hold('context has approval', undefined, 'when { context.amount.rows < 9223372036854775807 }')).notes[0]).toContain('cannot be told whether its evidence lifts it');
  });

  test('in force, each hold of the baseline is what the review says of it', () => {
    const { set } = loadPolicies([baseline]);
    if (set === undefined) throw new Error('the baseline does not load');
    expect([...liftsOf(set.policies.values(), set)].filter(([, { kind }]) => kind !== 'always').map(([id]) => id)).toEqual(['baseline/unmask-needs-words']);
  });
});

describe('policies that say nothing', () => {
  test.each([
    ['contradict themselves', forbid('a', 'principal, action in Action::"any", resource) when { context.extent == Extent::"all" && context.extent == Extent::"one" }'), /^1: policy `p\/a` can never fire/],
    ['contradict themselves in numbers', forbid('a', 'principal, action == Action::"read", resource) when { context.amount.rows > 10 && context.amount.rows <= 10 }'), /can never fire/],
    ['are narrower than a forbid', forbid('wide', 'principal, action in Action::"write", resource is Table)') + forbid('a', 'principal, action == Action::"delete", resource is Table) when { context.extent == Extent::"all" }'), /^2: policy `p\/a` adds nothing to `p\/wide`/],
    ['are the same as an earlier one', forbid('b', 'principal, action == Action::"read", resource) when { context.extent == Extent::"all" }') + forbid('a', 'principal, action == Action::"read", resource) when { Extent::"all" == context.extent }'), /^2: policy `p\/a` adds nothing to `p\/b`/],
    ['are covered value by value', forbid('every', 'principal, action == Action::"read", resource) when { ["none", "one"] == ["none", "one"] && [Extent::"none", Extent::"one", Extent::"bounded", Extent::"all", Extent::"unknown"].contains(context.extent) }') + forbid('a', 'principal is Agent, action == Action::"read", resource)'), /^2: policy `p\/a` adds nothing to `p\/every`/],
    ['hold what is refused anyway', forbid('wide', 'principal, action, resource)') + hold('context has approval'), /^2: policy `p\/h` holds nothing: whatever it stops, `p\/wide` refuses for good/],
    ['permit what is forbidden', forbid('wide', 'principal is Agent, action, resource)') + '@id("a") @title("a") permit (principal is Agent, action == Action::"read", resource);', /^2: policy `p\/a` permits nothing: `p\/wide` forbids all of it/],
    ['permit what is permitted', `${permitAll}@id("a") @title("a") permit (principal is Agent, action == Action::"read", resource);`, /^2: policy `p\/a` adds nothing to `p\/all`/],
  ])('that %s are a warning', (_, text, pattern) => {
    const { errors, warnings } = said(text);
    expect(errors).toEqual([]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(pattern);
  });

  test.each([
    ['a plain refusal of what is held', hold('context has approval') + forbid('a', 'principal is Agent, action == Action::"delete", resource)')],
    ['a permit of what the gate itself is asked', '@id("a") @title("a") permit (principal, action == Action::"approve", resource) when { principal in resource.approvers };'],
    ['a hold that sends for others', hold('context has approval') + hold('context has approval', '@hold("approval") @approvers("security") @quorum("1")').replaceAll('"h"', '"i"')],
    ['an exception', forbid('wide', 'principal, action == Action::"read", resource) when { context.extent == Extent::"all" }') + forbid('a', 'principal, action == Action::"read", resource is Table)')],
    ['one that is only observed', forbid('wide', 'principal, action, resource)').replace('forbid', '@mode("observe") forbid') + forbid('a', 'principal, action == Action::"read", resource)')],
    ['one of another value', forbid('a', 'principal, action == Action::"read", resource is Thing) when { resource.kind == "role" }') + forbid('b', 'principal, action == Action::"read", resource is Thing) when { ["setting", "rol"].contains(resource.kind) }')],
  ])('%s is none', (_, text) => {
    expect(said(text).warnings).toEqual([]);
  });

  test('one that waits for what this gateway does not tell yet is a note', () => {
    expect(said(forbid('a', 'principal, action == Action::"read", resource) when { context.amount.known && context.amount.rows > 9 }')).notes[0]).toContain('it waits for amounts of rows;');
    expect(said(forbid('a', 'principal, action == Action::"unmask", resource) when { resource.labels.contains(Label::"x") }')).notes[0]).toContain('it waits for labels and actions that no command is asked about;');
    expect(said(forbid('a', 'principal, action == Action::"read", resource is Table)')).notes).toEqual([]);
  });

  test('a permit of every action is told that this makes everybody an approver', () => {
    expect(said('@id("a") @title("a") permit (principal, action, resource);').warnings).toEqual([expect.stringContaining('permits every action, and so to approve one\'s own holds; write action in Action::"any"')]);
  });

  test('one that is only observed is named', () => {
    expect(said(forbid('a', 'principal, action, resource)').replace('forbid', '@mode("observe") forbid')).notes).toEqual(['1: policy `p/a` is only observed: it refuses nothing; take @mode away to enforce it']);
  });
});

describe('names that nothing has', () => {
  test.each([
    ['without its target', 'Table::"public.orders"', /names `Table::"public\.orders"`, and no resource is named so/],
    ['of a kind that there is none of', 'Thing::"db/sequnce:public.a"', /no resource is named so/],
    ['quoted where the name is not', 'Table::"db/\\"public\\".orders"', /no resource is named so/],
    ['without its schema', 'Table::"db/orders"', /without its schema/],
    ['as a pattern', 'Table::"db/public.*"', /`\*` is no pattern/],
  ])('%s', (_, name, pattern) => {
    const { errors, warnings } = said(forbid('a', `principal, action == Action::"read", resource == ${name})`));
    expect([errors, warnings.length]).toEqual([[], 1]);
    expect(warnings[0]).toMatch(pattern);
  });

  test('of a target that the config does not have', () => {
    const text = forbid('a', 'principal, action == Action::"read", resource == Table::"prod/public.orders")');
    expect(said(text, ['prod-db', 'shop']).warnings).toEqual(['1: policy `p/a` names resources of the target `prod`, which the config does not have; targets are prod-db, shop']);
    expect(said(text, ['prod']).warnings).toEqual([]);
    expect(said(text).warnings).toEqual([]);
  });
});

function setOf(folders: readonly string[]): PolicySet {
  const { set } = loadPolicies(folders);
  if (set === undefined) throw new Error('the set does not load');
  return set;
}

describe('what is proven holds of every request', () => {
  const path = fc.array(fc.constantFrom('public', 'pg_temp', 'orders', 'hr'), { maxLength: 3 });
  const effects: fc.Arbitrary<Effect> = fc.record({
    verb: fc.constantFrom(...verbs), resource: fc.record({ kind: fc.constantFrom(...entityKinds, ...thingKinds), path, system: fc.boolean() }), extent: fc.constantFrom(...extents), columns: fc.constant([]),
    reversible: fc.boolean(), span: fc.constant({ start: 0, end: 1 }), via: fc.constant([]), sink: fc.constantFrom(...sinks),
  });
  const set = setOf([baseline]);

  test('a policy that determined an answer is one that could', () => {
    const point = new CedarDecisionPoint([baseline], { tested: true });
    const waiting = waitingOf(set);
    const views = new Map(actionsOf(set).map((view) => {
      const left = residuals([...set.policies.values()].map((policy) => ({ id: policy.ref.id, policy, known: knownOf(view, {}) })), view);
      return [view.action, new Map([...left].map(([id, residual]) => [id, formulaOf(residual, view)]))];
    }));
    const seen = new Set<string>();
    fc.assert(fc.property(effects, fc.constantFrom(...environments), fc.boolean(), (one, environment, enabled) => {
      const decision = point.decide(request([one], { target: { name: 'db', protocol: 'postgres', environment, mode: 'enforce' }, principal: agent({ enabled }) }));
      for (const { id } of decision.policies) {
        seen.add(id);
        // The tools and endpoints of this test come from no command as yet.
        if (!['tool', 'endpoint'].includes(one.resource.kind)) expect(waiting.get(id)).toBeUndefined();
        const formula = views.get(one.verb)?.get(id);
        expect(formula !== undefined && canHold(formula)).toBe(true);
      }
    }), { numRuns: 250 });
    expect(seen.size).toBeGreaterThan(6);
  });

  test('what another policy makes pointless never decides without it', () => {
    const folder = pack('p', { 'a.cedar': [
      permitAll, forbid('wide', 'principal, action in Action::"write", resource) when { context.extent != Extent::"one" || resource is Thing }'),
      forbid('narrow', 'principal, action == Action::"delete", resource is Thing) when { ["role", "index"].contains(resource.kind) }'),
      forbid('other', 'principal, action == Action::"update", resource) when { !(context.extent == Extent::"one") && !resource.system }'),
      forbid('broader', 'principal, action == Action::"insert", resource) when { context.extent != Extent::"all" }'),
    ].join('') });
    const small = setOf([folder]);
    const redundant = redundantOf(small);
    expect([...redundant].map(([id, found]) => [id, 'by' in found && found.by.ref.id])).toEqual([['p/narrow', 'p/wide'], ['p/other', 'p/wide']]);
    const point = new CedarDecisionPoint([folder]);
    const fired = new Set<string>();
    const few = fc.record({ verb: fc.constantFrom('update', 'delete', 'insert'), kind: fc.constantFrom('role', 'index', 'table'), extent: fc.constantFrom(...extents) });
    fc.assert(fc.property(few, ({ verb, kind, extent }) => {
      const one = effect({ verb, extent, resource: { kind, path: ['public', 'a'], system: false } });
      const ids = point.decide(request([one])).policies.map(({ id }) => id);
      for (const id of ids) {
        fired.add(id);
        const found = redundant.get(id);
        if (found !== undefined && 'by' in found) expect(ids).toContain(found.by.ref.id);
      }
    }), { numRuns: 200 });
    expect([...fired]).toEqual(expect.arrayContaining(['p/narrow', 'p/other', 'p/broader', 'p/wide']));
  });

  test('the packs that ship make nothing of each other pointless but what is permitted to all', () => {
    expect(checkPolicies([baseline]).warnings).toEqual([]);
    const beside = checkPolicies([baseline, open]).warnings.map(({ message }) => /^policy `(.*)` adds nothing to `open\/everything`/.exec(message)?.[1]);
    expect(beside).toEqual(['baseline/grant', 'baseline/unmask-by-grant']);
  });

  test('of a command without effects only who is there can be refused', () => {
    const view = actionsOf(set).find(({ action }) => action === 'nothing');
    if (view === undefined) throw new Error('there is no such action');
    const left = residuals([...set.policies.values()].map((policy) => ({ id: policy.ref.id, policy, known: knownOf(view, {}) })), view);
    const possible = [...left].filter(([, residual]) => {
      const formula = formulaOf(residual, view);
      return formula === undefined || canHold(formula) !== false;
    });
    expect(possible.map(([id]) => id)).toEqual(['baseline/agent-expired']);
  });
});
