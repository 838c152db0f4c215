import type { CreateFunctionStmt, DoStmt } from '@pgsql/types';
import { functionRef, option, readBody, readFunctionBody } from '../bodies.ts';
import { readCall } from '../calls.ts';
import { markChanged } from '../changes.ts';
import { as, strings } from '../parser/grammar.ts';
import { isTree } from '../parser/parser.ts';
import { maxNestedText, type Reading } from '../reading.ts';
import { named, thing } from '../resources.ts';
import { anyTables } from '../transition.ts';
import type { Readers } from './context.ts';

/** As a tree says it, wherever it stands and in whatever order. */
function meaningOf({ parameters, returnType, options, sql_body, is_procedure }: CreateFunctionStmt): string {
  const named = (options ?? []).map((node) => JSON.stringify(node, (key, value: unknown) => (key === 'location' ? undefined : value))).toSorted();
  return JSON.stringify([parameters, returnType, named, sql_body, is_procedure], (key, value: unknown) => (key === 'location' ? undefined : value));
}

/** CREATE OR REPLACE with what there is, as scripts that run again do, changes nothing. */
function isSame(statement: CreateFunctionStmt, reading: Reading): boolean {
  const [name = '', schema] = strings(statement.funcname).toReversed();
  const path = reading.searchPath;
  const found = statement.replace === true && path !== 'unknown' ? reading.catalog.functions({ schema, name }, path) : [];
  return found.some(({ definition, schema: where }) => {
    const answer = definition === undefined || definition.length > maxNestedText || where !== (schema ?? (path === 'unknown' ? undefined : path[0])) ? undefined : reading.parser.parseKept(definition);
    const known = answer === undefined || !isTree(answer) ? undefined : as(answer.stmts?.[0]?.stmt, 'CreateFunctionStmt');
    return known !== undefined && meaningOf(known) === meaningOf(statement);
  });
}

function readCreateFunction(statement: CreateFunctionStmt, reading: Reading): void {
  const ref = named('function', strings(statement.funcname));
  reading.add('define', ref);
  if (!isSame(statement, reading)) markChanged('function', [ref.path.at(-1) ?? ''], reading);
  const { source, state } = reading;
  const text = reading.textOf();
  // What the body does is what later calls do: it changes nothing of this session now.
  reading.through(ref, `create ${ref.path.join('.')}`, () => {
    // A body in standard syntax is part of this text.
    if (statement.sql_body === undefined) reading.source = undefined;
    reading.nested++;
    const isTemporary = ref.path.length > 1 && ref.path[0]?.startsWith('pg_temp') === true;
    // What its trigger will call the rows is not known yet; what it then does is read with each change.
    if (!isTemporary && strings(statement.returnType?.names).at(-1) === 'trigger') reading.transition = anyTables;
    // The catalog never learns of a temporary function, nor of what calls it: a trigger of a temporary table, an operator, a domain.
    if (isTemporary) reading.repeatedly(() => { readFunctionBody(statement, text, ref, reading); });
    else readFunctionBody(statement, text, ref, reading);
    reading.nested--;
  });
  reading.source = source;
  reading.state = state;
}

function readDo(statement: DoStmt, reading: Reading): void {
  const language = as(option(statement.args, 'language'), 'String')?.sval?.toLowerCase() ?? 'plpgsql';
  const body = as(option(statement.args, 'as'), 'String')?.sval ?? '';
  const ref = thing('statement', ['do']);
  const source = reading.source;
  const text = reading.textOf();
  reading.source = undefined;
  reading.descend(() => { readBody(language, body, text, ref, reading); });
  reading.source = source;
}

export const functionReaders: Readers<'CreateFunctionStmt' | 'DoStmt' | 'CallStmt' | 'AlterFunctionStmt'> = {
  CreateFunctionStmt: (statement, _scope, reading) => { readCreateFunction(statement, reading); },
  DoStmt: (statement, _scope, reading) => { readDo(statement, reading); },
  CallStmt: (statement, scope, reading) => {
    const call = statement.funccall;
    if (call === undefined) return;
    const called = readCall(call, scope, reading);
    for (const fn of called) reading.add('execute', functionRef(fn));
    if (called.length === 0) reading.add('execute', named('function', strings(call.funcname)));
    reading.expressions(call.args, scope);
  },
  AlterFunctionStmt: (statement, _scope, reading) => {
    const ref = named('function', strings(statement.func?.objname));
    reading.add('define', ref);
    markChanged('function', [ref.path.at(-1) ?? ''], reading);
  },
};
