import type { RelationInfo, SingleValue } from '../../core/catalog.ts';
import type { Reading } from './reading.ts';

/** Levels of domains and of partitions that are looked through; beyond them nothing is taken for many values. */
const maxLevels = 64;
const beyond: SingleValue = { of: 'column', value: '' };

/** Whether all rows of a table are the same in a column by construction, besides NULL; or in what some function makes of it. */
export function singleIn(info: RelationInfo | undefined, column: string, reading: Reading): SingleValue['of'] | undefined {
  if (info === undefined) return undefined;
  return strongest([ofPart(info, column, reading, 0), ofParts(info, column, reading, 0)])?.of;
}

function strongest(found: readonly (SingleValue | undefined)[]): SingleValue | undefined {
  return found.find((one) => one?.of === 'column') ?? found.find((one) => one !== undefined);
}

/** By itself, by its type, and by what holds of all that it is a partition of. */
function ofPart(info: RelationInfo, column: string, reading: Reading, level: number): SingleValue | undefined {
  if (level > maxLevels) return beyond;
  const parent = info.partitionOf === undefined ? undefined : reading.catalog.relationByOid(info.partitionOf);
  return strongest([ofColumn(info, column, reading), parent === undefined ? undefined : ofPart(parent, column, reading, level + 1)]);
}

function ofColumn(info: RelationInfo, column: string, reading: Reading): SingleValue | undefined {
  const found = info.columns.find(({ name }) => name === column);
  return found === undefined ? undefined : strongest([found.single, ofType(found.type, reading, 0)]);
}

function ofType(written: string, reading: Reading, level: number): SingleValue | undefined {
  if (level > maxLevels) return beyond;
  const type = written.endsWith('[]') ? undefined : reading.catalog.typeWritten(written);
  return type === undefined ? undefined : strongest([type.single, type.base === undefined ? undefined : ofType(type.base, reading, level + 1)]);
}

/** By its partitions, of which each has the same value. One that only has NULL there has none. */
function ofParts(info: RelationInfo, column: string, reading: Reading, level: number): SingleValue | undefined {
  if (info.kind !== 'partitioned') return undefined;
  if (level > maxLevels) return beyond;
  let common: SingleValue | undefined;
  for (const oid of info.children) {
    const child = reading.catalog.relationByOid(oid);
    const found = child === undefined ? undefined : strongest([ofColumn(child, column, reading), ofParts(child, column, reading, level + 1)]);
    if (found === undefined || (common !== undefined && common.value !== '' && found.value !== '' && found.value !== common.value)) return undefined;
    common = common === undefined || common.value === '' || found.of === 'function' ? found : common;
  }
  return common;
}
