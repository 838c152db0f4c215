import type { PolicyJson } from '@cedar-policy/cedar-wasm/nodejs';
import { reader } from '../engine.ts';
import { isObject, member, type Json } from '../expression.ts';

/** What stands in a residual for what is not known. */
export function unknown(name: string): Json {
  return { unknown: [{ Value: name }] };
}

/** True and false of an expression that is one; undefined of all others. */
export function valueOf(expression: unknown): boolean | undefined {
  const value = member(expression, 'Value');
  return typeof value === 'boolean' ? value : undefined;
}

function operands(expression: Json, operator: string): readonly [Json, Json] | undefined {
  const [left, right] = [member(expression[operator], 'left'), member(expression[operator], 'right')];
  return isObject(left) && isObject(right) ? [left, right] : undefined;
}

/** Constants taken out of `&&`, `||`, `!` and `if`, which is what Cedar leaves behind. An operand that cannot be evaluated counts as false. */
export function simplified(expression: Json): Json {
  const and = operands(expression, '&&');
  if (and !== undefined) {
    const [left, right] = [simplified(and[0]), simplified(and[1])];
    if (valueOf(left) === false || valueOf(right) === false) return { Value: false };
    return valueOf(left) === true ? right : valueOf(right) === true ? left : { '&&': { left, right } };
  }
  const or = operands(expression, '||');
  if (or !== undefined) {
    const [left, right] = [simplified(or[0]), simplified(or[1])];
    if (valueOf(left) === true || valueOf(right) === true) return { Value: true };
    return valueOf(left) === false ? right : valueOf(right) === false ? left : { '||': { left, right } };
  }
  const negated = member(expression['!'], 'arg');
  if (isObject(negated)) {
    const arg = simplified(negated);
    const inner = member(arg['!'], 'arg');
    return valueOf(arg) === undefined ? isObject(inner) ? inner : { '!': { arg } } : { Value: valueOf(arg) === false };
  }
  const choice = expression['if-then-else'];
  const [test, then, other] = [member(choice, 'if'), member(choice, 'then'), member(choice, 'else')];
  if (!isObject(test) || !isObject(then) || !isObject(other)) return expression;
  const [tested, yes, no] = [simplified(test), simplified(then), simplified(other)];
  if (valueOf(tested) !== undefined) return valueOf(tested) === true ? yes : no;
  // oxlint-disable-next-line unicorn/no-thenable -- Cedar's word for the branch
  return { 'if-then-else': { if: tested, then: yes, else: no } };
}

/** Unknowns as a policy writes them. */
function written(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(written);
  if (!isObject(value)) return value;
  const call = value['unknown'];
  const name: unknown = Array.isArray(call) ? member(call[0], 'Value') : undefined;
  if (name === 'principal' || name === 'resource') return { Var: name };
  if (typeof name === 'string') return name.startsWith('has ') ? { has: { left: { Var: 'context' }, attr: name.slice(4) } } : { '.': { left: { Var: 'context' }, attr: name } };
  // `a != b` and `a > b` are `!(a == b)` and `!(a <= b)` in Cedar's own tree.
  const arg = member(value['!'], 'arg');
  for (const [operator, opposite] of [['==', '!='], ['<=', '>'], ['<', '>=']] as const) {
    const sides = isObject(arg) ? operands(arg, operator) : undefined;
    if (sides !== undefined) return { [opposite]: { left: written(sides[0]), right: written(sides[1]) } };
  }
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, key === 'Value' ? one : written(one)]));
}

/** A condition as Cedar's text, in one line. */
export function conditionText(condition: Json): string {
  const all = { op: 'All' } as const;
  const policy = { effect: 'forbid', principal: all, action: all, resource: all, conditions: [{ kind: 'when', body: written(condition) }] } as PolicyJson; // an expression that Cedar gave
  const answer = reader.use((cedar) => cedar.policyToText(policy));
  const text = answer.type === 'success' ? /when \{ ([^]*) \};\s*$/.exec(answer.text)?.[1] : undefined;
  return text ?? 'a condition that cannot be written';
}
