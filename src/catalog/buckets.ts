import { Turn } from './turns.ts';

/**
 * Catalog rows are watched by bucket: all rows that belong to objects whose oids differ in their last bits only. A bucket is a number that
 * also says what kind of object it is for, so that one list can name whatever something depends on.
 * Six bits: what one CREATE TABLE makes (types, TOAST, index, sequence, defaults) is numbered in a row, so it moves one bucket or two.
 */
const bits = 6;
/** Objects made by initdb have oids below this (src/include/access/transam.h, FirstNormalObjectId). */
export const firstOfUsers = 16_384;

const spaces = ['relation', 'function', 'type', 'label', 'schema', 'whole'] as const;
export type Space = (typeof spaces)[number];
/** An oid is an unsigned number of four bytes. */
const span = 2 ** (32 - bits);

const first = (space: Space): number => spaces.indexOf(space) * span;

export function bucketOf(space: Space, oid: number): number {
  return first(space) + Math.floor(oid / 2 ** bits);
}

/** Of things without oids that are watched, the one of that number. */
export function nthBucket(space: Space, n: number): number {
  return first(space) + n;
}

/** As `bucketOf`, by the server. */
export function bucketSql(space: Space, oid: string): string {
  return `(${first(space)} + (${oid}::int8 >> ${bits}))`;
}

/** Of a temporary object's name: nobody watches these, so what depends on one is looked at each time. */
export const restless = -1;

export function isOf(space: Space, bucket: number): boolean {
  return Math.floor(bucket / span) === spaces.indexOf(space);
}

/** The labels of an enum, by the bucket of the enum. */
export function labelsOf(type: number): number {
  return type - first('type') + first('label');
}

export function typeOfLabels(labels: number): number {
  return labels - first('label') + first('type');
}

/** Objects of initdb's are in it. */
export function isBuiltIn(bucket: number): boolean {
  return bucket % span < firstOfUsers / 2 ** bits;
}

/** A table expression `asked (low, high)` of the oids in the buckets of one space. */
export function rangesSql(buckets: readonly number[]): string {
  const numbers = buckets.map((bucket) => bucket % span).join(',');
  return `(SELECT (n << ${bits})::oid AS low, ((n << ${bits}) + ${2 ** bits - 1})::oid AS high FROM unnest('{${numbers}}'::int8[]) AS u (n)) AS asked`;
}

interface Numbered { readonly oid: number }

export const shelfOf = (oid: number): number => Math.floor(oid / 2 ** bits);

/** Objects by oid, kept by bucket: made anew with few changes it shares all other buckets with what it was made from. */
export class Bucketed<T extends Numbered> {
  /** By `bucketOf` less the space. Those of a bucket by ascending oid; no bucket is empty. */
  readonly buckets: ReadonlyMap<number, readonly T[]>;

  constructor(buckets: ReadonlyMap<number, readonly T[]> = new Map()) {
    this.buckets = buckets;
  }

  get size(): number {
    let size = 0;
    for (const { length } of this.buckets.values()) size += length;
    return size;
  }

  get(oid: number): T | undefined {
    return this.buckets.get(shelfOf(oid))?.find((one) => one.oid === oid);
  }

  /** Those in the buckets of one space. */
  in(buckets: Iterable<number>): T[] {
    return [...buckets].flatMap((bucket) => this.buckets.get(bucket % span) ?? []);
  }

  /** `undefined` takes one away. */
  async with(changes: ReadonlyMap<number, T | undefined>): Promise<Bucketed<T>> {
    if (changes.size === 0) return this;
    const turn = new Turn();
    const touched = new Map<number, Map<number, T>>();
    for (const [oid, object] of changes) {
      const at = shelfOf(oid);
      let objects = touched.get(at);
      if (objects === undefined) {
        objects = new Map(this.buckets.get(at)?.map((one) => [one.oid, one]));
        touched.set(at, objects);
      }
      if (object === undefined) objects.delete(oid);
      else objects.set(oid, object);
      if (turn.over) await turn.next();
    }
    const buckets = new Map(this.buckets);
    for (const [at, objects] of touched) {
      if (objects.size === 0) buckets.delete(at);
      else buckets.set(at, [...objects.values()].toSorted((a, b) => a.oid - b.oid));
      if (turn.over) await turn.next();
    }
    return new Bucketed(buckets);
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (const objects of this.buckets.values()) yield* objects;
  }
}
