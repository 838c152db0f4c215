/** A node of an expression as the server keeps it. A list is an array, everything else a text; several words of one field stand with a space between. */
export interface TreeNode { readonly tag: string; readonly fields: ReadonlyMap<string, Tree> }
export type Tree = TreeNode | readonly Tree[] | string;

export function isNode(tree: Tree | undefined): tree is TreeNode {
  return typeof tree === 'object' && 'tag' in tree;
}

/** The node in a field, where one is there. */
export function nodeIn({ fields }: TreeNode, field: string): TreeNode | undefined {
  const found = fields.get(field);
  return isNode(found) ? found : undefined;
}

export function nodesIn(node: TreeNode, field: string): readonly TreeNode[] {
  return listed(node.fields.get(field)).filter(isNode);
}

export function textIn({ fields }: TreeNode, field: string): string {
  const found = fields.get(field);
  return typeof found === 'string' ? found : '';
}

export function listed(tree: Tree | undefined): readonly Tree[] {
  return typeof tree === 'object' && !isNode(tree) ? tree : [];
}

/** Deeper ones are cut off there. */
const deepest = 1_000;

/**
 * Reads a pg_node_tree: `{NODE :field value ...}`, `(a b)`, and words, in which `\` keeps the next character (src/backend/nodes/read.c, pg_strtok).
 * Total: what is no such text ends where it ends. Undefined: there is none.
 */
export function readTree(text: string | null): Tree | undefined {
  if (text === null) return undefined;
  const reader = new Reader(text);
  return reader.tree(0);
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  tree(depth: number): Tree | undefined {
    const token = this.#token();
    if (token === undefined || depth > deepest) return undefined;
    if (token === '{') return this.#node(depth);
    if (token !== '(') return token;
    const list: Tree[] = [];
    for (;;) {
      if (this.#peek() === ')') this.#token();
      else {
        const item = this.tree(depth + 1);
        if (item !== undefined) {
          list.push(item);
          continue;
        }
      }
      return list;
    }
  }

  #node(depth: number): TreeNode {
    const tag = this.#token() ?? '';
    const fields = new Map<string, Tree>();
    for (;;) {
      const name = this.#token();
      if (name === undefined || name === '}') return { tag, fields };
      const value: Tree[] = [];
      for (let next = this.#peek(); next !== undefined && next !== '}' && next !== ':'; next = this.#peek()) {
        const part = this.tree(depth + 1);
        if (part === undefined) break;
        value.push(part);
      }
      const [only] = value;
      // A word that somebody has chosen may look like a field; those of the node's own come first.
      const field = name.slice(1);
      if (!fields.has(field)) fields.set(field, value.length === 1 && only !== undefined ? only : value.every((part) => typeof part === 'string') ? value.join(' ') : value);
    }
  }

  /** The first character of what comes next. */
  #peek(): string | undefined {
    while (isSpace(this.#text.charCodeAt(this.#at))) this.#at++;
    return this.#text[this.#at];
  }

  #token(): string | undefined {
    const first = this.#peek();
    if (first === undefined) return undefined;
    const start = this.#at;
    if (isBracket(first.charCodeAt(0))) {
      this.#at++;
      return first;
    }
    for (; this.#at < this.#text.length; this.#at++) {
      const code = this.#text.charCodeAt(this.#at);
      if (isSpace(code) || isBracket(code)) break;
      if (code === 0x5c) this.#at++;
    }
    return this.#text.slice(start, this.#at);
  }
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x09;
}

/** `(`, `)`, `{`, `}` */
function isBracket(code: number): boolean {
  return code === 0x28 || code === 0x29 || code === 0x7b || code === 0x7d;
}
