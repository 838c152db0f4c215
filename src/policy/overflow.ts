import { isObject, member, objects } from './expression.ts';

/** Bounds of an integer, both included. */
type Range = readonly [bigint, bigint];

/** What the gateway hands over is no larger: `context` clamps it. */
const anyFact: Range = [0n, BigInt(Number.MAX_SAFE_INTEGER)];
const [least, most] = [-(2n ** 63n), 2n ** 63n - 1n];

function over(a: Range, b: Range, operation: (a: bigint, b: bigint) => bigint): Range {
  const corners = a.flatMap((one) => b.map((other) => operation(one, other)));
  return [corners.reduce((x, y) => (x < y ? x : y)), corners.reduce((x, y) => (x > y ? x : y))];
}

/** Undefined of what is no integer, or none that can be bounded. */
function range(expression: unknown): Range | undefined {
  if (!isObject(expression)) return undefined;
  const value = member(expression, 'Value');
  if (typeof value === 'number' && Number.isInteger(value)) return [BigInt(value), BigInt(value)];
  if (member(expression, '.') !== undefined) return anyFact;
  const negated = member(member(expression, 'neg'), 'arg');
  if (negated !== undefined) {
    const of = range(negated);
    return of === undefined ? undefined : [-of[1], -of[0]];
  }
  for (const [operator, operation] of operations) {
    const sides = member(expression, operator);
    const [left, right] = [range(member(sides, 'left')), range(member(sides, 'right'))];
    if (left !== undefined && right !== undefined) return over(left, right, operation);
  }
  return undefined;
}

const operations: readonly (readonly [string, (a: bigint, b: bigint) => bigint])[] = [['+', (a, b) => a + b], ['-', (a, b) => a - b], ['*', (a, b) => a * b]];

/** Can its arithmetic leave the integers of Cedar (64 bits)? That is an error, and an error of one policy refuses whatever it is asked about. */
export function canOverflow(policy: unknown): boolean {
  for (const object of objects(policy)) {
    if (!operations.some(([operator]) => isObject(object[operator])) && object['neg'] === undefined) continue;
    const of = range(object);
    if (of !== undefined && (of[0] < least || of[1] > most)) return true;
  }
  return false;
}
