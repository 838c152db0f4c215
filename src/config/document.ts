import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type ErrorCode, type Node, type ParsedNode } from 'yaml';
import { display, truncate } from '../core/display.ts';

/** Keys and indexes from the root. */
export type Path = readonly PropertyKey[];

export interface Finding { readonly offset: number; readonly path: Path; readonly problem: string; readonly mend: string }

/** A YAML text as plain values, with the place of each. Only what JSON can say: no anchors, aliases, tags or keys that are not plain text. */
export interface Document {
  readonly value: unknown;
  readonly findings: readonly Finding[];
  /** False: the text has no reading, `value` is undefined. */
  readonly readable: boolean;
  /** Offset of the value there; of the nearest thing around it when there is none. */
  valueAt(path: Path): number;
  /** Offset of the key there. */
  keyAt(path: Path): number;
  position(offset: number): { readonly line: number; readonly column: number };
}

/** Own words for the parser's: its messages repeat parts of the text, which may hold a secret. */
const problems: Partial<Record<ErrorCode, readonly [string, string]>> = {
  BAD_INDENT: ['the indentation does not fit, or a bracket is not closed', 'use two spaces a level, and close `[` and `{`'],
  TAB_AS_INDENT: ['a tab is used to indent', 'use spaces'],
  MULTIPLE_DOCS: ['there is more than one document', 'take the `---` line away'],
  MISSING_CHAR: ['a quote, bracket, comma or colon is missing', 'close what was opened, and put a space after `:`'],
  BLOCK_AS_IMPLICIT_KEY: ['there are two `: ` in one line', 'put the value in quotes'],
  MULTILINE_IMPLICIT_KEY: ['a key has no `:`', 'write `key: value`'],
  BAD_SCALAR_START: ['a value starts with a character that means something else in YAML', 'put the value in quotes'],
  BAD_DQ_ESCAPE: ['there is an escape that YAML does not know', 'use single quotes, or `\\\\` for a backslash'],
  NON_STRING_KEY: ['a key is not plain text', 'put the key in quotes'],
  RESOURCE_EXHAUSTION: ['it is nested too deep', 'this file needs five levels'],
};

/** One missing bracket makes many errors; the first ones lead to it. */
const mostSyntaxErrors = 5;

function pathKey(path: Path): string { return path.map(String).join('\0'); }

/** Total: whatever the text is, it has a value or findings. The caller bounds its length. */
export function readDocument(source: string): Document {
  const lines = new LineCounter();
  const values = new Map<string, number>();
  const keys = new Map<string, number>();
  const findings: Finding[] = [];
  const find = (offset: number, path: Path, problem: string, mend: string): void => { findings.push({ offset, path, problem, mend }); };

  const walk = (node: Node | ParsedNode | null | undefined, path: Path, around: number): unknown => {
    const offset = node?.range?.[0] ?? around;
    values.set(pathKey(path), offset);
    if (node === null || node === undefined) return null;
    // An alias can make a small file a huge value, and a tag a value that is not what it looks like.
    if (isAlias(node)) {
      find(offset, path, 'is an alias (`*name`)', 'write the value out, or put it in quotes when it is meant as text');
      return null;
    }
    if (node.anchor !== undefined && node.anchor !== '') find(offset, path, 'has an anchor (`&name`)', 'take it away, or put the value in quotes when it is meant as text');
    if (node.tag !== undefined) find(offset, path, 'has a tag (`!name`)', 'take it away, or put the value in quotes when it is meant as text');
    if (isScalar(node)) {
      if (typeof node.value === 'string' && node.value.includes('${')) find(offset, path, 'holds `${…}`, and nothing is replaced in this file', 'write the value out; a secret is given as `{ env: NAME }`');
      return node.value;
    }
    if (isSeq(node)) return node.items.map((item, index) => walk(item as Node | null, [...path, index], offset));
    if (!isMap(node)) return null;
    // No prototype: `__proto__` is a key like any other, and is then unknown.
    const value: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    for (const pair of node.items) {
      const key = pair.key;
      if (!isScalar(key) || typeof key.value !== 'string') {
        find((key as Node | null)?.range?.[0] ?? offset, path, 'holds a key that is not plain text', 'put the key in quotes');
        continue;
      }
      const inner = [...path, key.value];
      const at = key.range?.[0] ?? offset;
      if (key.value === '__proto__') {
        find(at, path, 'holds a key that cannot be used', 'take it away');
        continue;
      }
      if (Object.hasOwn(value, key.value)) {
        find(at, inner, `is written twice, first in line ${lines.linePos(keys.get(pathKey(inner)) ?? 0).line}`, 'keep one of them');
        continue;
      }
      keys.set(pathKey(inner), at);
      value[key.value] = walk(pair.value as Node | null, inner, at);
    }
    return value;
  };

  let value: unknown;
  let readable = true;
  try {
    // Not `silent`: a second document would then be ignored without a word.
    const document = parseDocument(source, { lineCounter: lines, prettyErrors: false, uniqueKeys: false, stringKeys: false, merge: false, version: '1.2', schema: 'core', logLevel: 'error' });
    for (const error of document.errors.slice(0, mostSyntaxErrors)) {
      const [problem, mend] = problems[error.code] ?? ['this is not YAML that can be read', 'check quotes, brackets and indentation here'];
      find(error.pos[0], [], problem, mend);
    }
    readable = document.errors.length === 0;
    if (readable) value = walk(document.contents, [], 0);
  } catch {
    // The parser and the walk recurse: a text of brackets alone overflows the stack.
    readable = false;
    find(0, [], 'it is nested too deep', 'this file needs five levels');
  }

  const nearest = (places: Map<string, number>, path: Path): number => {
    for (let length = path.length; length > 0; length -= 1) {
      const inside = path.slice(0, length);
      const offset = (length === path.length ? places : keys).get(pathKey(inside)) ?? values.get(pathKey(inside));
      if (offset !== undefined) return offset;
    }
    return values.get('') ?? 0;
  };
  return {
    value, findings, readable,
    valueAt: (path) => nearest(values, path),
    keyAt: (path) => nearest(keys, path),
    position: (offset) => {
      const { line, col } = lines.linePos(offset);
      return { line: Math.max(1, line), column: Math.max(1, col) };
    },
  };
}

const plainKey = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;

/** `targets.shop.listen`, `gateway.peers[0].id`. What does not look like a key is not repeated: it may be a value that lost its place. */
export function formatPath(path: Path): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else {
      const shown = typeof part === 'string' && plainKey.test(part) ? part : '?';
      text += text === '' ? shown : `.${shown}`;
    }
  }
  return truncate(display(text), 200);
}
