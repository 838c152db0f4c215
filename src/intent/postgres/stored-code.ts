import type { RelationInfo, StoredCode } from '../../core/catalog.ts';
import type { Extent } from '../../core/effect.ts';
import type { ThingKind } from '../../core/resource.ts';
import { isBounded, type Reading } from './reading.ts';
import { thing } from './resources.ts';
import { readType } from './types.ts';

const ways: { readonly [K in StoredCode['kind']]: ThingKind | 'column' } = {
  default: 'column', generated: 'column', check: 'check', index: 'index', key: 'index', condition: 'trigger', policy: 'policy',
};

/** How rows are touched: see `Touch` in relations.ts. */
interface Rows {
  readonly event: StoredCode['events'][number];
  readonly extent: Extent;
  readonly columns: readonly string[] | 'all';
}

function run(info: RelationInfo, code: StoredCode, extent: Extent, reading: Reading, readRelation: (oid: number, columns: readonly number[]) => void): void {
  // A step of a sequence is what a serial column's default is; it is part of the insert.
  const calls = code.kind === 'default' && code.builtins.includes('nextval') ? { ...code, builtins: code.builtins.filter((name) => name !== 'nextval') } : code;
  if (calls.functions.length === 0 && calls.builtins.length === 0 && calls.types.length === 0 && calls.reads.length === 0) return;
  reading.through(thing(ways[code.kind], [info.schema, info.name, code.name]), `${code.kind} ${info.oid} ${code.name}`, () => {
    forRows(extent, () => { reading.walks.called(calls, reading); }, reading);
    for (const { relation, columns } of code.reads) readRelation(relation, columns);
  });
}

function forRows(extent: Extent, act: () => void, reading: Reading): void {
  if (isBounded(extent)) act();
  else reading.repeatedly(act);
}

/** What a relation runs by itself when rows are touched: defaults, checks, expressions of indexes, policies, and the checks of its columns' types. */
export function runStoredCode(info: RelationInfo, { event, extent, columns }: Rows, reading: Reading, readRelation: (oid: number, columns: readonly number[]) => void): void {
  for (const code of info.code) {
    if (!code.events.includes(event)) continue;
    // Only `SET column = DEFAULT` asks for it again.
    if (event === 'update' && code.kind === 'default' && columns !== 'all' && !columns.includes(code.name)) continue;
    run(info, code, extent, reading, readRelation);
  }
  if (event !== 'insert' && event !== 'update') return;
  for (const column of info.columns) {
    if (event === 'update' && columns !== 'all' && !columns.includes(column.name)) continue;
    const type = reading.catalog.typeWritten(column.type);
    if (type !== undefined) forRows(extent, () => { readType(type, reading); }, reading);
  }
}

/** What is worked out again for every row when a table is written anew, checked, or gets its indexes made anew. */
export function runForUpkeep(info: RelationInfo, kinds: readonly StoredCode['kind'][], reading: Reading): void {
  for (const code of info.code) if (kinds.includes(code.kind)) run(info, code, 'all', reading, () => {});
}
