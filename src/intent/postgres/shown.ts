import { as } from './parser/grammar.ts';
import { isTree } from './parser/parser.ts';
import type { Reading } from './reading.ts';
import { Scope, type Made, type Origin, type RangeEntry, type SelectResult } from './scope.ts';

/**
 * What a view yields, whose text the server wrote: all names in it are qualified. Read aside where nothing has followed the view yet. Undefined
 * where its text cannot be read.
 */
export function viewResult(oid: number, definition: string | undefined, reading: Reading): SelectResult | undefined {
  const known = reading.views.get(oid);
  if (known !== undefined || definition === undefined) return known;
  const answer = reading.parser.parseKept(definition);
  const select = isTree(answer) ? as(answer.stmts?.[0]?.stmt, 'SelectStmt') : undefined;
  if (select === undefined) return undefined;
  const result = reading.aside(() => {
    reading.writtenPath = [];
    return reading.walks.select(select, new Scope(undefined), reading);
  });
  reading.views.set(oid, result);
  return result;
}

/** Its rows are those of a query, which may show other things under its columns' names than what a table holds. */
export function isMade({ read, info, qualified }: RangeEntry): boolean {
  return info === undefined ? read === undefined && qualified !== true : info.kind === 'view' || info.kind === 'materialized-view';
}

/** What its rows are made of; undefined where that is not known. */
export function madeOf(entry: RangeEntry, reading: Reading): Made | undefined {
  return entry.info === undefined ? entry.made : viewResult(entry.info.oid, entry.info.definition, reading)?.made;
}

/** The column of a table that is shown, through however many queries, as it is. */
export function storedColumn(entry: RangeEntry, column: string, reading: Reading): Origin | undefined {
  let origin: Origin | undefined = { entry, column };
  while (origin !== undefined && isMade(origin.entry)) {
    const { entry: from, column: name }: Origin = origin;
    origin = madeOf(from, reading)?.shown(from.columns?.indexOf(name) ?? -1);
  }
  return origin;
}
