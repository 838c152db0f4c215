/**
 * How deep a policy may be. cedar-wasm has a stack of 1 MiB and no limit of its own: it traps at some 130 brackets and at some 350 operators in a row (4.13.0), and each of
 * its later versions may at others.
 */
export const mostBrackets = 40;
/** Levels of Cedar's JSON policy format; an operator in a row takes two. */
export const mostLevels = 240;

/** Offset (UTF-16) of the first bracket that is too deep; undefined when none is. Texts and comments are passed over. */
export function tooDeepAt(source: string): number | undefined {
  let depth = 0;
  for (const match of source.matchAll(/"(?:[^"\\]|\\[^])*"|\/\/[^\n]*|[([{]|[)\]}]/g)) {
    const [token] = match;
    if (token === '(' || token === '[' || token === '{') depth += 1;
    else if (token === ')' || token === ']' || token === '}') depth -= 1;
    if (depth > mostBrackets) return match.index;
  }
  return undefined;
}

/** Levels of a value. Without recursion, for it may be deeper than the stack. */
export function levels(value: unknown): number {
  let deepest = 0;
  const open: [unknown, number][] = [[value, 0]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [one, depth] = next;
    deepest = Math.max(deepest, depth);
    if (typeof one === 'object' && one !== null) for (const member of Object.values(one)) open.push([member, depth + 1]);
  }
  return deepest;
}
