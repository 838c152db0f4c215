/** Walks Cedar's JSON policy format (docs.cedarpolicy.com, "JSON policy format"), as `policyToJson` returns it. */
export type Json = Record<string, unknown>;

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Every object in it, outermost first. */
export function* objects(value: unknown): Generator<Json> {
  if (Array.isArray(value)) for (const item of value) yield* objects(item);
  else if (isObject(value)) {
    yield value;
    for (const member of Object.values(value)) yield* objects(member);
  }
}

export function member(value: unknown, key: string): unknown {
  return isObject(value) ? value[key] : undefined;
}

/** The variable at the root of `resource.target.environment`: `resource`. */
export function root(expression: unknown): string | undefined {
  let at = expression;
  while (member(at, '.') !== undefined) at = member(member(at, '.'), 'left');
  const variable = member(at, 'Var');
  return typeof variable === 'string' ? variable : undefined;
}

/** `context.approval.until` is `['context', 'approval', 'until']`; undefined for what is no such path. */
export function attributePath(expression: unknown): readonly string[] | undefined {
  const path: string[] = [];
  let at = expression;
  for (let dot = member(at, '.'); dot !== undefined; dot = member(at, '.')) {
    const name = member(dot, 'attr');
    if (typeof name === 'string') path.unshift(name);
    at = member(dot, 'left');
  }
  const variable = member(at, 'Var');
  return typeof variable === 'string' ? [variable, ...path] : undefined;
}

/** Entities that are written out in it, in the scope or in an expression. */
export function* literals(policy: unknown): Generator<{ readonly type: string; readonly id: string }> {
  for (const object of objects(policy)) {
    if (typeof object['type'] === 'string' && typeof object['id'] === 'string') yield { type: object['type'], id: object['id'] };
  }
}

/** Entity types that it tests with `is`, in the scope too. */
export function* typeTests(policy: unknown): Generator<string> {
  for (const object of objects(policy)) {
    const tested: unknown = member(object['is'], 'entity_type') ?? (object['op'] === 'is' ? object['entity_type'] : undefined);
    if (typeof tested === 'string') yield tested;
  }
}

/** Does it read `context.<name>`? */
export function readsContext(policy: unknown, name: string): boolean {
  for (const object of objects(policy)) {
    if (object['.'] !== undefined && attributePath(object)?.slice(0, 2).join('.') === `context.${name}`) return true;
    const has = object['has'];
    if (has === undefined) continue;
    const attr: unknown = member(has, 'attr');
    const first: unknown = Array.isArray(attr) ? attr[0] : attr;
    if (root(member(has, 'left')) === 'context' && first === name) return true;
  }
  return false;
}

/** Attribute names that it tests with `has`, each with the variable it starts from. */
export function* presenceTests(policy: unknown): Generator<readonly string[]> {
  for (const object of objects(policy)) {
    const has = object['has'];
    if (has === undefined) continue;
    const attr: unknown = member(has, 'attr');
    const path: readonly unknown[] = Array.isArray(attr) ? attr : [attr];
    yield [...(attributePath(member(has, 'left')) ?? ['?']), ...path.map(String)];
  }
}

/** Variables whose hierarchy it tests with `in`, in the scope too. Action groups are closed, so `action in` does not count. */
export function* hierarchyTests(policy: unknown): Generator<string> {
  for (const variable of ['principal', 'resource']) {
    const scope = member(policy, variable);
    if (member(scope, 'op') === 'in' || member(scope, 'in') !== undefined) yield variable;
  }
  for (const object of objects(member(policy, 'conditions'))) {
    const test = object['in'];
    const left = member(test, 'left') ?? (object['is'] === undefined || member(object['is'], 'in') === undefined ? undefined : member(object['is'], 'left'));
    const variable = left === undefined ? undefined : root(left);
    if (variable !== undefined && variable !== 'action') yield variable;
  }
}

/**
 * Verbs that it looks for in a set of verbs, beside `context.verb`: then the set's other members make no difference. Undefined when it does
 * anything else with such a set.
 */
export function verbsSought(policy: unknown): ReadonlySet<string> | undefined {
  const sought = new Set<string>();
  let sets = 0;
  let plain = 0;
  for (const object of objects(policy)) {
    if (member(object['.'], 'attr') === 'verbs') sets += 1;
    const test = object['contains'];
    if (member(member(member(test, 'left'), '.'), 'attr') !== 'verbs') continue;
    const right = member(test, 'right');
    const literal = member(member(right, 'Value'), '__entity');
    const verb = member(literal, 'id');
    if (attributePath(right)?.join('.') === 'context.verb') plain += 1;
    else if (member(literal, 'type') === 'Verb' && typeof verb === 'string') { sought.add(verb); plain += 1; }
  }
  return plain === sets ? sought : undefined;
}

/** When does a policy's answer change by the mere passing of time? */
export interface TimeReads {
  readonly now: boolean;
  /** Moments that are written out in it, ms. */
  readonly moments: readonly number[];
  /** It computes with the time, so that no nearest moment can be told. */
  readonly volatile: boolean;
}

const comparisons = ['<', '<=', '>', '>=', '==', '!='];

export function timeReads(policy: unknown): TimeReads {
  const moments: number[] = [];
  let reads = 0;
  let plain = 0;
  let variables = 0;
  let followed = 0;
  for (const object of objects(policy)) {
    if (object['Var'] === 'context') variables += 1;
    for (const operator of ['.', 'has']) if (member(member(object[operator], 'left'), 'Var') === 'context') followed += 1;
    if (attributePath(object)?.join('.') === 'context.now') reads += 1;
    for (const operator of comparisons) {
      const left = member(object[operator], 'left');
      const right = member(object[operator], 'right');
      const other = attributePath(left)?.join('.') === 'context.now' ? right : attributePath(right)?.join('.') === 'context.now' ? left : undefined;
      if (other === undefined) continue;
      const written: unknown = member(other, 'datetime');
      const value = Array.isArray(written) ? member(written[0], 'Value') : undefined;
      const moment = typeof value === 'string' ? Date.parse(value) : Number.NaN;
      if (!Number.isNaN(moment)) { moments.push(moment); plain += 1; }
      else if (attributePath(other)?.at(-1) === 'until') plain += 1;
    }
  }
  // A context that is compared or passed on whole would take the time with it.
  return { now: reads > 0, moments, volatile: plain < reads || followed < variables };
}
