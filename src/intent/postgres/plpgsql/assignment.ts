import { tokenize } from './tokens.ts';

/** `target := value`, or with `=`; undefined when it is not of that form. */
export function splitAssignment(text: string): { readonly target: string; readonly value: string } | undefined {
  let depth = 0;
  for (const token of tokenize(text) ?? []) {
    if (token.kind !== 'symbol') continue;
    if (token.text === '[' || token.text === '(') depth += 1;
    else if (token.text === ']' || token.text === ')') depth -= 1;
    // In a target nothing but subscripts holds an operator, and those are in brackets: the first one outside assigns.
    else if (depth === 0 && token.text === '=') return parts(text, text[token.start - 1] === ':' ? token.start - 1 : token.start, token.end);
  }
  return undefined;
}

function parts(text: string, targetEnd: number, valueStart: number): { target: string; value: string } | undefined {
  const target = text.slice(0, targetEnd).trim();
  const value = text.slice(valueStart).trim();
  return target === '' || value === '' ? undefined : { target, value };
}
