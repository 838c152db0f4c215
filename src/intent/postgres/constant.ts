import type { Node, TypeName } from '@pgsql/types';
import { as, strings } from './parser/grammar.ts';

export type Constant = string | number | boolean | null | undefined;

/**
 * Types whose input keeps the text of a literal, or reads it as the name or number that it shows. Not `name` and `"char"`, nor any with a length,
 * which cut it; nor a type of a user's: a domain's name may hide the length.
 */
const keepingTypes = new Set(['text', 'regclass', 'regproc', 'regprocedure', 'regtype', 'regrole', 'regnamespace', 'oid', 'int2', 'int4', 'int8', 'bool', 'varchar', 'unknown']);

function keepsText(type: TypeName | undefined): boolean {
  const names = strings(type?.names);
  const own = names.length === 1 || (names.length === 2 && names[0] === 'pg_catalog');
  return own && keepingTypes.has(names.at(-1) ?? '') && type?.typmods === undefined && type?.arrayBounds === undefined && type?.setof !== true;
}

/**
 * The value of a literal; undefined for everything else. A cast that leaves its text as it is counts as the literal: `'search_path.x'::varchar(11)`
 * is another text for the server than it is here.
 */
export function constantOf(node: Node | undefined): Constant {
  const cast = as(node, 'TypeCast');
  if (cast !== undefined) return keepsText(cast.typeName) ? constantOf(cast.arg) : undefined;
  const constant = as(node, 'A_Const');
  if (constant === undefined) return undefined;
  if (constant.isnull === true) return null;
  if (constant.sval !== undefined) return constant.sval.sval ?? '';
  if (constant.ival !== undefined) return constant.ival.ival ?? 0;
  if (constant.boolval !== undefined) return constant.boolval.boolval ?? false;
  const number = constant.fval?.fval;
  if (number === undefined) return constant.bsval?.bsval;
  // A bigint keeps all its digits.
  return /^\d+$/.test(number) && !Number.isSafeInteger(Number(number)) ? number : Number(number);
}
