import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Decision } from '../core/decision.ts';
import type { Effect } from '../core/effect.ts';
import { CedarDecisionPoint, PolicyLoadError } from './decision-point.ts';
import { grantEverything } from './everything.ts';
import { formatDecision } from './golden.ts';
import { agent, baseline, effect, hour, now, open, pack, permitAll, request } from './samples.ts';

const pdp = new CedarDecisionPoint([baseline], { tested: true });

const dropTable = effect({ verb: 'destroy', extent: 'all', reversible: false });

function all(one: Effect): string {
  return formatDecision(pdp.decide(request([one], grantEverything('db'))));
}

function until(condition: string): number {
  const folder = pack('timed', { 'a.cedar': `@id("a") @title("a") permit (principal, action, resource) when { ${condition} };` });
  return new CedarDecisionPoint([folder]).decide(request([effect()], { principal: agent({ grants: [] }) })).validUntil;
}

describe('decide', () => {
  test('a permit names its policies, its set and every effect', () => {
    expect(pdp.decide(request([effect(), effect({ verb: 'insert' })]))).toEqual({
      outcome: 'permit', obligations: [], because: [0, 1], observed: [], validUntil: now + 8 * hour, policyVersion: pdp.version,
      policies: [{ id: 'baseline/grant', title: 'Only what an unexpired grant covers', controls: [] }],
    });
  });

  test('a hold brings title, mend and controls of what determined it', () => {
    const decision = pdp.decide(request([effect(), dropTable]));
    expect(formatDecision(decision)).toBe('hold approval=data-owners:2 justification by baseline/destroy-production baseline/schema-change-needs-words');
    expect(decision.because).toEqual([1]);
    expect(decision.policies[0]).toMatchObject({ mend: expect.stringContaining('staging'), controls: ['SOC2:CC8.1', 'NIST:CM-3', 'NIST:CM-5'] });
  });

  test('evidence lifts a hold, is not remembered, and bounds how long the permit is good', () => {
    const evidence = {
      approval: { id: 'a', groups: ['data-owners'], count: 2, owner: false, sawCounts: true, until: now + hour },
      justification: { ticket: 'OPS-1', verified: true, length: 40 },
    };
    expect(pdp.decide(request([dropTable], { evidence }))).toMatchObject({ outcome: 'permit', validUntil: now + hour });
    expect(pdp.decide(request([dropTable])).outcome).toBe('hold');
  });

  test('the same decision is given again until it may have changed', () => {
    const principal = agent();
    const first = pdp.decide(request([effect()], { principal }));
    expect(pdp.decide(request([effect()], { principal, now: now + 8 * hour - 1 }))).toBe(first);
    expect(formatDecision(pdp.decide(request([effect()], { principal, now: now + 8 * hour })))).toBe('deny no-permit');
    expect(formatDecision(pdp.decide(request([effect()], { principal, now: now + 24 * hour })))).toBe('deny forbidden by baseline/agent-expired');
  });

  test('equal content is remembered for another object, and any difference is another principal', () => {
    expect(pdp.decide(request([effect()], { principal: agent() }))).toBe(pdp.decide(request([effect()], { principal: agent() })));
    expect(pdp.decide(request([effect()], { principal: agent({ enabled: false }) })).outcome).toBe('deny');
    expect(pdp.decide(request([effect()], { principal: agent({ owner: { name: 'ada', enabled: false } }) })).outcome).toBe('deny');
    expect(pdp.decide(request([effect()], { principal: agent({ grants: [] }) })).outcome).toBe('deny');
    // JSON writes both as null
    expect(pdp.decide(request([effect()], { principal: agent({ until: Number.POSITIVE_INFINITY }) })).outcome).toBe('permit');
    expect(pdp.decide(request([effect()], { principal: agent({ until: Number.NaN }) }))).toMatchObject({ outcome: 'deny', reason: 'indeterminate' });
  });

  test('what differs in a way that policies can see is not remembered as one', () => {
    const classes: Effect[] = [
      effect({ verb: 'delete' }), effect({ verb: 'delete', extent: 'all' }), effect({ verb: 'delete', resource: { kind: 'table', path: ['public', 'orders'], system: true } }),
      effect({ verb: 'delete', extent: 'all', resource: { kind: 'table', path: ['pg_temp', 'orders'], system: false } }),
      effect({ verb: 'export', sink: 'client' }), effect({ verb: 'export', sink: 'file' }), effect({ verb: 'export', sink: 'network' }),
    ];
    expect(classes.map((one) => pdp.decide(request([one])).outcome)).toEqual(['permit', 'hold', 'deny', 'permit', 'permit', 'deny', 'hold']);
    expect(pdp.decide(request([dropTable], { target: { name: 'db', protocol: 'postgres', environment: 'staging', mode: 'enforce' } }))).toMatchObject({ needs: [{ kind: 'justification' }] });
  });

  test('under a grant of one schema, tables of two schemas are two classes', () => {
    const principal = agent({ grants: [{ id: 'g', target: 'db', resources: [{ kind: 'schema', path: ['public'], system: false }], verbs: ['read'], unmask: [], until: now + hour }] });
    const at = (schema: string): Decision => pdp.decide(request([effect({ resource: { kind: 'table', path: [schema, 't'], system: false } })], { principal }));
    expect([at('public').outcome, at('private').outcome, at('public').outcome]).toEqual(['permit', 'deny', 'permit']);
  });

  test('of several grants that reach it, the one that serves best is used', () => {
    const grant = { id: 'a', target: 'db', resources: [], verbs: ['read'] as const, unmask: [], until: now + hour };
    const principal = agent({ grants: [{ ...grant, id: 'gone', until: now - 1 }, grant, { ...grant, id: 'b', resources: [{ kind: 'table', path: ['public', 'orders'], system: false }], until: now + 2 * hour }] });
    expect(pdp.decide(request([effect()], { principal }))).toMatchObject({ outcome: 'permit', validUntil: now + hour });
    expect(pdp.decide(request([effect()], { principal, now: now + hour }))).toMatchObject({ outcome: 'permit', validUntil: now + 2 * hour });
  });

  test('a command without effects asks only who is there', () => {
    expect(pdp.decide(request([], { principal: agent({ grants: [] }) }))).toMatchObject({ outcome: 'permit', policies: [], because: [] });
    expect(formatDecision(pdp.decide(request([], { principal: agent({ until: now }) })))).toBe('deny forbidden by baseline/agent-expired');
    expect(formatDecision(pdp.decide(request([], { principal: agent({ owner: { name: 'ada', enabled: false } }) })))).toBe('deny forbidden by baseline/agent-expired');
  });

  test('labels reach the policies, and are part of a class', () => {
    const labelled = new CedarDecisionPoint([baseline], { tested: true, labelling: (ref) => (ref.path.at(-1) === 'email' ? { labels: ['pii', 'pii.email'], classes: ['pii.email'] } : { labels: [], classes: [] }) });
    const out = (column: string): string => formatDecision(labelled.decide(request([effect({ verb: 'export', sink: 'network', columns: [column] })])));
    expect(out('total')).toBe('hold approval=security:1 by baseline/links-to-elsewhere');
    expect(out('email')).toBe('deny forbidden by baseline/labelled-data-stays');
  });

  test('someone who is granted everything is stopped by the guardrails alone', () => {
    expect(all(effect({ extent: 'all', columns: 'all' }))).toBe('permit by baseline/grant');
    expect(all(dropTable)).toContain('hold approval=data-owners:2');
    expect(all(effect({ verb: 'opaque', reason: 'syntax' }))).toBe('deny forbidden by baseline/not-understood');
  });
});

describe('what cannot be decided is refused', () => {
  const cases: readonly [string, Parameters<typeof request>][] = [
    // cedar-wasm throws on it
    ['a lone surrogate', [[effect({ resource: { kind: 'table', path: ['public', '\uD800'], system: false } })]]],
    ['a lone surrogate in the database', [[effect()], { database: '\uDFFF' }]],
    ['an agent without an owner', [[effect()], { principal: { ref: { kind: 'Agent', name: 'bot' }, enabled: true, until: now + hour, groups: [], grants: [], strongAuth: false } }]],
    ['a service without an owner', [[], { principal: { ref: { kind: 'Service', name: 'bot' }, enabled: true, groups: [], grants: [], strongAuth: false } }]],
    ['a time that is no number', [[effect()], { now: Number.NaN }]],
    // What was remembered is no answer to it either.
    ['a time before all times', [[effect()], { now: -1 }]],
    ['a time after all times', [[effect()], { now: 1e20 }]],
    // what another language, or a peer with another version of the words, could hand us
    ['an unknown verb', [[{ ...effect(), verb: JSON.parse('"launch"') }]]],
    ['an unknown extent', [[{ ...effect(), extent: JSON.parse('"some"') }]]],
    ['a resource without a path', [[{ ...effect(), resource: JSON.parse('{"kind":"table"}') }]]],
    ['no effects at all', [JSON.parse('null')]],
    ['an effect that is nothing', [[JSON.parse('null')]]],
  ];
  test.each(cases)('%s', (_, args) => {
    expect(pdp.decide(request(...args))).toMatchObject({ outcome: 'deny', reason: 'indeterminate', validUntil: 0 });
  });

  test('a policy that errors refuses, though another permits', () => {
    const folder = pack('overflow', { 'a.cedar': `${permitAll}@id("overflow") @title("overflow") forbid (principal, action in Action::"any", resource) when { context.amount.rows - 9223372036854775807 - 10 < 0 };` });
    const broken = new CedarDecisionPoint([folder]);
    expect(broken.decide(request([effect()]))).toMatchObject({ outcome: 'deny', reason: 'indeterminate', policies: [{ id: 'overflow/overflow' }] });
  });
});

function fn(...path: readonly string[]): Effect['resource'] {
  return { kind: 'function', path, system: false };
}

describe('policies of one\'s own', () => {
  test('a resource that a policy names is a class of its own', () => {
    const folder = pack('mine', { 'a.cedar': `${permitAll}@id("payroll") @title("payroll") forbid (principal, action, resource == Table::"db/hr.salaries");\n@id("hr") @title("hr") forbid (principal, action == Action::"delete", resource in Schema::"db/hr");` });
    const own = new CedarDecisionPoint([folder]);
    const at = (path: readonly string[], verb: Effect['verb'] = 'read'): string => own.decide(request([effect({ verb, resource: { kind: 'table', path, system: false } })])).outcome;
    expect([at(['public', 'a']), at(['hr', 'salaries']), at(['hr', 'people']), at(['hr', 'people'], 'delete'), at(['public', 'a'], 'delete')]).toEqual(['permit', 'deny', 'permit', 'deny', 'permit']);
  });

  test('a function that runs is refused by a policy that speaks of it, and needs no permit', () => {
    const speaking = pack('mine', { 'a.cedar': `${permitAll}@id("purge") @title("p") @mend("ask the owners") forbid (principal, action == Action::"execute", resource == Function::"db/public.purge");
@id("hr") @title("h") @hold("approval") @approvers("hr") @quorum("1") forbid (principal, action, resource) when { resource in Schema::"db/hr" } unless { context has approval && context.approval.groups.contains(Group::"hr") };
@id("purpose") @title("p") forbid (principal, action in Action::"any", resource) when { !context.purpose.verbs.contains(context.verb) };
@id("seen") @title("s") @mode("observe") forbid (principal, action == Action::"execute", resource is Function);` });
    const own = new CedarDecisionPoint([speaking]);
    const reads = { purpose: { name: 'read', verbs: ['read'], labels: [] } } as const;
    const out = (effects: readonly Effect[], ...calls: readonly Effect['resource'][]): string => formatDecision(own.decide(request(effects, { calls, ...reads })));
    expect(out([effect()], fn('public', 'purge'))).toBe('deny forbidden by mine/purge would-deny=mine/seen');
    expect(out([], fn('public', 'purge'))).toBe('deny forbidden by mine/purge would-deny=mine/seen');
    expect(out([effect()], fn('hr', 'raise'))).toBe('hold approval=hr:1 by mine/hr would-deny=mine/seen');
    // What the purpose allows is asked of effects: a call is none.
    expect(out([effect()], fn('public', 'lower_all'))).toBe('permit by mine/all would-deny=mine/seen');
    expect(out([effect()])).toBe('permit by mine/all');
    expect(own.decide(request([effect()], { calls: [fn('public', 'purge')], ...reads }))).toMatchObject({ because: [], policies: [{ id: 'mine/purge', mend: 'it runs `function:public.purge`; ask the owners' }] });
    // Nobody but a policy that speaks of functions is asked: the baseline has none.
    expect(formatDecision(pdp.decide(request([effect()], { calls: [fn('public', 'purge')], ...reads })))).toBe('permit by baseline/grant');
  });

  test('moments that a policy writes out bound the answer; one that computes with the time is never kept', () => {
    expect(until('true')).toBe(Number.POSITIVE_INFINITY);
    expect(until('context.now < datetime("2026-01-01T06:00:00Z")')).toBe(now + 6 * hour);
    expect(until('datetime("2026-01-01T00:00:00Z") >= context.now')).toBe(now + 1);
    expect(until('context.now.toTime() > duration("-1ms")')).toBe(0);
    expect(until('context.now.offset(duration("1h")) > datetime("2026-01-01T00:00:00Z")')).toBe(0);
  });

  test('a policy that looks at a set of verbs as a whole sees all of it', () => {
    const folder = pack('verbs', { 'a.cedar': `${permitAll}@id("wide") @title("wide") forbid (principal, action in Action::"any", resource) when { context.purpose.verbs.containsAll([Verb::"read", Verb::"destroy"]) };` });
    const own = new CedarDecisionPoint([folder]);
    expect(own.decide(request([effect()])).outcome).toBe('deny');
    expect(own.decide(request([effect()], { purpose: { name: 'work', verbs: ['read'], labels: [] } })).outcome).toBe('permit');
  });

  test('the open pack permits everything, also what was not read and what is the target\'s own', () => {
    const all = new CedarDecisionPoint([open]);
    const effects = [effect({ verb: 'opaque', reason: 'syntax' }), effect({ verb: 'update', resource: { kind: 'setting', path: ['standard_conforming_strings'], system: true } }), effect({ verb: 'export', sink: 'program' })];
    expect(all.decide(request(effects, { principal: agent({ enabled: false, grants: [] }) })).outcome).toBe('permit');
  });
});

const rule = (id: string, verb: string): string => `@id("${id}") @title("${id}") forbid (principal, action == Action::"${verb}", resource);\n`;

describe('reload', () => {
  test('swaps whole sets; a broken one leaves the old in force', () => {
    const folder = pack('mine', { 'a.cedar': permitAll });
    const own = new CedarDecisionPoint([folder]);
    const [before, generation] = [own.version, own.generation];
    expect(own.decide(request([effect()])).outcome).toBe('permit');

    writeFileSync(join(folder, 'a.cedar'), 'permit (principal, action, resource;');
    expect(own.reload()).toMatchObject({ ok: false, inForce: before, errors: [{ file: join(folder, 'a.cedar'), line: 1, column: 36 }] });
    expect([own.version, own.generation, own.decide(request([effect()])).outcome]).toEqual([before, generation, 'permit']);

    writeFileSync(join(folder, 'a.cedar'), '@id("none") @title("none") forbid (principal, action, resource);');
    expect(own.reload()).toMatchObject({ ok: true, from: before, to: own.version, ids: ['mine/none'], changes: { added: ['mine/none'], changed: [], removed: ['mine/all'] } });
    expect(own.generation).toBe(generation + 1);
    expect(formatDecision(own.decide(request([effect()])))).toBe('deny forbidden by mine/none');

    // back and forth: two slots serve for ever
    writeFileSync(join(folder, 'a.cedar'), permitAll);
    expect(own.reload()).toMatchObject({ ok: true, to: before });
    expect(own.decide(request([effect()])).outcome).toBe('permit');
  });

  test('says which policies came, changed and went; what is no policy is none of them', () => {
    const folder = pack('mine', { 'a.cedar': `${permitAll}${rule('a', 'read')}${rule('b', 'read')}${rule('c', 'read')}` });
    const own = new CedarDecisionPoint([folder]);
    writeFileSync(join(folder, 'a.cedar'), `${permitAll}${rule('d', 'read')}${rule('b', 'delete')}${rule('a', 'read')}`);
    expect(own.reload()).toMatchObject({ changes: { added: ['mine/d'], changed: ['mine/b'], removed: ['mine/c'] } });
    writeFileSync(join(folder, 'a.cedar'), `${permitAll}${rule('d', 'read')}${rule('b', 'delete')}${rule('a', 'read')}// that is all\n`);
    expect(own.reload()).toMatchObject({ ok: true, changes: { added: [], changed: [], removed: [] } });
  });

  test('two decision points do not share what they parsed', () => {
    const strict = new CedarDecisionPoint([pack('none', { 'a.cedar': '@id("none") @title("none") forbid (principal, action, resource);' })]);
    const all = new CedarDecisionPoint([open]);
    expect([strict.decide(request([effect()])).outcome, all.decide(request([effect()])).outcome]).toEqual(['deny', 'permit']);
  });

  test('a set that errors on a case of its own tests does not come into force', () => {
    const overflow = '@id("overflow") @title("overflow") forbid (principal, action == Action::"delete", resource) when { context.amount.rows + 9223372036854775807 > 0 };';
    const folder = pack('mine', { 'a.cedar': permitAll + overflow, 'tests/a.decide': 'decide\ndelete table:public.a extent=one amount=5\n----\npermit by mine/all\n' });
    expect(() => new CedarDecisionPoint([folder])).toThrow(PolicyLoadError);
    expect(() => new CedarDecisionPoint([folder])).toThrow(/a\.decide:1:1: a case of the set's own tests comes out as `deny indeterminate by mine\/overflow`/);
  });

  test('nor does a folder that is not there', () => {
    expect(() => new CedarDecisionPoint([join(baseline, 'missing')])).toThrow(/policy folder cannot be read/);
  });
});
