import type { Called, RelationInfo, StoredCode } from '../../core/catalog.ts';
import type { Extent } from '../../core/effect.ts';
import type { ThingKind } from '../../core/resource.ts';
import { lookupBuiltin } from './functions/builtins.ts';
import { isBounded, widen } from './drafts.ts';
import type { Reading } from './reading.ts';
import { sameResource, thing } from './resources.ts';
import { readType } from './types.ts';

const ways: { readonly [K in StoredCode['kind']]: ThingKind | 'column' } = {
  default: 'column', generated: 'column', check: 'check', index: 'index', key: 'index', condition: 'trigger', policy: 'policy', statistics: 'statistics',
};

/** How rows are touched: see `Touch` in relations.ts. */
interface Rows {
  readonly event: StoredCode['events'][number];
  readonly extent: Extent;
  readonly columns: readonly string[] | 'all';
  readonly called?: Set<string>;
  readonly single?: boolean;
}

/** Of what is called, that which may do something, and was not called for a sibling of this relation already. */
function toRead(code: Called, called: Set<string> | undefined, ownSequence: boolean): Called {
  const fresh = (key: string): boolean => {
    if (called === undefined) return true;
    if (called.has(key)) return false;
    called.add(key);
    return true;
  };
  return {
    functions: code.functions.filter((oid) => fresh(`function ${oid}`)),
    builtins: code.builtins.filter((name) => {
      const known = lookupBuiltin(name);
      return (known === undefined || 'effects' in known) && !(ownSequence && name === 'nextval') && fresh(`builtin ${name}`);
    }),
    types: code.types.filter((oid) => fresh(`type ${oid}`)),
  };
}

function run(info: RelationInfo, code: StoredCode, { extent, single, called }: Pick<Rows, 'extent' | 'single' | 'called'>, reading: Reading, readRelation: (oid: number, columns: readonly number[]) => void): void {
  // A step of a sequence is what a serial column's default is; it is part of the insert.
  const calls = toRead(code, called, code.kind === 'default');
  if (calls.functions.length === 0 && calls.builtins.length === 0 && calls.types.length === 0 && code.reads.length === 0) return;
  const way = thing(ways[code.kind], [info.schema, info.name, code.name]);
  reading.through(way, `${code.kind} ${info.oid} ${code.name}`, () => {
    forRows(extent, () => { reading.walks.called(calls, reading); }, reading);
    for (const { relation, columns } of code.reads) readRelation(relation, columns);
  }, extent);
  if (extent === 'bounded' && single !== true) widen(reading.drafts, reading.via, (one) => sameResource(one, way), 'bounded');
}

function forRows(extent: Extent, act: () => void, reading: Reading): void {
  if (isBounded(extent)) act();
  else reading.repeatedly(act);
}

/** What a relation runs by itself when rows are touched: defaults, checks, expressions of indexes, policies, and the checks of its columns' types. */
export function runStoredCode(info: RelationInfo, rows: Rows, reading: Reading, readRelation: (oid: number, columns: readonly number[]) => void): void {
  const { event, extent, columns, called } = rows;
  for (const code of info.code) {
    if (!code.events.includes(event)) continue;
    // Only `SET column = DEFAULT` asks for it again.
    if (event === 'update' && code.kind === 'default' && columns !== 'all' && !columns.includes(code.name)) continue;
    run(info, code, rows, reading, readRelation);
  }
  if (event !== 'insert' && event !== 'update') return;
  for (const column of info.columns) {
    if (event === 'update' && columns !== 'all' && !columns.includes(column.name)) continue;
    const type = reading.catalog.typeWritten(column.type);
    if (type === undefined || called?.has(`type ${type.oid}`) === true) continue;
    called?.add(`type ${type.oid}`);
    forRows(extent, () => { readType(type, reading); }, reading);
  }
}

/** What is worked out again for every row when a table is written anew, checked, or gets its indexes made anew. */
export function runForUpkeep(info: RelationInfo, kinds: readonly StoredCode['kind'][], reading: Reading): void {
  for (const code of info.code) if (kinds.includes(code.kind)) run(info, code, { extent: 'all' }, reading, () => {});
}
