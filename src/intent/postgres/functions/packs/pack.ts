import { act, anyName, extentAt, textAt, type Act, type Acts } from '../act.ts';
import type { BuiltinCall } from '../builtins.ts';
import { names } from '../names.ts';
import { regclassPath } from '../regclass.ts';
import type { EntityRef, ResourceKind } from '../../../../core/resource.ts';

/** What has been reviewed of one extension. */
export interface Pack {
  /** Volatile functions without effects, by name; and stable or immutable ones whose body is not worth reading. */
  readonly harmless: string;
  /** Functions with effects, whatever volatility they are declared with. */
  readonly hazards?: readonly (readonly [string, Acts])[];
  /**
   * Whether its functions in SQL and PL/pgSQL that are not volatile are taken at their word. Else their bodies are read, as those of volatile ones
   * that the pack does not name are always.
   */
  readonly bodies?: 'trusted';
}

export const server: EntityRef = { kind: 'target', path: [], system: false };
export const anyHost: EntityRef = { kind: 'host', path: [anyName], system: false };

/** One entry for each name. */
export function all(block: string, acts: Acts): readonly (readonly [string, Acts])[] {
  return names(block).map((name) => [name, acts]);
}

export function opaque(note: string): Acts {
  return (call): readonly Act[] => [act('opaque', { kind: 'function', path: [call.name], system: false }, { extent: 'unknown', reason: 'not-modelled', note })];
}

/** SQL in the argument. */
export function runsSql(index: number): Acts {
  return (call) => {
    const value = call.args[index];
    return [{ sql: typeof value === 'string' ? value : undefined }];
  };
}

export const executes: Acts = (call) => [act('execute', { kind: 'function', path: [call.name], system: false }, { extent: 'one' })];
export const configures: Acts = () => [act('configure', server, { extent: 'all', reversible: false, outsideTransaction: true })];

/** A relation named by an argument, as `regclass` reads it; any when it is computed. */
export function relationAt(kind: ResourceKind, call: BuiltinCall, index: number): EntityRef {
  return { kind, path: regclassPath(textAt(call, index) ?? '') ?? [anyName], system: false };
}

/** What is named by several arguments, each one part, as it stands there (`quote_ident` in the function); any of its kind when one is computed. */
export function named(kind: ResourceKind, call: BuiltinCall, from: number, to: number): Pick<Act, 'resource' | 'extent'> {
  const parts = Array.from({ length: Math.max(to - from, 0) }, (_, i) => textAt(call, from + i));
  const path = parts.filter((part) => part !== undefined);
  return path.length === 0 || path.length < parts.length
    ? { resource: { kind, path: [anyName], system: false }, extent: 'unknown' }
    : { resource: { kind, path, system: false }, extent: 'one' };
}

export function defines(index: number, note?: string): Acts {
  return (call) => [act('define', relationAt('table', call, index), { extent: extentAt(call, index), ...(note === undefined ? {} : { note }) })];
}

export function readsTable(index: number): Acts {
  return (call) => [act('read', relationAt('table', call, index), { extent: 'all', columns: 'all' })];
}
