import { expect } from 'vitest';
import type { Side, Sides } from './sides.ts';

/** Does the same work on both ways to the shop and expects the same of both; returns what it was. */
export async function expectSame<T>(sides: Sides, work: (side: Side) => Promise<T>): Promise<T> {
  const direct = await work(sides.direct);
  const gate = await work(sides.gate);
  expect(gate).toEqual(direct);
  return direct;
}
