import { skipSpace, tokensFrom } from './tokens.ts';

const notNull = /not(?![\w$\u0080-\u{10ffff}])/iuy;
const nullWord = /null(?![\w$\u0080-\u{10ffff}])/iuy;
const defaultStart = /:=|=|default(?![\w$\u0080-\u{10ffff}])/iuy;
const wordCharacter = /[\w$\u0080-\u{10ffff}]/u;

/**
 * libpg-query prints the default of a variable, but not that of a record, or of a variable whose type is not the server's own (it takes
 * those for rows): `r record := drop_all()` looks like `r record`. It does print the type's text as it stands in the body, so the default is
 * looked for behind each place where that text stands.
 *
 * `body` is the text between the dollar quotes, decoded. Undefined when it cannot be told; else the defaults found, which may be more than there are.
 */
export function hiddenDefaults(type: string, body: string | undefined): readonly string[] | undefined {
  if (body === undefined || type === '') return undefined;
  const defaults: string[] = [];
  let found = false;
  for (let start = body.indexOf(type); start !== -1; start = body.indexOf(type, start + 1)) {
    const end = start + type.length;
    // `record` in `records`.
    if (isInsideName(body, start) || isInsideName(body, end)) continue;
    found = true;
    const next = skipNotNull(body, end);
    if (next === undefined) return undefined;
    defaultStart.lastIndex = next;
    if (!defaultStart.test(body)) continue;
    const expression = expressionAt(body, defaultStart.lastIndex);
    if (expression === undefined) return undefined;
    defaults.push(expression);
  }
  return found ? defaults : undefined;
}

/** No name ends between the characters before and after `index`. */
function isInsideName(body: string, index: number): boolean {
  return wordCharacter.test(body.charAt(index - 1)) && wordCharacter.test(body.charAt(index));
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

/** From `index` to the semicolon that ends the declaration (pl_gram.y, read_sql_construct). */
function expressionAt(body: string, index: number): string | undefined {
  let depth = 0;
  for (const token of tokensFrom(body, index)) {
    if (token === undefined) return undefined;
    if (token.kind !== 'symbol') continue;
    if (token.text === '(' || token.text === '[') depth += 1;
    else if (token.text === ')' || token.text === ']') depth -= 1;
    else if (token.text === ';' && depth === 0) return body.slice(index, token.start).trim();
  }
  return undefined;
}
