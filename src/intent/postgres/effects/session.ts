import type { ExecuteStmt, Node, PrepareStmt, VariableSetStmt } from '@pgsql/types';
import type { BoundValue, Held } from '../../../core/interpretation.ts';
import { constantOf } from '../constant.ts';
import { isBounded } from '../drafts.ts';
import { givenValues } from '../given-values.ts';
import { repeat, replay } from '../held.ts';
import { as } from '../parser/grammar.ts';
import { isTree } from '../parser/parser.ts';
import { putInto } from '../parameters.ts';
import { maxNestedText, type Reading } from '../reading.ts';
import { thing } from '../resources.ts';
import type { Scope } from '../scope.ts';
import { changeSetting, discardTemporary, hold, release, resetAll, setSearchPath } from '../session-state.ts';
import { readTypeName, readUnwritten } from '../types.ts';
import type { Readers } from './context.ts';

function settingValue(statement: VariableSetStmt): string | undefined {
  const values = (statement.args ?? []).map(constantOf);
  if (values.length === 0 || values.some((value) => value === undefined || value === null)) return undefined;
  return values.map(String).join(', ');
}

export function readSet(statement: VariableSetStmt, reading: Reading): void {
  const name = statement.name ?? '';
  const local = statement.is_local === true;
  switch (statement.kind) {
    case 'VAR_SET_VALUE': {
      const values = (statement.args ?? []).map(constantOf);
      // Each argument is one name here, whatever stands in it.
      if (name === 'search_path' && values.every((value) => typeof value === 'string')) setSearchPath(values.filter((value) => value !== ''), local, reading);
      else changeSetting(name, settingValue(statement), local, reading.span, reading);
      break;
    }
    case 'VAR_SET_DEFAULT': case 'VAR_RESET':
      // Back to the role that the session was let in with; of what follows it stays unknown whose rights it runs under. SET ROLE NONE is another matter: ALTER ROLE ... SET role may have lowered them.
      if (name === 'role') break;
      changeSetting(name, undefined, local, reading.span, reading, true);
      break;
    case 'VAR_SET_CURRENT':
      break;
    case 'VAR_SET_MULTI':
      readSetMulti(statement, reading);
      break;
    case 'VAR_RESET_ALL':
      resetAll(reading);
      break;
    case undefined:
      reading.notModelled('SET');
      break;
  }
}

/** SET TRANSACTION and SET SESSION CHARACTERISTICS: their modes are settings of their own. */
function readSetMulti(statement: VariableSetStmt, reading: Reading): void {
  for (const node of statement.args ?? []) {
    const element = as(node, 'DefElem');
    if (element?.defname === 'transaction_snapshot') continue;
    if (element !== undefined) changeSetting(element.defname ?? '', undefined, statement.is_local === true, reading.span, reading);
  }
}

/** The texts of what was prepared by a statement, and under what they were read. */
const origins = new WeakMap<Held, { readonly text: string; readonly catalog: string; readonly path: string; readonly role: string }>();

function pathOf(reading: Reading): string { return JSON.stringify(reading.searchPath); }

/**
 * The server reads a prepared statement anew, where anything that it depends on has changed: by its text, under the names of now. What the protocol
 * made is read anew each time; of a statement that was made with PREPARE the constants are its parameters' values.
 */
function readAgain(held: Held, { name = '', params }: ExecuteStmt, scope: Scope, reading: Reading): Held {
  const origin = origins.get(held);
  const text = origin?.text ?? held.text;
  if (text === undefined) return held;
  if (origin !== undefined && origin.catalog === reading.catalog.version && origin.path === pathOf(reading) && origin.role === reading.state.role && reading.state.changed.size === 0
    && (params === undefined || held.effects.every(({ extent }) => isBounded(extent)))) return held;
  const answer = text.length > maxNestedText ? { opaque: 'too-large' as const } : reading.parser.parseKept(text);
  const statement = isTree(answer) ? answer.stmts?.[0]?.stmt : undefined;
  if (isTree(answer) && statement === undefined) return { effects: [] };
  const prepared = origin === undefined ? undefined : as(statement, 'PrepareStmt');
  const query = origin === undefined ? statement : withValues(prepared, params, origin.path === pathOf(reading), reading);
  const { drafts, source } = reading;
  reading.drafts = [];
  reading.source = undefined;
  if (query === undefined) reading.opaque('session-state', thing('prepared', [name]), 'it is too long to be read again, after what it depends on has changed');
  else readHeld(query, scope, reading);
  const read = { effects: reading.effects(), calls: [...reading.calls.values()] };
  Object.assign(reading, { drafts, source });
  return read;
}

/** `samePath`: types mean what they meant when it was made. */
function withValues(prepared: PrepareStmt | undefined, params: readonly Node[] | undefined, samePath: boolean, reading: Reading): Node | undefined {
  if (prepared?.query === undefined || params === undefined || !samePath) return prepared?.query;
  const values: readonly (BoundValue | undefined)[] = givenValues(params, prepared.argtypes, reading);
  reading.literalsMatter = true;
  // The tree is kept for the text.
  const query = structuredClone(prepared.query);
  putInto(query, values, reading.searchPath);
  return query;
}

/** CURSOR_OPT_HOLD (src/include/nodes/parsenodes.h). */
const WITH_HOLD = 0x20;

/** A query that is decided now, and again whenever it runs. */
function readHeld(query: Node | undefined, scope: Scope, reading: Reading): Held {
  const outer = reading.drafts;
  const before = reading.state;
  reading.drafts = [];
  reading.nested++;
  reading.expression(query, scope);
  reading.nested--;
  // It does not run now, and what runs it later repeats effects, not changes of the session.
  if (reading.state !== before) {
    reading.state = before;
    reading.opaque('session-state', thing('statement', ['held']), 'it would change how later statements are read; run it on its own');
  }
  readUnwritten(reading);
  const held = { effects: reading.effects(), calls: [...reading.calls.values()] };
  reading.drafts = outer;
  replay(held, undefined, reading);
  return held;
}

export const sessionReaders: Readers<
  'VariableSetStmt' | 'VariableShowStmt' | 'PrepareStmt' | 'ExecuteStmt' | 'DeallocateStmt' | 'DeclareCursorStmt' | 'FetchStmt' | 'ClosePortalStmt' | 'DiscardStmt'
  | 'ListenStmt' | 'UnlistenStmt' | 'NotifyStmt'
> = {
  VariableSetStmt: (statement, _scope, reading) => { readSet(statement, reading); },
  VariableShowStmt: (statement, _scope, reading) => {
    if (statement.name === 'all') reading.add('read', thing('setting', ['*']), { extent: 'all' });
    else reading.add('read', thing('setting', [statement.name ?? '']), { extent: 'one' });
  },
  PrepareStmt: (statement, scope, reading) => {
    for (const type of statement.argtypes ?? []) readTypeName(as(type, 'TypeName'), reading);
    const held = readHeld(statement.query, scope, reading);
    if (reading.source !== undefined) origins.set(held, { text: reading.textOf(), catalog: reading.catalog.version, path: pathOf(reading), role: reading.state.role });
    hold('prepared', statement.name ?? '', held, reading);
  },
  ExecuteStmt: (statement, scope, reading) => {
    reading.expressions(statement.params, scope);
    const name = statement.name ?? '';
    const held = reading.state.prepared.get(name);
    repeat(held === undefined || held === 'unknown' ? held : readAgain(held, statement, scope, reading), 'prepared', name, reading);
  },
  DeallocateStmt: (statement, _scope, reading) => { release('prepared', statement.isall === true ? undefined : statement.name, reading); },
  DeclareCursorStmt: (statement, scope, reading) => {
    const held = readHeld(statement.query, scope, reading);
    hold('cursors', statement.portalname ?? '', ((statement.options ?? 0) & WITH_HOLD) === 0 ? held : { ...held, holdable: true }, reading);
  },
  FetchStmt: (statement, _scope, reading) => {
    const name = statement.portalname ?? '';
    repeat(reading.state.cursors.get(name), 'cursor', name, reading);
  },
  ClosePortalStmt: (statement, _scope, reading) => { release('cursors', statement.portalname, reading); },
  DiscardStmt: (statement, _scope, reading) => {
    if (statement.target === 'DISCARD_ALL' || statement.target === 'DISCARD_TEMP') discardTemporary(reading);
    if (statement.target !== 'DISCARD_ALL') return;
    release('prepared', undefined, reading);
    release('cursors', undefined, reading);
    resetAll(reading);
  },
  ListenStmt: (statement, _scope, reading) => { reading.add('read', thing('channel', [statement.conditionname ?? ''])); },
  UnlistenStmt: () => {},
  NotifyStmt: (statement, _scope, reading) => { reading.add('insert', thing('channel', [statement.conditionname ?? ''])); },
};
