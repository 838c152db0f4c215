import type { A_Const, Node, TypeName } from '@pgsql/types';
import type { BoundValue } from '../../core/interpretation.ts';
import { every, isChanged } from './changes.ts';
import { as, strings } from './parser/grammar.ts';
import type { Reading } from './reading.ts';
import { builtinNames } from './type-names.ts';

/** As `BoundValue.type`, for which values are read; another one of the server's, or of somebody's own, is `other`. */
const readable: ReadonlySet<string> = new Set(['bool', 'int2', 'int4', 'int8', 'text', 'varchar', 'date', 'timestamp', 'timestamptz']);
const wholeNumbers: ReadonlySet<string | undefined> = new Set(['int2', 'int4', 'int8']);
/** Of a type other than the parameter's: what the server makes of a value of these (an assignment) is what its text says. */
const plain: ReadonlySet<string> = new Set(['bool', 'int2', 'int4', 'int8', 'date', 'timestamp', 'timestamptz']);

/** The short name of a type as it is written. Undefined: `unknown`, which the server infers. Its length, as that of a parameter, is left out (src/backend/commands/prepare.c). */
function shortName(type: TypeName | undefined, path: Reading['searchPath']): string | undefined {
  const names = strings(type?.names);
  const name = names.at(-1) ?? '';
  // In a path that names pg_catalog a type of somebody's own may stand before it.
  const own = names.length === 2 ? names[0] === 'pg_catalog' : names.length === 1 && path !== 'unknown' && !path.includes('pg_catalog');
  if (!own || type?.arrayBounds !== undefined || type?.setof === true) return 'other';
  return name === 'unknown' ? undefined : readable.has(name) ? name : 'other';
}

/** What a literal says; its type, where it has one of its own. */
function literal({ isnull, sval, ival, fval, boolval }: A_Const): BoundValue | undefined {
  if (isnull === true) return { text: null, type: undefined };
  if (sval !== undefined) return { text: sval.sval ?? '', type: undefined };
  if (ival !== undefined) return { text: String(ival.ival ?? 0), type: 'int4' };
  // Beyond an int4; what is beyond an int8 has more digits.
  if (/^-?\d{1,18}$/u.test(fval?.fval ?? '')) return { text: fval?.fval, type: 'int8' };
  return boolval === undefined ? undefined : { text: String(boolval.boolval ?? false), type: 'bool' };
}

function constant(node: Node, path: Reading['searchPath']): BoundValue | undefined {
  const written = as(node, 'A_Const');
  if (written !== undefined) return literal(written);
  const cast = as(node, 'TypeCast');
  const inner = as(cast?.arg, 'A_Const');
  const value = inner === undefined ? undefined : literal(inner);
  const type = shortName(cast?.typeName, path);
  // A length cuts.
  if (value === undefined || type === undefined || type === 'other' || (cast?.typeName?.typmods?.length ?? 0) > 0) return undefined;
  const same = value.type === undefined || value.type === type || (wholeNumbers.has(value.type) && wholeNumbers.has(type));
  return same ? { text: value.text, type } : undefined;
}

/** Does a cast that was made in the database make something of values of this type, NULL perhaps? */
function isCast(type: string, reading: Reading): boolean {
  const written = builtinNames.get(type) ?? type;
  return isChanged('cast', every, reading) || reading.catalog.casts.some(({ source }) => source === written);
}

/**
 * What the parameters of a prepared statement are when they are given so: `EXECUTE p (5, 'a', NULL::date)`. Each is made the parameter's type as by an
 * assignment (src/backend/commands/prepare.c, EvaluateParams). Undefined for one that is not known, nor whether it is NULL.
 */
export function givenValues(given: readonly Node[] | undefined, types: readonly Node[] | undefined, reading: Reading): readonly (BoundValue | undefined)[] {
  const path = reading.searchPath;
  return (given ?? []).map((node, i) => {
    const value = constant(node, path);
    const wanted = as(types?.[i], 'TypeName');
    const type = wanted === undefined ? undefined : shortName(wanted, path);
    if (value === undefined || value.type === type) return value;
    if (value.type === undefined) return type === 'other' ? { text: value.text === null ? null : undefined, type } : { text: value.text, type };
    if (isCast(value.type, reading) || !plain.has(value.type)) return undefined;
    if (type === undefined) return value;
    return wholeNumbers.has(value.type) && wholeNumbers.has(type) ? { text: value.text, type } : undefined;
  });
}
