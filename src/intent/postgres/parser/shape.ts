import type { Token } from './instance.ts';

/** A shape's greatest length, in characters: enough to recognise a statement, and a record stays within its entry. */
const maxShape = 16_384;

/** Token numbers of the grammar (gram.h of PostgreSQL 18): FCONST, SCONST, USCONST, BCONST, XCONST, ICONST. */
const literals = new Set([260, 261, 262, 263, 264, 266]);
/** SQL_COMMENT, C_COMMENT. */
const comments = new Set([275, 276]);
/** What looks like a literal is one, whatever its number: the shape goes on record, and a new grammar may count otherwise. */
const looksLiteral = /^(?:(?:[bexn]|u&)?'|\.?\d|\$(?!\d)|--|\/\*)/i;

/**
 * The text with each literal replaced by `$n` (numbered after the text's own parameters, as pg_stat_statements does), comments left out
 * and white space folded. `bytes` is the text in UTF-8: token offsets count bytes.
 */
export function shapeOf(bytes: Buffer, tokens: readonly Token[]): string {
  let parameters = 0;
  for (const token of tokens) if (token.tokenName === 'PARAM') parameters = Math.max(parameters, Number(token.text.slice(1)) || 0);
  let out = '';
  let end = -1;
  for (const token of tokens) {
    if (comments.has(token.tokenType)) continue;
    if (end >= 0 && token.start > end) out += ' ';
    out += literals.has(token.tokenType) || looksLiteral.test(token.text) ? `$${++parameters}` : bytes.toString('utf8', token.start, token.end);
    end = token.end;
    if (out.length > maxShape) return `${out.slice(0, maxShape)}...`;
  }
  return out;
}
