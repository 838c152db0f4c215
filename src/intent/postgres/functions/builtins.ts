import type { Effect } from '../../../core/effect.ts';

/** One call of a built-in function. `args` holds constants where the arguments are literals, else undefined. */
export interface BuiltinCall {
  readonly name: string;
  readonly args: readonly (string | number | boolean | null | undefined)[];
}

/**
 * What a call does: an effect; SQL that the function will run (`sql: undefined`: the text is computed); a setting that changes.
 */
export type BuiltinEffect =
  | Omit<Effect, 'span' | 'via'>
  | { readonly sql: string | undefined }
  | { readonly setting: { readonly name: string | undefined; readonly value: string | undefined; readonly local: boolean } };

export type BuiltinClass =
  | { readonly purity: 'pure' | 'reads-state' }
  | { readonly effects: (call: BuiltinCall) => readonly BuiltinEffect[] };

/** What `pg_catalog.<name>` does, all its overloads taken together. Undefined: no such built-in is known in PostgreSQL 12 to 18. */
export function lookupBuiltin(name: string): BuiltinClass | undefined {
  void name;
  return undefined;
}
