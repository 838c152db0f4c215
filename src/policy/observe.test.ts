import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { extents, sinks, verbs, type Effect } from '../core/effect.ts';
import { entityKinds, thingKinds } from '../core/resource.ts';
import { environments } from '../core/target.ts';
import { checkPolicies, testPolicies } from './check.ts';
import { CedarDecisionPoint } from './decision-point.ts';
import { formatDecision } from './golden.ts';
import { formatIssue } from './issue.ts';
import { agent, baseline, effect, hour, now, pack, permitAll, request } from './samples.ts';

const observed = (id: string, rest: string, annotations = ''): string => `@id("${id}") @title("${id}") @mode("observe") ${annotations} ${rest};\n`;
const byApproval = '@hold("approval") @approvers("owners") @quorum("1")';
const deletes = 'forbid (principal, action == Action::"delete", resource)';
const overflowing = 'forbid (principal, action == Action::"delete", resource) when { context.amount.rows + 9223372036854775807 + 1 > 0 }';
const remove = effect({ verb: 'delete' });

function pointOf(policies: string, beside: readonly string[] = []): CedarDecisionPoint {
  return new CedarDecisionPoint([...beside, pack('mine', { 'a.cedar': policies })]);
}

function said(point: CedarDecisionPoint, effects: readonly Effect[], over: Parameters<typeof request>[1] = {}): string {
  return formatDecision(point.decide(request(effects, over)));
}

describe('a policy in observe mode', () => {
  test('refuses and holds nothing, and says what it would have done', () => {
    expect(said(pointOf(permitAll + observed('no-deletes', deletes)), [remove])).toBe('permit by mine/all would-deny=mine/no-deletes');
    expect(said(pointOf(permitAll + observed('ask', `${deletes} unless { context has approval }`, byApproval)), [remove])).toBe('permit by mine/all would-hold=mine/ask');
    expect(said(pointOf(permitAll + observed('no-deletes', deletes)), [effect()])).toBe('permit by mine/all');
  });

  test('that cannot be evaluated refuses nothing either, and is reported', () => {
    expect(said(pointOf(permitAll + observed('broken', overflowing)), [remove])).toBe('permit by mine/all would-error=mine/broken');
    // The same policy, enforced.
    expect(said(pointOf(permitAll + observed('broken', overflowing).replace('@mode("observe")', '')), [remove])).toBe('deny indeterminate by mine/broken');
  });

  test('is no hold where the evidence that it names would not lift it', () => {
    const more = `${deletes} unless { context has approval && (context.approval.owner || context.extent == Extent::"one") }`;
    expect(said(pointOf(permitAll + observed('ask', more, byApproval)), [remove])).toBe('permit by mine/all would-deny=mine/ask');
  });

  test('stands beside what decides, whatever that says, each policy once with the heaviest', () => {
    const point = pointOf(observed('ask', `${deletes} unless { context has approval }`, byApproval) + observed('all', 'forbid (principal, action, resource)'), [baseline]);
    expect(said(point, [remove, effect(), effect({ verb: 'delete', extent: 'all' })])).toBe('hold approval=data-owners:1 by baseline/whole-resource-change would-deny=mine/all would-hold=mine/ask');
    expect(said(point, [effect({ verb: 'opaque', reason: 'syntax' })])).toBe('deny forbidden by baseline/not-understood would-deny=mine/all');
    expect(said(point, [])).toBe('permit would-deny=mine/all');
  });

  test('is remembered for as long as it holds, and no longer', () => {
    const point = pointOf(permitAll + observed('from-six', 'forbid (principal, action, resource) when { context.now >= datetime("2026-01-01T06:00:00Z") }'));
    const principal = agent();
    const decide = (at: number): string => said(point, [effect()], { principal, now: at });
    expect([decide(now), decide(now), decide(now + 6 * hour), decide(now + 6 * hour)]).toEqual(['permit by mine/all', 'permit by mine/all', 'permit by mine/all would-deny=mine/from-six', 'permit by mine/all would-deny=mine/from-six']);
  });

  test('counts only where no grant would have kept it from refusing', () => {
    const point = pointOf(permitAll + observed('long', 'forbid (principal, action, resource) when { context has grant && context.grant.verbs.contains(Verb::"destroy") }'));
    const grant = { id: 'a', target: 'db', resources: [], unmask: [] };
    const both = agent({ grants: [{ ...grant, verbs: ['read', 'destroy'], until: now + 2 * hour }, { ...grant, id: 'b', verbs: ['read'], until: now + hour }] });
    expect(said(point, [effect()], { principal: both })).toBe('permit by mine/all');
    expect(said(point, [effect()])).toBe('permit by mine/all would-deny=mine/long');
  });

  test('comes into force and out of it by a reload', () => {
    const folder = pack('mine', { 'a.cedar': permitAll + observed('no-deletes', deletes) });
    const point = new CedarDecisionPoint([folder]);
    expect(said(point, [remove])).toBe('permit by mine/all would-deny=mine/no-deletes');
    expect(point.reload([pack('mine', { 'a.cedar': permitAll + observed('no-deletes', deletes).replace('@mode("observe")', '') })])).toMatchObject({ ok: true, changes: { changed: ['mine/no-deletes'] } });
    expect(said(point, [remove])).toBe('deny forbidden by mine/no-deletes');
    expect(point.reload([pack('mine', { 'a.cedar': permitAll })])).toMatchObject({ ok: true });
    expect(said(point, [remove])).toBe('permit by mine/all');
  });
});

describe('golden cases and lints', () => {
  test('a case can expect what would have been refused, also an error of what is observed', () => {
    const folder = pack('mine', {
      'a.cedar': permitAll + observed('no-deletes', deletes) + observed('broken', overflowing),
      'tests/a.decide': 'decide\ndelete table:public.a extent=one\n----\npermit by mine/all would-deny=mine/no-deletes would-error=mine/broken\n',
    });
    expect(testPolicies([folder])).toEqual({ passed: 1, failed: [] });
    // What errs and is only observed does not keep the set from coming into force.
    expect(new CedarDecisionPoint([folder]).ids).toHaveLength(3);
  });

  test.each([
    ['on a permit', permitAll.replace('permit', '@mode("observe") permit'), /is a permit with @mode/],
    ['an unknown mode', observed('a', deletes).replace('observe', 'audit'), /has the mode `audit`, which is none/],
    ['no mode at all', observed('a', deletes).replace('@mode("observe")', '@mode'), /has the mode ``, which is none/],
  ])('%s is an error', (_, text, pattern) => {
    const { errors } = checkPolicies([pack('p', { 'a.cedar': permitAll.replace('"all"', '"other"') + text })]);
    expect(errors.map(formatIssue).join('\n')).toMatch(pattern);
  });

  test('what is observed is validated like what decides', () => {
    expect(checkPolicies([pack('p', { 'a.cedar': permitAll + observed('a', 'forbid (principal, action, resource) when { context.extend == Extent::"all" }') })]).errors).toHaveLength(1);
  });
});

describe('to observe is to enforce without the bite', () => {
  const texts = readdirSync(baseline).filter((name) => name.endsWith('.cedar')).map((name) => readFileSync(join(baseline, name), 'utf8'));
  const enforcing = new CedarDecisionPoint([baseline], { tested: true });
  // The same policies under the same ids, and every forbid of them only observed.
  const observing = new CedarDecisionPoint([pack('baseline', { 'all.cedar': texts.join('\n').replaceAll(/^forbid /gm, '@mode("observe")\nforbid ') })]);
  const path = fc.array(fc.constantFrom('public', 'pg_temp', 'orders', 'hr'), { maxLength: 3 });
  const effects: fc.Arbitrary<Effect> = fc.record({
    verb: fc.constantFrom(...verbs), resource: fc.record({ kind: fc.constantFrom(...entityKinds, ...thingKinds), path, system: fc.boolean() }), extent: fc.constantFrom(...extents), columns: fc.constant([]),
    reversible: fc.boolean(), span: fc.constant({ start: 0, end: 1 }), via: fc.constant([]), sink: fc.constantFrom(...sinks),
  });

  test('what is observed is what enforcing would have come to', () => {
    const seen = { permit: 0, hold: 0, deny: 0 };
    fc.assert(fc.property(effects, fc.constantFrom(...environments), fc.boolean(), (one, environment, enabled) => {
      const asked = request([one], { target: { name: 'db', protocol: 'postgres', environment, mode: 'enforce' }, principal: agent({ enabled }) });
      const [bites, watches] = [enforcing.decide(asked), observing.decide(asked)];
      if (watches.outcome !== 'permit') return;
      const would = watches.observed.some((found) => found.would !== 'hold') ? 'deny' : watches.observed.length > 0 ? 'hold' : 'permit';
      expect(would).toBe(bites.outcome);
      seen[would] += 1;
      const stops = watches.observed.flatMap(({ policy, would: own }) => (own === would ? [policy.id] : []));
      if (would !== 'permit') expect(stops.toSorted()).toEqual(bites.policies.map(({ id }) => id).toSorted());
    }), { numRuns: 300 });
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(3);
  });
});
