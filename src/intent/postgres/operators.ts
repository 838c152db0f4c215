import type { Node } from '@pgsql/types';
import type { OperatorInfo } from '../../core/catalog.ts';
import { withBases } from './basic-type.ts';
import { isChanged } from './changes.ts';
import { isKnownOperator } from './functions/operators.ts';
import { strings } from './parser/grammar.ts';
import type { Reading } from './reading.ts';
import { thing } from './resources.ts';
import type { Scope } from './scope.ts';
import { literal, typeOf } from './type-of.ts';

/**
 * What an operator does: of every one that was made in the database and may be meant here. The server's own compute and do nothing else; one
 * that neither has is opaque: `1 OPERATOR(pg_temp.@@@) 2` may delete.
 */
export function readOperator(name: readonly Node[] | undefined, left: Node | undefined, right: Node | undefined, location: number | undefined, scope: Scope, reading: Reading): void {
  const written = strings(name);
  if (written.length > 0) readNamed(written, left, right, location, scope, reading);
}

/** Whether an operator may be one that was made in the database, which may hold for any two values. Those of extensions compute. */
export function meansOwn(name: readonly Node[] | undefined, left: Node | undefined, right: Node | undefined, scope: Scope, reading: Reading): boolean {
  const written = strings(name);
  const own = reading.catalog.operators({ schema: written.length > 1 ? written.at(-2) : undefined, name: written.at(-1) ?? '' }, reading.searchPath);
  if (isChanged('operator', written.at(-1) ?? '', reading)) return true;
  if (own.length === 0) return false;
  const types = [typeOf(left, scope, reading), typeOf(right, scope, reading)] as const;
  return own.some((operator) => mayBeMeant(operator, types, reading) && !isOfExtension(operator, reading));
}

function isOfExtension({ calls }: OperatorInfo, reading: Reading): boolean {
  return calls.functions.length > 0 && calls.functions.every((oid) => reading.catalog.functionByOid(oid)?.extension !== undefined);
}

/** As `readOperator`, of one that the syntax stands for, such as the `=` of IN. */
export function readImplied(name: string, left: Node | undefined, right: Node | undefined, scope: Scope, reading: Reading): void {
  readNamed([name], left, right, undefined, scope, reading);
}

function readNamed(written: readonly string[], left: Node | undefined, right: Node | undefined, location: number | undefined, scope: Scope, reading: Reading): void {
  const name = written.at(-1) ?? '';
  const schema = written.length > 1 ? written.at(-2) : undefined;
  const path = reading.searchPath;
  const own = reading.catalog.operators({ schema, name }, path);
  if (isChanged('operator', name, reading)) reading.opaque('session-state', thing('operator', written), 'this transaction has changed what the name means: end it first', reading.at(location));
  if (own.length === 0) {
    if (!isKnownOperator(written)) reading.opaque('unknown-function', thing('operator', written), 'what this operator does is not known', reading.at(location));
    return;
  }
  if (path === 'unknown') reading.readsSession = true;
  const types = [typeOf(left, scope, reading), typeOf(right, scope, reading)] as const;
  for (const operator of own) {
    if (!mayBeMeant(operator, types, reading)) continue;
    reading.through(thing('operator', [operator.schema, operator.name]), `operator ${operator.schema}.${operator.name} ${operator.left} ${operator.right}`, () => { reading.walks.called(operator.calls, reading); });
  }
}

/** Types that the server compares by another type's operators, or not at all. */
const withoutOwn: ReadonlySet<string> = new Set(['json', 'xml', 'point', 'character varying', 'unknown']);

/**
 * An operand fits when its type is not known, is the operator's, or becomes it by a cast; of two operands of one built-in type the server's own
 * operator is the better match (PostgreSQL 18 documentation, section 10.2). A domain is what it is of, unless there is an operator for it alone.
 */
function mayBeMeant(operator: OperatorInfo, [left, right]: readonly [string | undefined, string | undefined], reading: Reading): boolean {
  const [l, r] = [left === literal ? right : left, right === literal ? left : right];
  const builtin = (type: string | undefined): type is string => type !== undefined && type !== literal && reading.catalog.typeWritten(type) === undefined && !type.includes('.');
  const [ls, rs] = [typesOf(l, reading), typesOf(r, reading)];
  const base = ls.at(-1);
  if (builtin(base) && base === rs.at(-1) && !withoutOwn.has(base) && isKnownOperator([operator.name])) return isOneOf(operator.left, ls) && isOneOf(operator.right, rs);
  return [[operator.left, left], [operator.right, right]].every(([wanted, given]) => {
    const types = typesOf(given, reading);
    if (wanted === undefined || !builtin(types.at(-1)) || builtin(wanted)) return true;
    // A value of a built-in type becomes one of a type that was made in the database by a cast that was, too.
    return types.includes(wanted) || reading.catalog.casts.some((cast) => cast.context === 'implicit' && cast.target === wanted && types.includes(cast.source));
  });
}

function typesOf(type: string | undefined, reading: Reading): readonly string[] {
  return type === undefined ? [] : withBases(type, reading);
}

function isOneOf(wanted: string | undefined, types: readonly string[]): boolean {
  return wanted !== undefined && types.includes(wanted);
}

/** An operator class that an index or a partition key names: its functions sort and hash what comes in. Of its name alone, whichever schema. */
export function readOperatorClass(written: readonly Node[] | undefined, reading: Reading): void {
  const name = strings(written).at(-1);
  for (const found of reading.catalog.operatorClasses) {
    if (found.name === name) reading.through(thing('operator', [found.schema, found.name]), `class ${found.schema}.${found.name}`, () => { reading.walks.called(found.calls, reading); });
  }
}
