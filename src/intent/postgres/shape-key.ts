/** Longer texts are seldom sent again with other literals. UTF-16 code units. */
const LONGEST = 4_096;
/** Digits that surely make an int4 (2,147,483,647 has ten): within it every number has the same token and the same type. */
const MOST_DIGITS = 9;

/** What a character may begin or continue. */
const OTHER = 0;
const SPACE = 1;
const WORD = 2;
const DIGIT = 3;
const QUOTE = 4;
const NAME_QUOTE = 5;
const DOLLAR = 6;
const PLAIN = 7;
const MINUS = 8;
const SLASH = 9;
const DOT = 10;

const classes = new Uint8Array(128);
for (const character of ' \t\n\r') classes[character.charCodeAt(0)] = SPACE;
for (const character of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_') classes[character.charCodeAt(0)] = WORD;
for (const character of '0123456789') classes[character.charCodeAt(0)] = DIGIT;
// Not in the list: `\` and `&`, which belong to string syntaxes. What is in no class makes the text ineligible.
for (const character of '(),;=<>+*/%|!:[]~^#@?') classes[character.charCodeAt(0)] = PLAIN;
classes[0x27] = QUOTE;
classes[0x22] = NAME_QUOTE;
classes[0x24] = DOLLAR;
classes[0x2d] = MINUS;
classes[0x2f] = SLASH;
classes[0x2e] = DOT;

/**
 * The text with each plain number replaced by `0` and each plain string by `''`, for finding an interpretation that holds for all texts which
 * differ in those alone. Undefined for every text in which a literal could be read in another way than the obvious one: comments, escapes, dollar
 * quotes, prefixed strings, fractions, exponents, numbers beyond int4, characters beyond ASCII. All else of the text, white space included, stays as it
 * is, so equal keys mean equal tokens but for the values. That the server's scanner agrees is a property in the tests.
 */
export function shapeKey(text: string): string | undefined {
  const { length } = text;
  if (length > LONGEST) return undefined;
  let key = '';
  let copied = 0;
  let before = SPACE;
  for (let at = 0; at < length;) {
    const code = text.charCodeAt(at);
    const kind = code < 128 ? (classes[code] ?? OTHER) : OTHER;
    switch (kind) {
      case SPACE: case PLAIN: at++; break;
      case WORD:
        // Words hold digits and dollars, too; so neither begins anything in the middle of one.
        do at++; while (at < length && isWordPart(text.charCodeAt(at)));
        break;
      case DOT:
        // Beside a digit it is part of a number.
        if (isDigit(text.charCodeAt(at + 1))) return undefined;
        at++;
        break;
      case MINUS:
        if (text.charCodeAt(at + 1) === 0x2d) return undefined;
        at++;
        break;
      case SLASH:
        if (text.charCodeAt(at + 1) === 0x2a) return undefined;
        at++;
        break;
      case DIGIT: {
        const start = at;
        do at++; while (at < length && isDigit(text.charCodeAt(at)));
        if (at - start > MOST_DIGITS || (at < length && (isWordPart(text.charCodeAt(at)) || text.charCodeAt(at) === 0x2e))) return undefined;
        key += `${text.slice(copied, start)}0`;
        copied = at;
        break;
      }
      case QUOTE: {
        // E'', B'', X'', N'' and U&'' are other literals.
        if (before === WORD) return undefined;
        const start = at;
        at = endOfString(text, at);
        if (at === -1) return undefined;
        key += `${text.slice(copied, start)}''`;
        copied = at;
        break;
      }
      case NAME_QUOTE:
        if (before === WORD) return undefined;
        at = text.indexOf('"', at + 1) + 1;
        if (at === 0) return undefined;
        break;
      case DOLLAR:
        at++;
        if (!isDigit(text.charCodeAt(at))) return undefined;
        do at++; while (at < length && isDigit(text.charCodeAt(at)));
        if (at < length && isWordPart(text.charCodeAt(at))) return undefined;
        break;
      default: return undefined;
    }
    before = kind;
  }
  return copied === 0 ? text : key + text.slice(copied);
}

function isDigit(code: number): boolean { return code >= 0x30 && code <= 0x39; }

function isWordPart(code: number): boolean {
  if (code >= 128) return true;
  const kind = classes[code];
  return kind === WORD || kind === DIGIT || kind === DOLLAR;
}

/** Behind the closing quote; -1 when there is none, or when the string holds what another reader might read otherwise. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x27) {
      if (text.charCodeAt(at + 1) !== 0x27) return at + 1;
      at++;
    } else if (code === 0x5c || code >= 128 || code < 0x20) return -1;
  }
  return -1;
}
