import { skipSpace } from './tokens.ts';

const notNull = /not(?![\w$\u0080-\uffff])/iuy;
const nullWord = /null(?![\w$\u0080-\uffff])/iuy;
const wordEnd = /[\w$\u0080-\uffff]/u;
const defaultStart = /:=|=|default(?![\w$\u0080-\uffff])/iuy;

/**
 * libpg-query prints the default of a variable, but not that of a record or of a row (a composite type): `r record := drop_all()` looks like
 * `r record`. It does print the type's text as it stands in the body, so this looks whether a default follows it anywhere.
 *
 * `body` is the text between the dollar quotes, decoded. True also when that cannot be told.
 */
export function mayHideDefault(type: string, body: string | undefined): boolean {
  if (body === undefined || type === '') return true;
  let found = false;
  for (let start = body.indexOf(type); start !== -1; start = body.indexOf(type, start + 1)) {
    // Part of a longer name.
    if (wordEnd.test(body.charAt(start - 1)) && wordEnd.test(type.charAt(0))) continue;
    if (wordEnd.test(body.charAt(start + type.length)) && wordEnd.test(type.charAt(type.length - 1))) continue;
    found = true;
    const next = skipNotNull(body, start + type.length);
    if (next === undefined) return true;
    defaultStart.lastIndex = next;
    if (defaultStart.test(body)) return true;
  }
  return !found;
}

function skipNotNull(body: string, index: number): number | undefined {
  const first = skipSpace(body, index);
  if (first === undefined) return undefined;
  notNull.lastIndex = first;
  if (!notNull.test(body)) return first;
  const second = skipSpace(body, notNull.lastIndex);
  if (second === undefined) return undefined;
  nullWord.lastIndex = second;
  return nullWord.test(body) ? skipSpace(body, nullWord.lastIndex) : first;
}
