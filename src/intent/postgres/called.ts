import type { Called } from '../../core/catalog.ts';
import { readBuiltin, readOwn } from './calls.ts';
import { lookupBuiltin } from './functions/builtins.ts';
import type { Reading } from './reading.ts';
import { thing } from './resources.ts';
import { Scope } from './scope.ts';
import type { TransitionTables } from './transition.ts';
import { readType } from './types.ts';

/** A call whose arguments are not seen. */
const unseen = { args: [], func_variadic: true };

/** What functions do that run without standing in the statement, each with any arguments. */
export function readCalled(called: Called, reading: Reading, tables?: TransitionTables): void {
  const scope = new Scope(undefined);
  for (const oid of called.functions) {
    const fn = reading.catalog.functionByOid(oid);
    if (fn === undefined) reading.opaque('unknown-function', thing('function', [String(oid)]), 'a function that is called here is not in the catalog');
    else readOwn(fn, unseen, scope, reading, tables);
  }
  for (const name of called.builtins) {
    const builtin = lookupBuiltin(name);
    const ref = thing('function', ['pg_catalog', name], true);
    if (builtin === undefined) reading.opaque('unknown-function', ref, 'what this function does is not known');
    else readBuiltin(name, builtin, unseen, scope, reading, ref);
  }
  for (const oid of called.types) {
    const type = reading.catalog.typeByOid(oid);
    if (type === undefined) reading.opaque('unknown-function', thing('type', [String(oid)]), 'a type that is checked here is not in the catalog');
    else readType(type, reading);
  }
}
