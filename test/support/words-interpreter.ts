import type { Effect, Verb } from '../../src/core/effect.ts';
import type { Interpretation, Interpreter, SessionState, Statement, TransactionControl } from '../../src/core/interpretation.ts';

const verbs: Readonly<Record<string, Verb>> = { select: 'read', insert: 'insert', drop: 'destroy', define: 'define', set: 'configure', export: 'export' };
const controls: Readonly<Record<string, TransactionControl>> = { begin: 'begin', commit: 'commit', rollback: 'rollback' };

/**
 * Reads the first word of each statement and nothing else: for tests of what stands around an interpreter. `SET x` makes the search path `[x]`,
 * `DEFINE x` changes x; * `SLOW` before a statement answers with a promise.
 */
export const wordsInterpreter: Interpreter = {
  language: 'sql/postgres',
  interpret: (text, _catalog, state) => {
    const slow = text.startsWith('SLOW ');
    const made = read(slow ? text.slice('SLOW '.length) : text, state);
    return slow ? Promise.resolve(made) : made;
  },
};

function read(text: string, state: SessionState): Interpretation {
  let next = state;
  const statements: Statement[] = [];
  let start = 0;
  for (const part of text.split(';')) {
    const [first = '', second = ''] = part.trim().split(' ');
    const word = first.toLowerCase();
    const span = { start, end: start + part.length };
    start += part.length + 1;
    if (word === '') continue;
    if (word === 'set') next = { ...next, searchPath: [second] };
    if (word === 'define') next = { ...next, changed: new Set([...next.changed, second]) };
    const verb = verbs[word];
    const control = controls[word];
    const effects: Effect[] = verb !== undefined ? [effectOf(verb, second, span)] : control === undefined ? [{ ...effectOf('opaque', text, span), reason: 'not-modelled' }] : [];
    statements.push({ span, kind: word, effects, transaction: control ?? 'none' });
  }
  return { statements, nextState: next, literalsThatMatter: [], readsSession: false, shape: text };
}

function effectOf(verb: Verb, name: string, span: Effect['span']): Effect {
  return { verb, resource: { kind: 'table', path: [name], system: false }, extent: 'all', columns: 'all', reversible: false, span, via: [] };
}
