export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/**
 * Canonical JSON (RFC 8785): keys sorted by UTF-16 code units, ECMAScript numbers, minimal escapes; `undefined` members are left out.
 * Throws `TypeError` for what RFC 8785 forbids: lone surrogates, NaN, infinities.
 */
export function canonicalJson(value: Json): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`${value} has no canonical form (RFC 8785 section 3.2.2.3)`);
    return String(value);
  }
  if (value === null || typeof value === 'boolean') return String(value);
  if (isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  let members = '';
  for (const key of sortedKeys(value)) {
    const member = value[key];
    if (member !== undefined) members += (members === '' ? '' : ',') + quotedKey(key) + canonicalJson(member);
  }
  return `{${members}}`;
}

/** What stands in JSON as it is. */
const plain = /^[ !#-[\]-~]*$/;

function quoted(text: string): string {
  if (plain.test(text)) return `"${text}"`;
  if (!text.isWellFormed()) throw new TypeError('a lone surrogate has no canonical form (RFC 8785 section 3.2.2.2)');
  return JSON.stringify(text);
}

/** Keys are mostly the same few hundred; those that came first are kept as they are written, with their colon. */
const keys = new Map<string, string>();
const mostKeys = 1024;
/** UTF-16 code units. */
const longestKey = 64;

function quotedKey(key: string): string {
  const known = keys.get(key);
  if (known !== undefined) return known;
  const text = `${quoted(key)}:`;
  if (keys.size < mostKeys && key.length <= longestKey) keys.set(key, text);
  return text;
}

/** Objects here have few members, which one by one are put in their place sooner than a sort for many is set up. */
function sortedKeys(value: object): string[] {
  const sorted = Object.keys(value);
  for (let at = 1; at < sorted.length; at++) {
    const key = sorted[at] ?? '';
    let to = at;
    for (let before = sorted[to - 1]; before !== undefined && before > key; before = sorted[to - 1]) {
      sorted[to] = before;
      to--;
    }
    sorted[to] = key;
  }
  return sorted;
}

/** `Array.isArray` does not narrow readonly arrays out of a union. */
function isArray(value: readonly Json[] | { readonly [key: string]: Json | undefined }): value is readonly Json[] {
  return Array.isArray(value);
}
