import type { Parser } from '../../../src/intent/postgres/parser/parser.ts';

/** Trials for one text: a few seconds of a server's time. */
const maxTrials = 1500;

/** A smaller text of which `holds` is still true, made by leaving out tokens, and pairs of parentheses around what stays. */
export async function minimise(text: string, parser: Parser, holds: (text: string) => Promise<boolean>): Promise<string> {
  let best = text;
  const seen = new Set<string>();
  const attempt = async (candidate: string): Promise<boolean> => {
    if (candidate.trim() === '' || seen.size > maxTrials || seen.has(candidate)) return false;
    seen.add(candidate);
    if (!await holds(candidate)) return false;
    best = candidate;
    return true;
  };
  for (let before = ''; before !== best;) {
    before = best;
    for (let size = Math.ceil(spansOf(best, parser).length / 2); size >= 1; size = size > 6 ? Math.ceil(size / 2) : size - 1) {
      for (let at = 0; at < spansOf(best, parser).length;) if (!await attempt(without(best, parser, (i) => i >= at && i < at + size))) at++;
    }
    for (let at = 0; at < pairsOf(best, parser).length;) {
      const [open, close] = pairsOf(best, parser)[at] ?? [-1, -1];
      if (!await attempt(without(best, parser, (i) => i === open || i === close))) at++;
    }
  }
  return best;
}

interface Piece { readonly text: string; readonly apart: boolean }

function spansOf(text: string, parser: Parser): readonly Piece[] {
  const tokens = parser.scan(text);
  if (!Array.isArray(tokens)) return [];
  const bytes = Buffer.from(text);
  let end = 0;
  return tokens.map((token: { readonly start: number; readonly end: number }) => {
    const piece = { text: bytes.toString('utf8', token.start, token.end), apart: token.start > end };
    end = token.end;
    return piece;
  });
}

function without(text: string, parser: Parser, dropped: (index: number) => boolean): string {
  let apart = false;
  let left = '';
  for (const [i, piece] of spansOf(text, parser).entries()) {
    apart ||= piece.apart;
    if (dropped(i)) continue;
    left += `${apart && left !== '' ? ' ' : ''}${piece.text}`;
    apart = false;
  }
  return left;
}

function pairsOf(text: string, parser: Parser): [number, number][] {
  const open: number[] = [];
  const pairs: [number, number][] = [];
  for (const [i, { text: token }] of spansOf(text, parser).entries()) {
    if (token === '(') open.push(i);
    else if (token === ')') {
      const start = open.pop();
      if (start !== undefined) pairs.push([start, i]);
    }
  }
  return pairs;
}
