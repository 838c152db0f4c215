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
const plainString = /'((?:[^']|'')*)'/uy;
const escapeString = /'((?:[^'\\]|''|\\[\s\S])*)'/uy;
const stringPrefix = /[eEbBxXnN](?=')|[uU]&(?=')/uy;
/** A string goes on after a line's end (scan.l, quotecontinue), in the manner in which it began. */
const continuation = /[ \t\f\v]*(?:--[^\n\r]*)?[\n\r](?:[ \t\n\r\f\v]|--[^\n\r]*[\n\r])*(?=')/uy;
const dollarTag = /\$(?:[A-Za-z_\u0080-\u{10ffff}][\w\u0080-\u{10ffff}]*)?\$/uy;
const word = /[A-Za-z_\u0080-\u{10ffff}][\w$\u0080-\u{10ffff}]*|[0-9]+/uy;

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

function quotedAt(text: string, start: number): { readonly value: string | undefined; readonly end: number } | undefined {
  const prefix = at(stringPrefix, text, start) ?? '';
  const escapes = prefix === 'e' || prefix === 'E';
  const pattern = escapes ? escapeString : plainString;
  let inner = '';
  let end = start + prefix.length;
  for (let more: string | undefined = ''; more !== undefined; more = at(continuation, text, end)) {
    pattern.lastIndex = end + more.length;
    const match = pattern.exec(text);
    // The first quote must close; one that follows a string and does not close leaves the whole unread.
    if (match === null) return undefined;
    inner += match[1] ?? '';
    end = pattern.lastIndex;
  }
  if (escapes) return { value: unescape(inner), end };
  return { value: prefix === '' ? inner.replaceAll("''", "'") : undefined, end };
}

function dollarAt(text: string, start: number): { readonly value: string; readonly end: number } | undefined {
  const tag = at(dollarTag, text, start);
  const close = tag === undefined ? -1 : text.indexOf(tag, start + tag.length);
  return tag === undefined || close === -1 ? undefined : { value: text.slice(start + tag.length, close), end: close + tag.length };
}

/**
 * The tokens from `index` on under `standard_conforming_strings = on` (scan.l); every symbol is one character, so that `:=` is two tokens.
 * Ends with undefined when a string, name or comment does not end.
 */
export function* tokensFrom(text: string, index: number): Generator<Token | undefined, void> {
  for (let start = skipSpace(text, index); start !== text.length;) {
    if (start === undefined) { yield undefined; return; }
    const string = quotedAt(text, start) ?? dollarAt(text, start);
    const name = string === undefined ? at(quotedName, text, start) ?? at(word, text, start) : undefined;
    const symbol = text.charAt(start);
    let end = start + 1;
    if (string !== undefined) {
      end = string.end;
      yield { kind: 'string', value: string.value, start, end };
    } else if (name !== undefined) {
      end = start + name.length;
      yield { kind: 'name', text: name, start, end };
    } else if (symbol === "'" || symbol === '"' || at(dollarTag, text, start) !== undefined) { yield undefined; return; }
    else yield { kind: 'symbol', text: symbol, start, end };
    start = skipSpace(text, end);
  }
}

/** All tokens of an expression, or undefined when a string, name or comment does not end. */
export function tokenize(text: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  for (const token of tokensFrom(text, 0)) {
    if (token === undefined) return undefined;
    tokens.push(token);
  }
  return tokens;
}
