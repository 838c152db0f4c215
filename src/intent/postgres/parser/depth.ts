import type { Token } from './instance.ts';

/** Text up to this many characters cannot hold a tree that is too deep: the densest nesting, `ARRAY[[[`, takes two a level. */
export const shallowLength = 2048;

/** Half of what a main thread's stack was seen to bear: sub-selects break between 1,000 and 2,000, one operator chain at some 10,000. */
const maxNesting = 500;
const maxChain = 2000;
const maxJoins = 500;
const maxTokens = 131_072;

interface Level { chain: number; joins: number }

const opens = new Set(['(', '[', 'CASE']);
const closes = new Set([')', ']', 'END']);
/** What stands on both sides of these are siblings in the tree (AND and OR are flattened by the grammar). */
const separators = new Set([',', 'AND', 'OR', 'WHEN', 'THEN', 'ELSE']);
/** Left-deep, and not ended by a separator. */
const chained = new Set(['UNION', 'INTERSECT', 'EXCEPT', 'JOIN']);

/**
 * An upper bound on the depth of the tree, from the parser's own tokens, against text that overflows its stack
 * (reference/postgres.md A3). Errs on the side of `true`.
 */
export function tooDeep(tokens: readonly Token[]): boolean {
  if (tokens.length > maxTokens) return true;
  let levels: Level[] = [{ chain: 0, joins: 0 }];
  let path = 0;
  for (const token of tokens) {
    const word = token.keywordKind === 0 ? token.text : token.text.toUpperCase();
    let level = levels[levels.length - 1];
    if (level === undefined) return true;
    if (opens.has(word)) {
      level.chain++;
      path++;
      if (levels.push({ chain: 0, joins: 0 }) > maxNesting) return true;
    } else if (closes.has(word)) {
      if (levels.length > 1) {
        path -= level.chain;
        levels.pop();
      }
    } else if (separators.has(word)) {
      path -= level.chain;
      level.chain = 0;
    } else if (word === ';') {
      path = 0;
      levels = [{ chain: 0, joins: 0 }];
    } else {
      if (chained.has(word) && ++level.joins > maxJoins) return true;
      level.chain++;
      path++;
    }
    if (path > maxChain) return true;
  }
  return false;
}
