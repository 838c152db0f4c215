import { isObject, member, type Json } from '../expression.ts';
import { unknown, valueOf } from './simplify.ts';
import type { ActionFacts, Vocabulary } from './vocabulary.ts';

/** A value of a term, as text: equal texts are equal values. `other` is any that nothing asks for. */
type Value = string | number | boolean;

/** Something of the request that conditions ask about, with every value that they can tell apart. */
interface Term {
  readonly name: string;
  readonly values: Set<Value>;
}

/**
 * A condition over terms that are taken to be independent. So it may hold of more than there can be, never of less: what holds of no
 * values of its terms holds of no request; what holds of some may still hold of none.
 */
export type Formula =
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'test'; readonly term: Term; readonly accepts: (value: Value) => boolean }
  | { readonly kind: 'not'; readonly of: Formula }
  | { readonly kind: 'and' | 'or'; readonly left: Formula; readonly right: Formula };

const other = 'other value';
/** Steps of a search; beyond it nothing is said. */
const mostSteps = 50_000;

/** 9999-12-31T23:59:59.999Z: evidence that is imagined ends then, and no request is made later. */
const endOfTime = 253_402_300_799_999;

/** Who asks and about what, as they stand in a residual. */
const parties: ReadonlyMap<string, 'principals' | 'resources'> = new Map([[JSON.stringify(unknown('principal')), 'principals'], [JSON.stringify(unknown('resource')), 'resources']]);

export const never: Formula = { kind: 'constant', value: false };
export const always: Formula = { kind: 'constant', value: true };

export function both(left: Formula, right: Formula): Formula { return { kind: 'and', left, right }; }
export function not(of: Formula): Formula { return { kind: 'not', of }; }

function either(left: Formula, right: Formula): Formula { return { kind: 'or', left, right }; }

/** A constant as a term's value: `Extent::"all"`, 5, "role", a moment in milliseconds. Undefined of what is none. */
function constant(expression: unknown): Value | undefined {
  const value = member(expression, 'Value');
  const entity = member(value, '__entity');
  if (entity !== undefined) return `${String(member(entity, 'type'))}::${String(member(entity, 'id'))}`;
  if (typeof value === 'string') return `"${value}`;
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  const written = member(expression, 'datetime');
  const text = Array.isArray(written) ? member(written[0], 'Value') : undefined;
  const moment = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  return Number.isNaN(moment) ? undefined : moment;
}

function members(expression: unknown): readonly unknown[] | undefined {
  const set = member(expression, 'Set') ?? member(expression, 'Value');
  return Array.isArray(set) ? set.map((one: unknown) => (isObject(one) && ('Value' in one || 'datetime' in one) ? one : { Value: one })) : undefined;
}

/** Formulas of one action's requests, which share their terms. */
export class Formulas {
  readonly #terms = new Map<string, Term>();
  readonly #vocabulary: Vocabulary;
  readonly #facts: ActionFacts;

  constructor(vocabulary: Vocabulary, facts: ActionFacts) {
    this.#vocabulary = vocabulary;
    this.#facts = facts;
  }

  of(condition: Json): Formula {
    const value = valueOf(condition);
    if (value !== undefined) return value ? always : never;
    for (const [operator, joined] of [['&&', both], ['||', either]] as const) {
      const [left, right] = [member(condition[operator], 'left'), member(condition[operator], 'right')];
      if (isObject(left) && isObject(right)) return joined(this.of(left), this.of(right));
    }
    const negated = member(condition['!'], 'arg');
    if (isObject(negated)) return not(this.of(negated));
    const choice = condition['if-then-else'];
    const [test, then, otherwise] = [member(choice, 'if'), member(choice, 'then'), member(choice, 'else')];
    if (isObject(test) && isObject(then) && isObject(otherwise)) {
      const tested = this.of(test);
      return either(both(tested, this.of(then)), both(not(tested), this.of(otherwise)));
    }
    return this.#compared(condition) ?? this.#typed(condition) ?? this.#flag(condition);
  }

  /** `x == c`, `x < c`, `[c, d].contains(x)`. */
  #compared(condition: Json): Formula | undefined {
    for (const operator of ['==', '!=', '<', '<=', '>', '>='] as const) {
      const sides = condition[operator];
      const [left, right] = [member(sides, 'left'), member(sides, 'right')];
      if (left === undefined) continue;
      const [a, b] = [constant(left), constant(right)];
      if ((a === undefined) === (b === undefined)) return undefined;
      return b === undefined ? this.#test(right, turned[operator], a) : this.#test(left, operator, b);
    }
    const sought = condition['contains'];
    const options = members(member(sought, 'left'))?.map(constant);
    if (options === undefined || options.includes(undefined)) return undefined;
    return options.reduce<Formula>((found, option) => either(found, this.#test(member(sought, 'right'), '==', option)), never);
  }

  #test(expression: unknown, operator: Operator, against: Value | undefined): Formula {
    if (against === undefined) return never;
    const type = typeof against === 'string' ? /^(\w+)::/.exec(against)?.[1] : undefined;
    const tested = this.#valued(expression, operator, against, type);
    // `resource == Table::"db/public.orders"` says of what type it is.
    const typed = type === undefined || (operator !== '==' && operator !== '!=') || !parties.has(JSON.stringify(expression)) ? undefined : this.#typed({ is: { left: expression, entity_type: type } });
    if (typed === undefined) return tested;
    return operator === '==' ? both(typed, tested) : either(not(typed), tested);
  }

  #valued(expression: unknown, operator: Operator, against: Value, type: string | undefined): Formula {
    const term = this.#term(JSON.stringify(expression));
    for (const value of typeof against === 'number' ? [against - 1, against, against + 1] : [against]) if (value !== endOfTime && value !== endOfTime + 1) term.values.add(value);
    const closed = type === undefined ? undefined : this.#vocabulary.closed.get(type);
    if (closed !== undefined) for (const id of closed) term.values.add(`${type ?? ''}::${id}`);
    else if (typeof against === 'boolean') for (const value of [true, false]) term.values.add(value);
    else if (typeof against === 'string') term.values.add(other);
    return { kind: 'test', term, accepts: (value) => holds(value, operator, against) };
  }

  /** `resource is Table`, `principal is Agent in Group::"x"`. */
  #typed(condition: Json): Formula | undefined {
    const test = condition['is'];
    const [left, type] = [member(test, 'left'), member(test, 'entity_type')];
    if (typeof type !== 'string') return undefined;
    const name = JSON.stringify(left);
    const term = this.#term(`type of ${name}`);
    const party = parties.get(name);
    for (const one of party === undefined ? [type, other] : this.#facts[party]) term.values.add(one);
    const typed: Formula = { kind: 'test', term, accepts: (value) => value === type };
    const container = member(test, 'in');
    return container === undefined ? typed : both(typed, this.#flag({ in: { left, right: container } }));
  }

  /** Whatever else is true or false. */
  #flag(condition: Json): Formula {
    const term = this.#term(JSON.stringify(condition));
    term.values.add(true).add(false);
    return { kind: 'test', term, accepts: (value) => value === true };
  }

  #term(name: string): Term {
    let term = this.#terms.get(name);
    if (term === undefined) this.#terms.set(name, term = { name, values: new Set() });
    return term;
  }
}

type Operator = '==' | '!=' | '<' | '<=' | '>' | '>=';
const turned: Readonly<Record<Operator, Operator>> = { '==': '==', '!=': '!=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' };

function holds(value: Value, operator: Operator, against: Value): boolean {
  if (operator === '==') return value === against;
  if (operator === '!=') return value !== against;
  if (typeof value !== 'number' || typeof against !== 'number') return false;
  return operator === '<' ? value < against : operator === '<=' ? value <= against : operator === '>' ? value > against : value >= against;
}

/** Can it hold? Undefined where that would take too long, or too deep, to find out. */
export function canHold(formula: Formula): boolean | undefined {
  try { return search(formula); } catch { return undefined; }
}

function search(formula: Formula): boolean | undefined {
  const chosen = new Map<Term, Value>();
  let steps = 0;
  const now = (one: Formula): boolean | Term => {
    switch (one.kind) {
      case 'constant': return one.value;
      case 'test': {
        const value = chosen.get(one.term);
        return value === undefined ? one.term : one.accepts(value);
      }
      case 'not': {
        const of = now(one.of);
        return typeof of === 'boolean' ? !of : of;
      }
      case 'and': case 'or': break;
    }
    const settles = one.kind === 'or';
    const left = now(one.left);
    if (left === settles) return settles;
    const right = now(one.right);
    if (right === settles || typeof left === 'boolean') return right;
    return left;
  };
  const choose = (): boolean | undefined => {
    steps += 1;
    if (steps > mostSteps) return undefined;
    const term = now(formula);
    if (typeof term === 'boolean') return term;
    let told = true;
    for (const value of term.values) {
      chosen.set(term, value);
      const found = choose();
      if (found === true) return true;
      if (found === undefined) told = false;
    }
    chosen.delete(term);
    return told ? false : undefined;
  };
  return choose();
}
