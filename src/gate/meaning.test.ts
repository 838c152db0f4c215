import { expect, test } from 'vitest';
import { noCatalog } from '../core/catalog.ts';
import { initialState, type SessionState, type Statement } from '../core/interpretation.ts';
import { understood, type Understood } from './admission.ts';
import { Meaning } from './meaning.ts';

const moved: SessionState = { ...initialState, searchPath: ['moved'] };

function command(from: SessionState, to: SessionState, more: Partial<Statement>): Understood {
  const statement: Statement = { span: { start: 0, end: 1 }, kind: 'VariableSetStmt', effects: [], transaction: 'none', ...more };
  return understood({ statements: [statement], nextState: to, literalsThatMatter: [], readsSession: false, shape: '' }, noCatalog, from, undefined);
}

/** The search path that is believed after a batch of these commands, of which something behind them failed. */
function afterFailedBatch(...more: readonly Partial<Statement>[]): SessionState['searchPath'] {
  const meaning = new Meaning(initialState);
  meaning.answered(command(initialState, moved, {}), true, true);
  for (const one of more) meaning.answered(command(meaning.state, meaning.state, one), true, true);
  meaning.ready(true, true);
  return meaning.state.searchPath;
}

test('a failed batch takes back what was set in it', () => {
  expect(afterFailedBatch()).toEqual(initialState.searchPath);
  expect(afterFailedBatch({ kind: 'SelectStmt' })).toEqual(initialState.searchPath);
});

// DISCARD ALL, VACUUM and their like commit at once, on servers that are new enough (XACT_FLAGS_NEEDIMMEDIATECOMMIT, src/include/access/xact.h).
test('unless something in it commits as it goes: then it is not known', () => {
  expect(afterFailedBatch({ kind: 'VacuumStmt', commits: true })).toBe('unknown');
});

test('the next batch is another one', () => {
  const meaning = new Meaning(initialState);
  meaning.answered(command(initialState, initialState, { commits: true }), true, true);
  meaning.ready(false, true);
  meaning.answered(command(initialState, moved, {}), true, true);
  meaning.ready(true, true);
  expect(meaning.state.searchPath).toEqual(initialState.searchPath);
});
