import { tokenize, type Token } from './tokens.ts';

/**
 * The text that an expression of string literals and `||` makes, undefined for every other one. `format` and `quote_ident` are not worked out:
 * a function of the same name for `text` would be the better match, and would be called.
 */
export function constantText(expression: string): string | undefined {
  const tokens = tokenize(expression);
  if (tokens === undefined || tokens.length === 0) return undefined;
  let text = '';
  let bars = 2;
  let previous: Token | undefined;
  for (const token of tokens) {
    if (token.kind === 'string') {
      if (bars !== 2 || token.value === undefined) return undefined;
      text += token.value;
      bars = 0;
    } else if (token.kind === 'symbol' && token.text === '|' && bars < 2 && (bars === 0 || previous?.end === token.start)) bars += 1;
    else return undefined;
    previous = token;
  }
  return bars === 0 ? text : undefined;
}
