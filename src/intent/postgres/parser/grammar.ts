import type { Node } from '@pgsql/types';

type UnionToIntersection<U> = (U extends unknown ? (member: U) => void : never) extends (all: infer All) => void ? All : never;

/** Every node of the grammar by its name; the parser's JSON holds a node as an object with that one key. */
export type NodeMap = UnionToIntersection<Node>;
export type NodeKind = keyof NodeMap;

/** Nodes whose name ends so but which are parts of statements, or wrap one. */
type PartOfStatement = 'RawStmt' | 'SetOperationStmt' | 'ReplicaIdentityStmt';

/** A new kind in a new grammar shows up here, and with it in every table that is keyed by it. */
export type StatementKind = Exclude<Extract<NodeKind, `${string}Stmt`>, PartOfStatement>;

export interface RawStatement { readonly stmt?: Node; readonly stmt_location?: number; readonly stmt_len?: number }

/** Statements about rows: the only ones with parameters, and the ones whose other literals may vary under one decision. */
export const rowStatements: ReadonlySet<string> = new Set<StatementKind>(['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']);

/** What `parse` answers; `stmts` is absent for empty text. */
export interface ParseTree { readonly version: number; readonly stmts?: readonly RawStatement[] }

/** The one key of a node. An empty object, which the grammar does not make, is the empty string. */
export function kindOf(node: Node): NodeKind | '' {
  for (const kind in node) return kind as NodeKind; // the key's type is what the grammar guarantees
  return '';
}

/** The node's content when it is of that kind. */
export function as<K extends NodeKind>(node: Node | undefined, kind: K): NodeMap[K] | undefined {
  if (node === undefined || !(kind in node)) return undefined;
  return (node as NodeMap)[kind]; // the key's presence tells the member of the union
}

/** The strings of a list of `String` nodes: a qualified name. Other nodes (`*`) are left out. */
export function strings(nodes: readonly Node[] | undefined): string[] {
  const out: string[] = [];
  for (const node of nodes ?? []) {
    const text = as(node, 'String')?.sval;
    if (text !== undefined) out.push(text);
  }
  return out;
}

/** A list that stands as a node: `List` or a bare name. */
export function listItems(node: Node | undefined): readonly Node[] {
  return as(node, 'List')?.items ?? [];
}
