import { bucketOf, isBuiltIn, isOf, restless, typeOfLabels } from './buckets.ts';
import { bucketOfWhole, type Head, type Stamps } from './change-token.ts';

/** What tells one state of a database from another. */
export interface Marks {
  readonly head: Head;
  /** Names of schemas by oid. */
  readonly schemas: ReadonlyMap<number, string>;
  readonly stamps: Stamps;
}

/** What two states of a database differ in. */
export interface Moved {
  /** What built-in functions are called is written everywhere; whoever renames one has everything read again. */
  readonly everything: boolean;
  /** Of rows, and of schemas that have another name. */
  readonly buckets: ReadonlySet<number>;
  /** The same for texts, in which also the labels of enums are written: as buckets of the types. */
  readonly inTexts: ReadonlySet<number>;
  /** New names of schemas by the old ones. */
  readonly renamed: ReadonlyMap<string, string>;
}

/** Operator classes that were made in the database, and what functions belong to them: in the needs of whoever uses one. */
export const operatorClassNeeds = bucketOfWhole('pg_amproc');
const operatorClassCatalogs = [bucketOfWhole('pg_opclass'), bucketOfWhole('pg_amproc')];

export function movedBetween(last: Marks, now: Marks): Moved {
  const buckets = new Set<number>([restless]);
  for (const [bucket, stamp] of now.stamps) if (last.stamps.get(bucket) !== stamp) buckets.add(bucket);
  for (const bucket of last.stamps.keys()) if (!now.stamps.has(bucket)) buckets.add(bucket);
  if (operatorClassCatalogs.some((bucket) => buckets.has(bucket))) buckets.add(operatorClassNeeds);
  const renamed = new Map<string, string>();
  for (const [oid, name] of now.schemas) {
    const before = last.schemas.get(oid);
    if (before === undefined || before === name) continue;
    renamed.set(before, name);
    buckets.add(bucketOf('schema', oid));
  }
  return {
    everything: [...buckets].some((bucket) => isOf('function', bucket) && isBuiltIn(bucket)), buckets, renamed,
    inTexts: new Set([...buckets].map((bucket) => (isOf('label', bucket) ? typeOfLabels(bucket) : bucket))),
  };
}

/** Whether any of these catalogs has, which are watched as wholes. */
export function hasMoved({ buckets }: Moved, ...catalogs: readonly string[]): boolean {
  return catalogs.some((catalog) => buckets.has(bucketOfWhole(catalog)));
}

export function concerns(buckets: ReadonlySet<number>, needs: readonly number[]): boolean {
  return needs.some((need) => buckets.has(need));
}
