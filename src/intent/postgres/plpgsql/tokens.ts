/**
 * A token of an expression, as far as it matters where one ends: `value` of a string is undefined when it is not worked out here
 * (bit strings, Unicode escapes, bytes beyond ASCII).
 */
export type Token =
  | { readonly kind: 'string'; readonly value: string | undefined; readonly start: number; readonly end: number }
  | { readonly kind: 'name' | 'symbol'; readonly text: string; readonly start: number; readonly end: number };

const space = /[ \t\n\r\f\v]+|--[^\n\r]*/uy;
const blockComment = /\/\*|\*\//gu;
const quotedName = /"(?:[^"]|"")*"/uy;
const plainString = /'(?:[^']|'')*'/uy;
const escapeString = /[eE]'(?:[^'\\]|''|\\[\s\S])*'/uy;
const otherString = /(?:[bBxXnN]|[uU]&)'(?:[^']|'')*'/uy;
const dollarTag = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/uy;
/** Names with dollars in them, numbers and parameters. */
const word = /[\w$\u0080-\uffff]+/uy;

function at(pattern: RegExp, text: string, index: number): string | undefined {
  pattern.lastIndex = index;
  return pattern.exec(text)?.[0];
}

/** Where the comment that starts at `index` ends; comments nest. Undefined: never. */
function commentEnd(text: string, index: number): number | undefined {
  let depth = 0;
  blockComment.lastIndex = index;
  for (let match = blockComment.exec(text); match !== null; match = blockComment.exec(text)) {
    depth += match[0] === '/*' ? 1 : -1;
    if (depth === 0) return blockComment.lastIndex;
  }
  return undefined;
}

/** The first index at or after `index` that is neither white space nor comment. Undefined: a comment does not end. */
export function skipSpace(text: string, index: number): number | undefined {
  let position = index;
  for (;;) {
    const blank = at(space, text, position);
    if (blank !== undefined) position += blank.length;
    else if (text.startsWith('/*', position)) {
      const end = commentEnd(text, position);
      if (end === undefined) return undefined;
      position = end;
    } else return position;
  }
}

const simpleEscapes: { readonly [letter: string]: string } = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/** What stands between the quotes of an `E''` string (documentation, 4.1.2.2). */
function unescape(inner: string): string | undefined {
  let readable = true;
  const text = inner.replaceAll(/''|\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([\s\S]))/gu,
    (whole: string, octal?: string, hex?: string, short?: string, long?: string, letter?: string) => {
      if (whole === "''") return "'";
      if (letter !== undefined) {
        // These without their digits are errors of the server's.
        if ('xuU'.includes(letter)) readable = false;
        return simpleEscapes[letter] ?? letter;
      }
      const code = Number.parseInt(octal ?? hex ?? short ?? long ?? '', octal === undefined ? 16 : 8);
      // A byte beyond ASCII is a part of a character; half a surrogate pair is none.
      if (code === 0 || code > 0x10_ffff || (code > 0x7f && (octal ?? hex) !== undefined) || (code >= 0xd800 && code < 0xe000)) {
        readable = false;
        return '';
      }
      return String.fromCodePoint(code);
    });
  return readable ? text : undefined;
}

function stringAt(text: string, start: number): { readonly value: string | undefined; readonly end: number } | undefined {
  const plain = at(plainString, text, start);
  if (plain !== undefined) return { value: plain.slice(1, -1).replaceAll("''", "'"), end: start + plain.length };
  const escaped = at(escapeString, text, start);
  if (escaped !== undefined) return { value: unescape(escaped.slice(2, -1)), end: start + escaped.length };
  const other = at(otherString, text, start);
  if (other !== undefined) return { value: undefined, end: start + other.length };
  const tag = at(dollarTag, text, start);
  if (tag === undefined) return undefined;
  const close = text.indexOf(tag, start + tag.length);
  return close === -1 ? undefined : { value: text.slice(start + tag.length, close), end: close + tag.length };
}

/**
 * The tokens of an expression under `standard_conforming_strings = on` (scan.l). Undefined when a string, name or comment does not end.
 * Every symbol is one character, so that `:=` is two tokens.
 */
export function tokenize(text: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  for (let start = skipSpace(text, 0); start !== text.length;) {
    if (start === undefined) return undefined;
    const string = stringAt(text, start);
    let end: number;
    if (string !== undefined) {
      end = string.end;
      tokens.push({ kind: 'string', value: string.value, start, end });
    } else {
      const name = at(quotedName, text, start) ?? at(word, text, start);
      const symbol = name ?? text.charAt(start);
      if (symbol === "'" || symbol === '"') return undefined;
      end = start + symbol.length;
      tokens.push({ kind: name === undefined ? 'symbol' : 'name', text: symbol, start, end });
    }
    start = skipSpace(text, end);
  }
  return tokens;
}
