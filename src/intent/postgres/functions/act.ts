import type { Effect, Verb } from '../../../core/effect.ts';
import type { EntityRef, ResourceKind } from '../../../core/resource.ts';
import type { BuiltinCall, BuiltinEffect } from './builtins.ts';

export type Act = Omit<Effect, 'span' | 'via'>;

/** What a call of a built-in does. Total: any arguments, also fewer than the function takes. */
export type Acts = (call: BuiltinCall) => readonly BuiltinEffect[];

const irreversible: ReadonlySet<Verb> = new Set(['update', 'delete', 'destroy', 'export', 'opaque']);

export function act(verb: Verb, resource: EntityRef, details: Partial<Omit<Act, 'verb' | 'resource'>> = {}): Act {
  return { verb, resource, extent: 'none', columns: [], reversible: !irreversible.has(verb), ...details };
}

/** Stands for a name that is computed: any of its kind. */
export const anyName = '*';

/** The constant argument as text; undefined when it is computed, NULL or missing. */
export function textAt(call: BuiltinCall, index: number): string | undefined {
  const value = call.args[index];
  return value === undefined || value === null ? undefined : String(value);
}

/** A resource whose name is an argument: one of its kind, or any of them when it is computed. */
export function thingAt(kind: ResourceKind, call: BuiltinCall, index: number): EntityRef {
  return { kind, path: [textAt(call, index) ?? anyName], system: false };
}

/** `one` where the argument that chooses the resource is a constant. */
export function extentAt(call: BuiltinCall, index: number): 'one' | 'unknown' {
  return textAt(call, index) === undefined ? 'unknown' : 'one';
}

/** The server as a whole. */
export const server: EntityRef = { kind: 'target', path: [], system: false };

/** The server's machinery, which nobody changes through the gate. */
export const machinery: EntityRef = { kind: 'target', path: [], system: true };

export function catalogView(name: string): EntityRef {
  return { kind: 'table', path: ['pg_catalog', name], system: true };
}

export function builtinFunction(call: BuiltinCall): EntityRef {
  return { kind: 'function', path: ['pg_catalog', call.name], system: true };
}
