import type { Statement } from '../prediction.ts';

/**
 * The statements of a psql script, cut as psql cuts them (src/fe_utils/psqlscan.l): at semicolons outside of strings, comments, parentheses and
 * the bodies of functions. Of its own commands only `\getenv` and `\set` are followed, for the names of files; others are left out, and what
 * depends on them fails.
 */
export function statementsOf(script: string, environment: Readonly<Record<string, string>>): readonly Statement[] {
  const variables = new Map<string, string>();
  const statements: Statement[] = [];
  let text = '';
  let depth = 0;
  let at = 0;
  const lineEnd = (from: number): number => { const end = script.indexOf('\n', from); return end === -1 ? script.length : end; };
  const finish = (): void => {
    const sql = text.trim();
    text = '';
    depth = 0;
    if (sql === '') return;
    if (!/^copy\b.*\bfrom\s+stdin\b/is.test(sql)) {
      statements.push({ sql });
      return;
    }
    const begin = lineEnd(at) + 1;
    const end = script.indexOf('\n\\.', begin - 1);
    statements.push({ sql, rows: end < begin ? '' : script.slice(begin, end + 1) });
    at = end === -1 ? script.length : lineEnd(end + 1);
  };
  while (at < script.length) {
    tokens.lastIndex = at;
    const token = tokens.exec(script)?.[0] ?? script.charAt(at);
    at += token.length;
    if (token === ';' && depth === 0) finish();
    else if (token.startsWith('\\')) {
      const line = script.slice(at - token.length, lineEnd(at));
      at = lineEnd(at);
      follow(line, variables, environment);
      if (line.startsWith('\\g')) finish();
    } else if (token.startsWith(':')) text += valueOf(token, variables) ?? token;
    else {
      const word = token.toLowerCase();
      if (token === '(' || ((word === 'begin' || word === 'case') && /^\s*create\s+(or\s+replace\s+)?(function|procedure)\b/i.test(text))) depth++;
      if ((token === ')' || word === 'end') && depth > 0) depth--;
      text += token.startsWith('--') ? '' : token;
    }
  }
  finish();
  return statements;
}

/** Strings, quoted names, comments, words, variables, psql's commands: each whole. */
const tokens = /(?:[eE]'(?:[^'\\]|\\[^]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|(\$(?:[A-Za-z_]\w*)?\$)[^]*?\1|--[^\n]*|\/\*[^]*?\*\/|[A-Za-z_]\w*|:['"][A-Za-z_]\w*['"]|::|:[A-Za-z_]\w*|\\[^\s]*|\s+)/y;

function follow(line: string, variables: Map<string, string>, environment: Readonly<Record<string, string>>): void {
  const [command, name = '', ...values] = line.trim().split(/\s+/);
  if (command === '\\getenv') variables.set(name, environment[values[0] ?? ''] ?? '');
  if (command === '\\set') variables.set(name, values.map((value) => (value.startsWith(':') ? variables.get(value.slice(1)) ?? '' : value.replaceAll(`'`, ''))).join(''));
}

function valueOf(token: string, variables: ReadonlyMap<string, string>): string | undefined {
  const quote = token.charAt(1);
  const value = variables.get(token.replaceAll(/[:'"]/g, ''));
  return value === undefined || (quote !== `'` && quote !== '"') ? value : `${quote}${value}${quote}`;
}
