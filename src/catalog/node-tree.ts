/** A node of an expression as the server keeps it. A list is an array, everything else a text; several words of one field stand with a space between. */
export interface TreeNode { readonly tag: string; /** By `:name`. */ readonly fields: ReadonlyMap<string, Tree> }
export type Tree = TreeNode | readonly Tree[] | string;

export function isNode(tree: Tree | undefined): tree is TreeNode {
  return typeof tree === 'object' && 'tag' in tree;
}

/** The node in a field, where one is there. */
export function nodeIn({ fields }: TreeNode, field: string): TreeNode | undefined {
  const found = fields.get(`:${field}`);
  return isNode(found) ? found : undefined;
}

export function nodesIn(node: TreeNode, field: string): readonly TreeNode[] {
  return listed(node.fields.get(`:${field}`)).filter(isNode);
}

export function textIn({ fields }: TreeNode, field: string): string {
  const found = fields.get(`:${field}`);
  return typeof found === 'string' ? found : '';
}

export function listed(tree: Tree | undefined): readonly Tree[] {
  return typeof tree === 'object' && !isNode(tree) ? tree : [];
}

/** What nodes were called before PostgreSQL 15, and are called since. */
const formerTags: ReadonlyMap<string, string> = new Map([
  ['ARRAY', 'ARRAYEXPR'], ['CASE', 'CASEEXPR'], ['WHEN', 'CASEWHEN'], ['COALESCE', 'COALESCEEXPR'], ['MINMAX', 'MINMAXEXPR'], ['ROW', 'ROWEXPR'], ['ROWCOMPARE', 'ROWCOMPAREEXPR'],
]);

/** Nodes of the server's own that hand on the value of their `arg` as it is (src/include/nodes/primnodes.h): under another type, a collation, in a domain. */
export const handingOn: ReadonlySet<string> = new Set(['RELABELTYPE', 'COLLATEEXPR', 'COERCETODOMAIN']);
/** The value that the check of a domain is about. */
export const domainValueTag = 'COERCETODOMAINVALUE';

/** Deeper ones are cut off there. */
const deepest = 1_000;

/**
 * Reads a pg_node_tree: `{NODE :field value ...}`, `(a b)`, and words, in which `\` keeps the next character (src/backend/nodes/read.c, pg_strtok).
 * Total: what is no such text ends where it ends. Undefined: there is none.
 */
export function readTree(text: string | null): Tree | undefined {
  if (text === null) return undefined;
  return new Reader(text).tree(0);
}

/** A bracket, or a word. */
const tokens = /[(){}]|(?:[^\s(){}\\]|\\.)+/gs;

class Reader {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = text.match(tokens) ?? [];
  }

  tree(depth: number): Tree | undefined {
    const token = this.#tokens[this.#at];
    if (token === undefined || depth > deepest) return undefined;
    this.#at++;
    if (token === '{') return this.#node(depth);
    return token === '(' ? this.#list(depth) : token;
  }

  #list(depth: number): readonly Tree[] {
    const list: Tree[] = [];
    while (this.#tokens[this.#at] !== ')') {
      const item = this.tree(depth + 1);
      if (item === undefined) break;
      list.push(item);
    }
    this.#at++;
    return list;
  }

  #node(depth: number): TreeNode {
    const written = this.#tokens[this.#at++] ?? '';
    const tag = formerTags.get(written) ?? written;
    const fields = new Map<string, Tree>();
    for (let name = this.#tokens[this.#at++]; name !== undefined && name !== '}'; name = this.#tokens[this.#at++]) {
      // A word that somebody has chosen may look like a field; those of the node's own come first.
      const value = this.#value(depth);
      if (!fields.has(name)) fields.set(name, value);
    }
    return { tag, fields };
  }

  /** Up to the next field. */
  #value(depth: number): Tree {
    const first = this.#part(depth);
    let next = this.#part(depth);
    if (first === undefined || next === undefined) return first ?? '';
    const parts = [first];
    for (; next !== undefined; next = this.#part(depth)) parts.push(next);
    return parts.every((part) => typeof part === 'string') ? parts.join(' ') : parts;
  }

  #part(depth: number): Tree | undefined {
    const next = this.#tokens[this.#at];
    return next === undefined || next === '}' || next.startsWith(':') ? undefined : this.tree(depth + 1);
  }
}
