import { formatResource } from '../core/format.ts';
import { isEntityKind, type EntityRef, type ResourceKind, type ThingKind } from '../core/resource.ts';
import type { Target } from '../core/target.ts';

/** Entity types of resources in the schema. */
export type ResourceType = 'Target' | 'Database' | 'Schema' | 'Table' | 'Column' | 'Function' | 'Path' | 'Host' | 'Endpoint' | 'Tool' | 'Thing';

export interface Node {
  readonly type: ResourceType;
  /** `prod-db/public.users`; a Thing carries its kind, `prod-db/role:bob`; a target is its name. Policies name resources so. */
  readonly id: string;
}

/** Deeper paths lose their outer containers: what a grant reaches through them is then refused, not permitted. */
export const deepest = 64;

/** Things that are the server's, not a database's. */
export const clusterKinds: ReadonlySet<ResourceKind> = new Set(['role', 'tablespace', 'setting', 'process', 'session', 'program', 'channel', 'statement']);
/** Things whose name has a schema. */
const schemaKinds: ReadonlySet<ResourceKind> = new Set([
  'sequence', 'type', 'index', 'operator', 'collation', 'statistics', 'text-search', 'trigger', 'policy', 'rule',
]);

function name(kind: ResourceKind, path: readonly string[]): string {
  const text = formatResource({ kind, path, system: false });
  return text.slice(text.indexOf(':') + 1);
}

/** The resource, then what contains it, from the inside out; ends with the target unless the name is too short to say what it is in. */
export function ancestry(ref: EntityRef, target: Target, database: string | undefined): readonly Node[] {
  const node = (type: ResourceType, kind: ResourceKind, path: readonly string[]): Node => ({ type, id: `${target.name}/${name(kind, path)}` });
  const root: Node = { type: 'Target', id: target.name };
  const top = database === undefined ? [root] : [node('Database', 'database', [database]), root];
  const schemaOf = (path: readonly string[]): Node[] => (path.length > 1 ? [node('Schema', 'schema', path.slice(0, -1)), ...top] : top);
  const tableAt = (path: readonly string[]): Node[] => [node('Table', 'table', path), ...schemaOf(path)];
  const nested = (type: 'Path' | 'Host' | 'Endpoint'): Node[] => {
    // Each container's name is the beginning of the next one's: one of a hundred thousand parts is put together once.
    const parts = ref.path.map((part) => name(ref.kind, [part]));
    const whole = parts.join('.');
    const nodes: Node[] = [];
    let end = whole.length;
    for (const part of parts.slice(-deepest).toReversed()) {
      nodes.push({ type, id: `${target.name}/${whole.slice(0, end)}` });
      end -= part.length + 1;
    }
    return parts.length > deepest ? nodes : [...nodes, root];
  };
  const thing = (kind: ThingKind): Node[] => {
    const self: Node = { type: 'Thing', id: `${target.name}/${kind}:${name(kind, ref.path)}` };
    if (clusterKinds.has(kind)) return [self, root];
    if (!schemaKinds.has(kind)) return [self, ...top];
    return ref.path.length > 2 ? [self, ...tableAt(ref.path.slice(0, -1))] : [self, ...schemaOf(ref.path)];
  };
  if (!isEntityKind(ref.kind)) return thing(ref.kind);
  switch (ref.kind) {
    case 'target': return [root];
    case 'database': return [node('Database', 'database', ref.path), root];
    case 'schema': return [node('Schema', 'schema', ref.path), ...top];
    case 'table': return tableAt(ref.path);
    case 'function': return [node('Function', 'function', ref.path), ...schemaOf(ref.path)];
    case 'column': return [node('Column', 'column', ref.path), ...(ref.path.length > 1 ? tableAt(ref.path.slice(0, -1)) : [])];
    case 'path': return nested('Path');
    case 'host': return nested('Host');
    case 'endpoint': return nested('Endpoint');
    case 'tool': break;
  }
  return [node('Tool', 'tool', ref.path), root];
}

/** The ancestry, then for each table that the resource is a part of that table's. Of what stands in a table: from its table on. */
export function lineage({ resource, heldBy }: { readonly resource: EntityRef; readonly heldBy: readonly EntityRef[] }, target: Target, database: string | undefined): readonly (readonly Node[])[] {
  const own = ancestry(resource, target, database);
  if (heldBy.length === 0) return [own];
  return [own, ...heldBy.map((whole) => ancestry(whole, target, database).slice(whole.kind === 'table' ? 0 : 1))];
}

export function nodeKey(node: { readonly type: string; readonly id: string }): string {
  return `${node.type}::${node.id}`;
}
