import { describe, expect, test } from 'vitest';
import { prepare, slotPair } from './cedar.ts';
import { checkPolicies } from './check.ts';
import { CedarDecisionPoint } from './decision-point.ts';
import { levels, mostBrackets, mostLevels, tooDeepAt } from './depth.ts';
import { Engine, reader, Trap, type Cedar } from './engine.ts';
import { formatDecision } from './golden.ts';
import { formatIssue } from './issue.ts';
import { loadPolicies } from './load.ts';
import { effect, pack, permitAll, request } from './samples.ts';
import { verdict } from './verdict.ts';
import { askerOf, effectQuestion } from './effect-question.ts';

/** Traps cedar-wasm 4.13.0, whose stack is 1 MiB. */
const deep = `permit (principal, action, resource) when { ${'('.repeat(500)}true${')'.repeat(500)} };`;

function trap(cedar: Cedar): unknown {
  return cedar.policyToJson(deep);
}

function policy(condition: string): string {
  return `${permitAll}@id("x") @title("x")\nforbid (principal, action == Action::"delete", resource) when { ${condition} };`;
}

function chain(count: number): string {
  return Array.from({ length: count }, (_, index) => `context.amount.rows != ${index}`).join(' && ');
}

function nested(count: number): string {
  return `${'('.repeat(count)}context.derived${')'.repeat(count)}`;
}

function errorsOf(condition: string): readonly string[] {
  return checkPolicies([pack('p', { 'a.cedar': policy(condition) })]).errors.map((issue) => formatIssue(issue).replace(/^.*\/p\//, ''));
}

describe('an instance that trapped', () => {
  test('is good for nothing, and is replaced', () => {
    const engine = new Engine();
    let kept: Cedar | undefined;
    engine.use((cedar) => { kept = cedar; });
    expect(() => engine.use(trap)).toThrow(Trap);
    // This is why: the fault of one call is in all that follow.
    expect(() => kept?.policyToJson('permit (principal, action, resource);')).toThrow('memory access out of bounds');
    expect(engine.use((cedar) => cedar.policyToJson('permit (principal, action, resource);'))).toMatchObject({ type: 'success' });
    expect(engine.traps).toBe(1);
  });

  test('what stood in it stands in the next one', () => {
    const engine = new Engine();
    engine.keep((cedar) => { cedar.preparsePolicySet('kept', { staticPolicies: { a: 'permit (principal, action, resource);' } }); });
    const ask = (): unknown => engine.use((cedar) => cedar.statefulIsAuthorized({
      principal: { type: 'A', id: 'a' }, action: { type: 'Action', id: 'a' }, resource: { type: 'A', id: 'a' }, context: {}, entities: [], preparsedPolicySetId: 'kept', validateRequest: false,
    }));
    expect(ask()).toMatchObject({ response: { decision: 'allow' } });
    expect(() => engine.use(trap)).toThrow(Trap);
    expect(ask()).toMatchObject({ response: { decision: 'allow' } });
  });

  test('other faults replace nothing', () => {
    const engine = new Engine();
    expect(() => engine.use(() => { throw new TypeError('ours'); })).toThrow(TypeError);
    expect(engine.traps).toBe(0);
  });

  test('that decides is refused once, and decides again', () => {
    const { set } = loadPolicies([pack('p', { 'a.cedar': permitAll })]);
    if (set === undefined) throw new Error('the set does not load');
    const [slot] = slotPair();
    expect(prepare(slot, set)).toBeUndefined();
    const question = effectQuestion(effect(), askerOf(request([])), undefined, undefined, set.traits);
    expect(() => slot.engine.use(trap)).toThrow(Trap);
    expect(verdict(slot, set, question).outcome).toBe('permit');
  });
});

describe('policies that are too deep', () => {
  test.each([
    ['brackets', nested(mostBrackets + 1), /^a\.cedar:3:\d+: has more than 40 brackets within each other; write it flatter/],
    ['brackets without end', nested(100_000), /has more than 40 brackets within each other/],
    ['negations', `${'!('.repeat(60)}true${')'.repeat(60)}`, /brackets within each other/],
    ['sets of sets', `${'['.repeat(60)}1${']'.repeat(60)}.isEmpty()`, /brackets within each other/],
    ['a chain of conditions', chain(150), /^a\.cedar:2:1: policy joins more conditions than can be evaluated/],
    ['one that ends the parser', chain(4_000), /^a\.cedar: Cedar gave up \(memory access out of bounds\)/],
    ['choices', `${'if context.derived then '.repeat(4_000)}true${' else false'.repeat(4_000)}`, /^a\.cedar: Cedar gave up/],
  ])('are refused before they are in force: %s', (_, condition, pattern) => {
    const errors = errorsOf(condition);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(pattern);
    // And leave nothing behind.
    expect(errorsOf('context.derived')).toEqual([]);
  });

  test.each([['brackets', nested(mostBrackets - 5)], ['a chain', chain(100)], ['a set', `[${Array.from({ length: 5_000 }, (_, index) => index).join(', ')}].contains(context.amount.rows)`]])('what is as deep as it may be is evaluated: %s', (_, condition) => {
    const point = new CedarDecisionPoint([pack('p', { 'a.cedar': policy(condition) })]);
    expect(['permit by p/all', 'deny forbidden by p/x']).toContain(formatDecision(point.decide(request([effect({ verb: 'delete' })]))));
    expect(formatDecision(point.decide(request([effect()])))).toBe('permit by p/all');
  });

  test('a reload with one leaves the decisions as they were, and the next reload works', () => {
    const point = new CedarDecisionPoint([pack('p', { 'a.cedar': policy('true') })]);
    const decides = (): readonly string[] => [effect(), effect({ verb: 'delete' }), effect({ verb: 'insert' })].map((one) => formatDecision(point.decide(request([one]))));
    const before = decides();
    for (const condition of [nested(1_000), chain(4_000), chain(150)]) {
      expect(point.reload([pack('p', { 'a.cedar': policy(condition) })]).ok).toBe(false);
      point.forget();
      expect(decides()).toEqual(before);
    }
    expect(point.reload([pack('p', { 'a.cedar': policy('false || context.extent == Extent::"all"') })]).ok).toBe(true);
    expect(decides()).toEqual(['permit by p/all', 'permit by p/all', 'permit by p/all']);
  });

  test('brackets in texts and comments are none', () => {
    expect(tooDeepAt(`// ${'('.repeat(99)}\n@title("${'('.repeat(99)}\\"${'['.repeat(99)}") permit (principal, action, resource);`)).toBeUndefined();
    expect(tooDeepAt(`${'('.repeat(mostBrackets)})${'('.repeat(2)}`)).toBe(mostBrackets + 2);
    expect([levels(1), levels([]), levels({ a: [1] })]).toEqual([0, 0, 2]);
    expect(mostLevels).toBeLessThan(300);
  });

  test('more policies than a reload has time for', () => {
    const many = Array.from({ length: 501 }, (_, index) => `@id("x${index}") @title("x") forbid (principal, action == Action::"delete", resource);`).join('\n');
    expect(checkPolicies([pack('p', { 'a.cedar': many })]).errors).toEqual([expect.objectContaining({ message: 'there are 501 policies, and at most 500 are read' })]);
    expect(checkPolicies([pack('p', { 'a.cedar': many.slice(0, many.indexOf('"x400"') - 4), 'b.cedar': many.slice(many.indexOf('"x400"') - 4).replaceAll('"x4', '"y4') + many.slice(0, many.indexOf('"x200"') - 4).replaceAll('"x', '"z') })]).errors).toEqual([expect.objectContaining({ message: expect.stringMatching(/^there are 701 policies/) })]);
  });
});

test('what is read and what decides do not share an instance', () => {
  const point = new CedarDecisionPoint([pack('p', { 'a.cedar': policy('true') })]);
  const traps = reader.traps;
  expect(() => reader.use(trap)).toThrow(Trap);
  expect(reader.traps).toBe(traps + 1);
  expect(formatDecision(point.decide(request([effect({ verb: 'delete' })])))).toBe('deny forbidden by p/x');
});
