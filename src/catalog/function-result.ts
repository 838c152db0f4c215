import type { FunctionResult } from '../core/catalog.ts';
import type { ResultRow } from './rows.ts';
import type { Sharing } from './sharing.ts';

/** `pg_type.typtype` of types that are no rows: base, enum, range, multirange. */
const values: ReadonlySet<string> = new Set(['b', 'e', 'r', 'm']);

const plain = { one: { set: false, gives: 'value' }, many: { set: true, gives: 'value' } } as const;

/** As the server finds the columns of a call in FROM (src/backend/utils/fmgr/funcapi.c, internal_get_result_type and build_function_result_tupdesc_d). Members in the order of snapshot-file.ts. */
export function resultOf([set, kind, relation, outs]: ResultRow, sharing: Sharing): FunctionResult {
  const [name = '', ...others] = outs;
  if (others.length > 0) return { set, gives: 'columns', columns: sharing.list(outs.map((out, i) => (out === '' ? `column${i + 1}` : out))) };
  if (relation > 0) return { set, gives: 'row', relation };
  // A pseudo-type is what the arguments or the call make of it; of a domain over a domain the kind is not asked.
  if (!values.has(kind)) return { set, gives: 'unknown' };
  return name === '' ? plain[set ? 'many' : 'one'] : { set, gives: 'value', name: sharing.text(name) };
}
