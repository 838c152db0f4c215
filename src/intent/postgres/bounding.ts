import type { A_Expr, Node } from '@pgsql/types';
import { areKeysChanged, isColumnChanged } from './changes.ts';
import { constantOf } from './constant.ts';
import { isRecast, operand, operatorOf, typeOfColumn } from './operand.ts';
import { as, listItems, strings } from './parser/grammar.ts';
import type { Reading } from './reading.ts';
import { systemColumns, type RangeEntry, type Scope } from './scope.ts';
import { isMade, storedColumn } from './shown.ts';
import { singleIn } from './single.ts';

/** Rows that a count bounds to: as many as the baseline lets a person change alone (policies/baseline/change.cedar, `amount.rows`). */
export const maxCounted = 1000;
/** Days between two moments that pick rows out; beyond it a range of time may well be the table's life. */
const maxDays = 31;
const dayMs = 86_400_000;
/** Between a date's beginning in Greenwich and its end where it ends last. */
const longestDay = 36 * 3_600_000;

/**
 * A column whose values say little: what is equal to one of them may be half of the table, or all of it. Of one of a view or a query the query
 * itself says (`Made.narrowed`).
 */
export function isCoarse(entry: RangeEntry, column: string, reading: Reading): boolean {
  if (isMade(entry)) return false;
  if (entry.unsure === true || (entry.info !== undefined && isColumnChanged(entry.info, column, reading))) return true;
  if (systemColumns.has(column)) return column !== 'ctid';
  const type = typeOfColumn(entry, column, reading);
  return type === 'boolean' || (type !== undefined && isRecast(type, reading));
}

/** Texts are equal as their collation says. */
const collatedTypes = /^(?:text|character|character varying|name|".*|.*\..*)$/u;

export function isCollated(entry: RangeEntry, column: string, reading: Reading): boolean {
  const type = typeOfColumn(entry, column, reading);
  return type === undefined || collatedTypes.test(type);
}

/** Different rows have different values there; without a catalog it is taken to be so. Of a view or a query: different rows of the table that it shows them of. */
export function isApart(entry: RangeEntry, columns: readonly string[], reading: Reading): boolean {
  if (columns.length === 0) return false;
  if (isMade(entry) && !hasKey(entry, columns, reading)) {
    const stored = columns.flatMap((column) => storedColumn(entry, column, reading) ?? []);
    return stored.some(({ entry: one }) => hasKey(one, stored.filter((other) => other.entry === one).map(({ column }) => column), reading));
  }
  return hasKey(entry, columns, reading);
}

function hasKey({ info, read }: RangeEntry, columns: readonly string[], reading: Reading): boolean {
  return columns.includes('ctid') || (info === undefined ? read !== undefined : !areKeysChanged(info, reading) && info.keys.some((key) => key.length > 0 && key.every((column) => columns.includes(column))));
}

const wholeNumbers = new Set(['smallint', 'integer', 'bigint']);

/** Where whole numbers tell rows apart, the distance of two is how many rows are between them. All prices, stocks and ages are between 0 and 1000. */
function countsRows(entry: RangeEntry, column: string, reading: Reading): boolean {
  const type = typeOfColumn(entry, column, reading);
  return isApart(entry, [column], reading) && (type === undefined ? entry.info === undefined : wholeNumbers.has(type));
}

/** Whether two columns that are equal hand on from one to the other that it is bounded. */
export function mayLink(entry: RangeEntry, column: string, reading: Reading): boolean {
  return !isCoarse(entry, column, reading) && singleIn(entry.info, column, reading) !== 'column' && !(reading.collated && isCollated(entry, column, reading));
}

/** One end of a range of a column. `days`: the value is a moment in milliseconds. */
interface End { readonly entry: RangeEntry; readonly column: string; readonly lower: boolean; readonly value: number; readonly unit: 'count' | 'days' }

function moment(text: string): number | undefined {
  // Other spellings (`epoch`, `tomorrow`, years before Christ, day first) mean what the server's clock and settings say.
  return /^\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d(?::?\d\d)?)?)?$/u.test(text) ? valid(Date.parse(text.slice(0, 10))) : undefined;
}

/** The latest instant that the text may mean, wherever the session's clock stands. What is past by it stays so, for whoever keeps what was read. */
function latest(text: string): number | undefined {
  const day = moment(text);
  const zoned = /:\d\d(?:\.\d+)?(?:Z|[+-]\d\d(?::?\d\d)?)$/u.test(text) ? Date.parse(text.replace(' ', 'T').replace(/[+-]\d\d$/u, '$&:00')) : Number.NaN;
  return day === undefined ? undefined : valid(zoned) ?? day + longestDay;
}

function valid(time: number): number | undefined {
  return Number.isNaN(time) ? undefined : time;
}

/** Text that a column of numbers reads as one. */
function wholeNumber(text: string | undefined, { info }: RangeEntry): number | undefined {
  return info !== undefined && text !== undefined && /^-?\d{1,15}$/u.test(text) ? Number(text) : undefined;
}

const lowerOperators: { readonly [operator: string]: boolean | undefined } = { '>': true, '>=': true, '<': false, '<=': false };

function endOf(column: Node | undefined, value: Node | undefined, lower: boolean, scope: Scope, reading: Reading): End | undefined {
  const side = operand(column, scope, reading);
  const fixed = operand(value, scope, reading);
  if (side.kind !== 'column' || fixed.kind !== 'fixed' || isCoarse(side.entry, side.column, reading) || singleIn(side.entry.info, side.column, reading) !== undefined) return undefined;
  const { entry, column: name } = side;
  if (fixed.value !== undefined || fixed.text !== undefined) reading.literalsMatter = true;
  const count = typeof fixed.value === 'number' ? fixed.value : wholeNumber(fixed.text, entry);
  if (count !== undefined) return countsRows(entry, name, reading) ? { entry, column: name, lower, value: count, unit: 'count' } : undefined;
  const time = fixed.text === undefined ? undefined : moment(fixed.text);
  return time === undefined ? undefined : { entry, column: name, lower, value: time, unit: 'days' };
}

function endsOf(node: Node, scope: Scope, reading: Reading): readonly (End | undefined)[] {
  const expression = as(node, 'A_Expr');
  if (expression === undefined) return [];
  const { lexpr, rexpr, kind } = expression;
  if (kind === 'AEXPR_BETWEEN') {
    const [low, high] = listItems(rexpr);
    return [endOf(lexpr, low, true, scope, reading), endOf(lexpr, high, false, scope, reading)];
  }
  const lower = kind === 'AEXPR_OP' ? lowerOperators[operatorOf(expression)] : undefined;
  return lower === undefined ? [] : [endOf(lexpr, rexpr, lower, scope, reading), endOf(rexpr, lexpr, !lower, scope, reading)];
}

/** Each is compared with each: what a person writes has a few. */
const maxEnds = 64;

/** The columns that conditions which all hold keep between two literals that are near to each other. One end alone leaves the other open. */
export function closedRanges(nodes: readonly Node[], scope: Scope, reading: Reading): readonly { readonly entry: RangeEntry; readonly column: string }[] {
  const ends: End[] = [];
  for (const node of nodes) {
    if (ends.length < maxEnds) ends.push(...endsOf(node, scope, reading).filter((end) => end !== undefined));
  }
  return ends.filter((low) => low.lower && ends.some((high) => !high.lower && high.entry === low.entry && high.column === low.column && high.unit === low.unit
    && high.value - low.value <= (low.unit === 'days' ? maxDays * dayMs : maxCounted)));
}

const daysOf: { readonly [unit: string]: number | undefined } = {
  second: 1 / 86_400, seconds: 1 / 86_400, minute: 1 / 1440, minutes: 1 / 1440, hour: 1 / 24, hours: 1 / 24, day: 1, days: 1, week: 7, weeks: 7,
  month: 30, months: 30, mon: 30, mons: 30, year: 365, years: 365,
};

/** `interval '30 days'`, in days. Other spellings are not worked out. */
function intervalDays(node: Node | undefined): number | undefined {
  const cast = as(node, 'TypeCast');
  if (cast === undefined || strings(cast.typeName?.names).at(-1) !== 'interval' || cast.typeName?.typmods !== undefined) return undefined;
  const [, count, unit] = /^\s*(\d{1,6})\s*([a-z]+)\s*$/iu.exec(as(cast.arg, 'A_Const')?.sval?.sval ?? '') ?? [];
  const each = daysOf[unit?.toLowerCase() ?? ''];
  return count === undefined || each === undefined ? undefined : Number(count) * each;
}

function isNow(node: Node | undefined): boolean {
  const call = as(node, 'FuncCall');
  const name = strings(call?.funcname);
  if (call !== undefined) return call.args === undefined && name.at(-1) === 'now' && (name.length === 1 || name[0] === 'pg_catalog');
  const op = as(node, 'SQLValueFunction')?.op ?? '';
  return op.startsWith('SVFOP_CURRENT_TIMESTAMP') || op === 'SVFOP_CURRENT_DATE';
}

/** Columns that hold when a row's time is over: those before now are the ones that are to go. Others hold when something happened, and that is before now for all. */
const endings = /expir|_until$|^until$|valid_to/u;

/**
 * What sweeps are made of, the one kind of condition with an open end that picks rows out: older than an age, or than a moment that is long
 * past; not older than a few days; over by now.
 */
export function isSweep(expression: A_Expr, scope: Scope, reading: Reading): boolean {
  const operator = operatorOf(expression);
  const side = operand(expression.lexpr, scope, reading);
  if (side.kind !== 'column' || lowerOperators[operator] === undefined) return false;
  const before = operator.startsWith('<');
  const limit = expression.rexpr;
  const fixed = operand(limit, scope, reading);
  const isEnding = endings.test(storedColumn(side.entry, side.column, reading)?.column ?? '');
  if (before && isNow(limit)) return isEnding;
  if (fixed.kind === 'fixed' && fixed.text !== undefined) {
    reading.literalsMatter = true;
    const time = latest(fixed.text);
    return before && time !== undefined && time <= (isEnding ? reading.now : reading.now - dayMs);
  }
  const difference = as(limit, 'A_Expr');
  if (difference === undefined || operatorOf(difference) !== '-' || !isNow(difference.lexpr)) return false;
  reading.literalsMatter = true;
  const days = intervalDays(difference.rexpr);
  return days !== undefined && (before ? days >= 1 : days <= maxDays);
}

/**
 * A pattern's characters that stand for themselves; `\` makes the next one do so. Behind a wildcard only letters and digits count: signs are in the form
 * of all values of a kind, as `-` in a UUID, `://` in an address, `": "` in JSON.
 */
export function literalLength(pattern: string): number {
  const own = Array.from(pattern.replaceAll(/\\(.)/gsu, (_, next: string) => (/[%_]/u.test(next) ? '.' : next))).filter((c) => c !== '%' && c !== '_');
  return (/^[%_]/u.test(pattern) ? own.filter((c) => /[\p{L}\p{N}]/u.test(c)) : own).length;
}

/** `@> '{}'` holds for every row, as does what a parameter may make of it; `@> '{"id": {}}'` for every row of that form. */
export function contains(operator: string, node: Node | undefined, reading: Reading): boolean {
  reading.literalsMatter = true;
  if (operator !== '@>' && operator !== '&&') return false;
  const array = as(node, 'A_ArrayExpr') ?? as(as(node, 'TypeCast')?.arg, 'A_ArrayExpr');
  if (array !== undefined) return (array.elements ?? []).length > 0 && (array.elements ?? []).every((item) => ['string', 'number'].includes(typeof constantOf(item)));
  const text = constantOf(node);
  return operator === '@>' && typeof text === 'string' && (/^\s*[{[]\s*"/u.test(text) ? holdsValue(text) : /^\s*\{[\w\s,.-]*\w[\w\s,.-]*\}\s*$/u.test(text));
}

function holdsValue(text: string): boolean {
  try {
    let found = false;
    JSON.parse(text, (_key, value: unknown) => { found ||= typeof value === 'string' || typeof value === 'number'; });
    return found;
  } catch {
    return false;
  }
}
