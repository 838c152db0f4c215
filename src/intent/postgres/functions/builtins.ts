import type { Effect } from '../../../core/effect.ts';
import { immutableFunctions, stableFunctions, volatileFunctions } from './catalog-data.ts';
import { act } from './act.ts';
import { hazards } from './hazards.ts';
import { names } from './names.ts';
import { harmlessVolatile, informationSchemaFunctions } from './reviewed.ts';

/**
 * One call of a built-in function. `args` holds constants where the arguments are literals, else undefined, in the order of the function's own
 * parameters. The caller MUST give undefined for an argument in named notation (`query => ...` may stand in any place, and another literal in its
 * own) and for a literal under a cast that changes it (`'search_path.x'::varchar(11)`).
 */
export interface BuiltinCall {
  readonly name: string;
  readonly args: readonly (string | number | boolean | null | undefined)[];
  /** There may be fewer arguments than stand there: those behind the first that may be none MUST be given as undefined. */
  readonly fewer?: boolean;
}

/**
 * What a call does: an effect; SQL that the function will run (`sql: undefined`: the text is computed); a setting that changes
 * (`name: undefined`: any; `value: undefined`: any).
 */
export type BuiltinEffect =
  | Omit<Effect, 'span' | 'via'>
  | { readonly sql: string | undefined }
  | { readonly setting: { readonly name: string | undefined; readonly value: string | undefined; readonly local: boolean } };

/**
 * `pure`: the value depends on the arguments alone. `reads-state`: also on the session's or the server's state (time, settings, catalogs), or it
 * moves state that nobody else sees (the seed of `random`). Neither has effects. `effects` is total.
 */
export type BuiltinClass =
  | { readonly purity: 'pure' | 'reads-state' }
  | { readonly effects: (call: BuiltinCall) => readonly BuiltinEffect[] };

const pure: BuiltinClass = { purity: 'pure' };
const readsState: BuiltinClass = { purity: 'reads-state' };

/** A volatile function that nobody has reviewed may do anything. */
const unreviewed: BuiltinClass = {
  effects: (call) => [act('opaque', { kind: 'function', path: ['pg_catalog', call.name], system: true }, { extent: 'unknown', reason: 'not-modelled', note: 'a built-in function that has not been reviewed' })],
};

const table = new Map<string, BuiltinClass>();
for (const name of names(immutableFunctions)) table.set(name, pure);
for (const name of names(stableFunctions)) table.set(name, readsState);
for (const name of names(volatileFunctions)) table.set(name, unreviewed);

/** `timezone(text, timetz)` is volatile up to PostgreSQL 14, for the moment when summer time begins; the others, which `AT TIME ZONE` calls, never were. */
const volatileNames: ReadonlySet<string> = new Set(names(volatileFunctions).filter((name) => name !== 'timezone'));

/** May it give another value for each row, also with the same arguments? So may what has effects, whatever the server says of it. */
export function isSteady(name: string): boolean {
  const known = table.get(name);
  return known !== undefined && 'purity' in known && !volatileNames.has(name);
}
for (const name of names(informationSchemaFunctions)) table.set(name, pure);
for (const name of names(harmlessVolatile)) table.set(name, readsState);
for (const [name, effects] of hazards) table.set(name, { effects });

/**
 * What `pg_catalog.<name>` (or `information_schema.<name>`) does, all its overloads taken together; `name` as the server folds it.
 * Undefined: no such built-in is known in PostgreSQL 12 to 18; it MUST then be taken for opaque.
 */
export function lookupBuiltin(name: string): BuiltinClass | undefined {
  return table.get(name);
}
