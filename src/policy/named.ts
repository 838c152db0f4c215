import { parseResourceText } from '../core/format.ts';
import { entityKinds, thingKinds, type EntityKind, type EntityRef, type ResourceKind } from '../core/resource.ts';
import type { Target } from '../core/target.ts';
import { ancestry, type Node, type ResourceType } from './ancestry.ts';

/** A resource that a policy writes out, `Table::"prod-db/public.users"`. */
export interface NamedResource {
  /** Name of the target that it is of. */
  readonly target: string;
  readonly ref: EntityRef;
}

/** A `Thing` carries its kind in its name. */
export const kindOfType: Readonly<Record<Exclude<ResourceType, 'Thing'>, EntityKind>> = {
  Target: 'target', Database: 'database', Schema: 'schema', Table: 'table', Column: 'column', Function: 'function', Path: 'path', Host: 'host', Endpoint: 'endpoint', Tool: 'tool',
};

export function isResourceType(type: string): type is ResourceType {
  return type === 'Thing' || Object.hasOwn(kindOfType, type);
}

const kinds: ReadonlySet<string> = new Set<string>([...entityKinds, ...thingKinds]);

function isKind(kind: string): kind is ResourceKind {
  return kinds.has(kind);
}

/** How the resource is written in a policy. */
export function nameIn(target: string, ref: EntityRef): Node | undefined {
  const of: Target = { name: target, protocol: 'postgres', environment: 'unspecified', mode: 'enforce' };
  return ancestry(ref, of, undefined)[0];
}

/** Undefined when no resource of any target can have that name, so that a policy with it sees nothing. */
export function namedResource(type: string, id: string): NamedResource | undefined {
  if (type === 'Target') return { target: id, ref: { kind: 'target', path: [id], system: false } };
  const slash = id.indexOf('/');
  if (slash <= 0) return undefined;
  const [target, rest] = [id.slice(0, slash), id.slice(slash + 1)];
  const parsed = parseResourceText(type === 'Thing' ? rest : `${type.toLowerCase()}:${rest}`);
  if (parsed === undefined || !isKind(parsed.kind)) return undefined;
  const ref: EntityRef = { kind: parsed.kind, path: parsed.path, system: false };
  // Names are compared as text, so that `"public".users` is another than `public.users`, and names nothing.
  const written = nameIn(target, ref);
  return written?.type === type && written.id === id ? { target, ref } : undefined;
}
