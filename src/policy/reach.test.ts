import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { extents, verbs, type Effect } from '../core/effect.ts';
import { CedarDecisionPoint } from './decision-point.ts';
import { formatDecision } from './golden.ts';
import { agent, baseline, effect, hour, now, pack, permitAll, request, testPack } from './samples.ts';

const naming = new CedarDecisionPoint([testPack('naming')]);
const severity = { permit: 0, hold: 1, deny: 2 } as const;

function table(...path: readonly string[]): Effect['resource'] {
  return { kind: 'table', path, system: false };
}

const known = fc.constantFrom('public', 'ledger', 'safe', 'vault', 'payroll', 'people', 'ssn', 'orders', 'audit', 'ledger_id_seq', 'app', 'tenant');
const kinds = fc.constantFrom('table', 'sequence', 'column', 'trigger', 'function', 'setting', 'index', 'path');
const effects: fc.Arbitrary<Effect> = fc.record({
  verb: fc.constantFrom(...verbs), resource: fc.record({ kind: kinds, path: fc.array(known, { minLength: 1, maxLength: 3 }), system: fc.constant(false) }), extent: fc.constantFrom(...extents),
  columns: fc.constantFrom<Effect['columns'][]>('all', [], ['id'], ['id', 'ssn']), reversible: fc.constant(true), span: fc.constant({ start: 0, end: 1 }), via: fc.constant([]),
});

describe('what an effect reaches and does not name', () => {
  test('a name that is not known is never treated better than one that it may be', () => {
    const seen = new Set<string>();
    fc.assert(fc.property(effects, fc.nat(2), fc.boolean(), (one, unknown, whole) => {
      const { path } = one.resource;
      const open = whole ? ['*'] : path.map((part, index) => (index === unknown % path.length ? '*' : part));
      const decide = (parts: readonly string[]): 'permit' | 'hold' | 'deny' => naming.decide(request([{ ...one, resource: { ...one.resource, path: parts } }])).outcome;
      const [sure, unsure] = [decide(path), decide(open)];
      seen.add(`${sure} ${unsure}`);
      expect(severity[unsure]).toBeGreaterThanOrEqual(severity[sure]);
    }), { numRuns: 400 });
    // The property says something: some are refused for what they may be, and some are not.
    expect([...seen]).toEqual(expect.arrayContaining(['permit deny', 'deny deny', 'permit permit']));
  });

  test('nor is a schema or a database treated better than a table in it', () => {
    fc.assert(fc.property(effects, fc.constantFrom('schema', 'database', 'target'), (one, kind) => {
      fc.pre(one.resource.kind === 'table' && one.resource.path.length === 2 && one.extent !== 'none' && one.extent !== 'one');
      const path = kind === 'schema' ? one.resource.path.slice(0, 1) : [];
      const inside = naming.decide(request([one])).outcome;
      expect(severity[naming.decide(request([{ ...one, resource: { kind, path, system: false }, columns: 'all' }])).outcome]).toBeGreaterThanOrEqual(severity[inside]);
    }), { numRuns: 150 });
  });

  test('nor is a partition, a child or what reaches one treated better than the table whose rows they hold', () => {
    const seen = new Set<string>();
    const roles = fc.constantFrom('partition', 'child', 'reached');
    const wholes = fc.constantFrom(['public', 'ledger'], ['safe', 'vault'], ['public', 'people'], ['payroll', 'orders'], ['public', 'payments']);
    fc.assert(fc.property(effects, wholes, roles, (made, path, role) => {
      const one: Effect = { ...made, resource: table(...path) };
      const other: Effect['resource'] = { kind: 'table', path: ['archive', 'part'], system: false };
      const resource: Effect['resource'] = role === 'reached' ? { ...other, parts: [one.resource] } : { ...other, partOf: { as: role, wholes: [one.resource] } };
      const [itself, under] = [naming.decide(request([one])).outcome, naming.decide(request([{ ...one, resource }])).outcome];
      seen.add(`${itself} ${under}`);
      expect(severity[under]).toBeGreaterThanOrEqual(severity[itself]);
    }), { numRuns: 400 });
    expect([...seen]).toEqual(expect.arrayContaining(['deny deny', 'permit permit', 'hold hold']));
  });

  test('what is remembered is what would be decided anew', () => {
    fc.assert(fc.property(effects, fc.boolean(), (one, open) => {
      const asked = request([open ? { ...one, resource: { ...one.resource, path: ['*'] } } : one]);
      expect(naming.decide(asked)).toEqual(naming.decide({ ...asked, evidence: {} }));
    }), { numRuns: 150 });
  });

  test.each([
    ['a name that may be another', effect({ verb: 'update', resource: { kind: 'sequence', path: ['*'], system: false } }), '`sequence:*` may be `sequence:public.ledger_id_seq`: write the name out, with its schema; ask the bookkeepers'],
    ['a name without its schema', effect({ resource: table('ledger') }), '`table:ledger` may be `table:public.ledger`: write the name out, with its schema'],
    ['a container', effect({ verb: 'destroy', resource: { kind: 'database', path: ['shop'], system: false }, extent: 'all' }), '`database:shop` reaches `table:public.ledger`: name only what you mean'],
    ['a partition', effect({ resource: { ...table('public', 'part'), partOf: { as: 'partition', wholes: [table('public', 'ledger')] } } }), '`table:public.part` holds rows of `table:public.ledger`'],
    ['what is not understood', effect({ verb: 'opaque', reason: 'computed-code' }), 'what is not understood may reach `table:public.ledger`: write it so that it can be read'],
  ])('the refusal says why: %s', (_, one, mend) => {
    expect(naming.decide(request([one])).policies[0]).toMatchObject({ mend });
    // named outright, there is nothing to say of it
    expect(naming.decide(request([effect({ resource: table('public', 'ledger') })])).policies[0]).not.toHaveProperty('mend');
  });

  test('a policy that is only observed sees it, too', () => {
    const point = new CedarDecisionPoint([pack('mine', { 'a.cedar': `${permitAll}@id("a") @title("a") @mode("observe") forbid (principal, action, resource == Table::"db/public.ledger");` })]);
    expect(formatDecision(point.decide(request([effect({ resource: table('*') })])))).toBe('permit by mine/all would-deny=mine/a');
    expect(formatDecision(point.decide(request([effect({ resource: table('public', 'other') })])))).toBe('permit by mine/all');
  });

  test('where policies name more than can be asked about, nothing is decided', () => {
    const many = Array.from({ length: 250 }, (_, index) => `Table::"db/public.t${index}"`).join(', ');
    const point = new CedarDecisionPoint([pack('mine', { 'a.cedar': `${permitAll}@id("a") @title("a") forbid (principal, action == Action::"delete", resource is Table) when { [${many}].contains(resource) };` })]);
    expect(point.decide(request([effect({ resource: table('*') })]))).toMatchObject({ outcome: 'deny', reason: 'indeterminate', note: 'it may be any of 250 resources that policies name' });
    expect(formatDecision(point.decide(request([effect({ verb: 'delete', resource: table('public', 't7') })])))).toBe('deny forbidden by mine/a');
    expect(formatDecision(point.decide(request([effect({ verb: 'delete', resource: table('public', 'u') })])))).toBe('permit by mine/all');
  });

  test('what is no one resource has every label that policies name, and one that no grant does', () => {
    const labelling = new CedarDecisionPoint([baseline], { tested: true, labelling: () => ({ labels: [], classes: [] }) });
    const out = (resource: Effect['resource'], columns: Effect['columns'] = 'all'): string => formatDecision(labelling.decide(request([effect({ verb: 'export', sink: 'network', resource, columns })])));
    expect(out(table('public', 'orders'))).toBe('hold approval=security:1 by baseline/links-to-elsewhere');
    for (const unsure of [table('*'), table('orders'), { kind: 'schema', path: ['public'], system: false } as const, { kind: 'target', path: [], system: false } as const]) {
      expect(out(unsure)).toBe('deny forbidden by baseline/labelled-data-stays');
    }
    // Where nothing is labelled at all, there is nothing to be unsure of.
    expect(formatDecision(new CedarDecisionPoint([baseline], { tested: true }).decide(request([effect({ verb: 'export', sink: 'network', resource: table('*') })])))).toBe('hold approval=security:1 by baseline/links-to-elsewhere');
  });

  test('a grant of the whole target reaches it; one of a part does not', () => {
    const scoped = agent({ grants: [{ id: 'g', target: 'db', resources: [table('public', 'orders'), { kind: 'schema', path: ['other'], system: false }], verbs: ['read'], unmask: [], until: now + hour }] });
    const point = new CedarDecisionPoint([baseline], { tested: true });
    const at = (resource: Effect['resource']): string => point.decide(request([effect({ resource })], { principal: scoped })).outcome;
    expect([table('public', 'orders'), table('other', '*'), table('*'), table('*', 'orders'), table('orders')].map(at)).toEqual(['permit', 'permit', 'deny', 'deny', 'deny']);
  });
});
