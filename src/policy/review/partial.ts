import type { CedarValueJson, EntityJson, PolicyJson, TypeAndId } from '@cedar-policy/cedar-wasm/nodejs';
import { safe } from '../cedar.ts';
import { reader } from '../engine.ts';
import { isObject, member, objects, type Json } from '../expression.ts';
import type { Policy } from '../policy.ts';
import { simplified, unknown, valueOf } from './simplify.ts';
import type { ActionFacts } from './vocabulary.ts';

/** What is left of a policy when a part of the request is known. `untold`: the evaluator could not say. */
export type Residual =
  | { readonly kind: 'never' }
  | { readonly kind: 'always' }
  | { readonly kind: 'where'; readonly condition: Json }
  | { readonly kind: 'untold'; readonly why: string };

/** Of an attribute of the context: its value, or only that it is there or is not. */
export type Fact = { readonly value: CedarValueJson } | 'absent' | 'present';

/** Attributes of the context of which something is known. */
export type Known = ReadonlyMap<string, Fact>;

/** What is known of the request, with what of the resource's own attributes is. */
export interface KnownParts {
  readonly context: Known;
  readonly resource?: ReadonlyMap<string, CedarValueJson>;
}

/** One policy, with what is known to it. `id` tells the answers apart. */
export interface Asked {
  readonly id: string;
  readonly policy: Policy;
  readonly known: KnownParts;
}

export interface PartialRequest {
  readonly action: string;
  readonly facts: ActionFacts;
  /** Without it principal and resource are unknown. */
  readonly parties?: { readonly principal: TypeAndId; readonly resource: TypeAndId; readonly entities: readonly EntityJson[] };
}

/** Integers beyond it are rounded on their way through JSON, so that nothing is said of a policy that has one. */
const largest = Number.MAX_SAFE_INTEGER;

/** A value as an expression of Cedar's JSON policy format. */
function expression(value: CedarValueJson): Json {
  if (Array.isArray(value)) return { Set: value.map(expression) };
  if (!isObject(value)) return { Value: value };
  if (member(value, '__entity') !== undefined) return { Value: value };
  const call = member(value, '__extn');
  if (call !== undefined) return { [String(member(call, 'fn'))]: [{ Value: member(call, 'arg') }] };
  return { Record: Object.fromEntries(Object.entries(value).map(([name, one]) => [name, expression(one as CedarValueJson)])) }; // a record of values holds values
}

/** What stands for `context has approval` where that is not known. */
export function presenceOf(name: string): string {
  return `has ${name}`;
}

function valueOrUnknown(name: string, fact: Fact | undefined): Json {
  return typeof fact === 'object' ? expression(fact.value) : unknown(name);
}

/** The expression with what is known in the place of what it reads. Cedar does not look into a record of which a part is unknown. */
function withKnown(value: unknown, known: KnownParts, facts: ActionFacts): unknown {
  if (Array.isArray(value)) return value.map((one) => withKnown(one, known, facts));
  if (!isObject(value)) return value;
  const read = value['.'];
  const attr = member(read, 'attr');
  if (member(member(read, 'left'), 'Var') === 'context' && typeof attr === 'string') {
    return valueOrUnknown(attr, known.context.get(attr));
  }
  const own = member(member(read, 'left'), 'Var') === 'resource' && typeof attr === 'string' ? known.resource?.get(attr) : undefined;
  if (own !== undefined) return expression(own);
  const test = value['has'];
  if (member(member(test, 'left'), 'Var') === 'context') {
    const names: unknown = member(test, 'attr');
    const [first = '', ...rest] = (Array.isArray(names) ? names : [names]).map(String);
    const fact = known.context.get(first);
    if (fact === 'absent' || !facts.context.has(first)) return { Value: false };
    const here = fact !== undefined || facts.context.get(first) === true;
    const more = rest.length === 0 ? { Value: true } : { has: { left: valueOrUnknown(first, fact), attr: rest.length === 1 ? rest[0] : rest } };
    return here ? more : { '&&': { left: unknown(presenceOf(first)), right: more } };
  }
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, key === 'Value' ? one : withKnown(one, known, facts)]));
}

const rounded = new WeakMap<PolicyJson, boolean>();

function isRounded(json: PolicyJson): boolean {
  let is = rounded.get(json);
  if (is === undefined) rounded.set(json, is = [...objects(json.conditions)].some(({ Value: value }) => typeof value === 'number' && Math.abs(value) > largest));
  return is;
}

/** Does its scope leave the action out? Cedar would say so too; most policies are of a few actions, and each costs a millisecond. */
function isOfOther({ action }: PolicyJson, name: string, { groups }: ActionFacts): boolean {
  if (action.op === 'All' || 'slot' in action) return false;
  const named = 'entity' in action ? [action.entity] : action.entities;
  return !named.some((one) => {
    const id = '__entity' in one ? one['__entity'].id : one.id;
    return id === name || (action.op === 'in' && groups.includes(id));
  });
}

function residualOf(policy: unknown): Residual {
  const conditions: unknown = member(policy, 'conditions');
  const bodies = (Array.isArray(conditions) ? conditions : []).map((clause): Json => {
    const body = member(clause, 'body');
    const own = isObject(body) ? body : { Value: false };
    return member(clause, 'kind') === 'unless' ? { '!': { arg: own } } : own;
  });
  const condition = simplified(bodies.length === 0 ? { Value: true } : bodies.reduce((left, right) => ({ '&&': { left, right } })));
  const value = valueOf(condition);
  return value === true ? { kind: 'always' } : value === false ? { kind: 'never' } : { kind: 'where', condition };
}

/**
 * What is left of each policy. By Cedar's own partial evaluation, so that no rule of its language is written twice; what it proves holds of every
 * request that agrees with what is known. A policy that cannot be evaluated at all is `never`: it neither permits nor forbids. Total.
 */
export function residuals(all: readonly Asked[], request: PartialRequest): ReadonlyMap<string, Residual> {
  const found = new Map<string, Residual>();
  const told: Asked[] = [];
  for (const asked of all) {
    if (isOfOther(asked.policy.json, request.action, request.facts)) found.set(asked.id, { kind: 'never' });
    else if (isRounded(asked.policy.json)) found.set(asked.id, { kind: 'untold', why: 'it has an integer that is too large' });
    else told.push(asked);
  }
  const fault = told.length === 0 ? undefined : evaluate(told, request, found);
  // One that Cedar does not take must not hide the others.
  if (fault !== undefined) for (const asked of told) found.set(asked.id, told.length === 1 ? { kind: 'untold', why: fault } : residuals([asked], request).get(asked.id) ?? { kind: 'untold', why: fault });
  return found;
}

function evaluate(all: readonly Asked[], { action, facts, parties }: PartialRequest, into: Map<string, Residual>): string | undefined {
  try {
    const answer = reader.use((cedar) => cedar.isAuthorizedPartial({
      principal: parties?.principal ?? null, resource: parties?.resource ?? null, action: { type: 'Action', id: action },
      context: Object.fromEntries([...facts.context.keys()].map((name) => [name, { __extn: { fn: 'unknown', arg: name } }])),
      entities: [{ uid: { type: 'Action', id: action }, attrs: {}, parents: facts.groups.map((id) => ({ type: 'Action', id })) }, ...parties?.entities ?? []],
      policies: { staticPolicies: Object.fromEntries(all.map(({ id, policy: { json }, known }) => [id, { ...json, conditions: withKnown(json.conditions, known, facts) as PolicyJson['conditions'] }])) }, // expressions in, expressions out
    }));
    if (answer.type === 'failure') return safe(answer.errors.map((error) => error.message).join('; '));
    for (const { id } of all) into.set(id, residualOf(answer.response.residuals[id]));
    return undefined;
  } catch (error) {
    return safe(error);
  }
}
