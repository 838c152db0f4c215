import type { CreateFunctionStmt, Node } from '@pgsql/types';
import type { FunctionInfo } from '../../core/catalog.ts';
import type { SessionState } from '../../core/interpretation.ts';
import type { EntityRef } from '../../core/resource.ts';
import { isChanged } from './changes.ts';
import { as, kindOf, listItems, strings } from './parser/grammar.ts';
import { isTree } from './parser/parser.ts';
import { maxNestedText, type Reading } from './reading.ts';
import type { TransitionTables } from './transition.ts';
import { isSystemSchema, thing } from './resources.ts';
import { Scope } from './scope.ts';
import { splitIdentifiers } from './identifiers.ts';
import { walkPlpgsql, type PlpgsqlBody } from './plpgsql/walk.ts';
import { readTypeName } from './types.ts';
import { classifyChange, isUtf8, parseBoolean } from './settings.ts';

export function functionRef(fn: FunctionInfo): EntityRef {
  return thing('function', [fn.schema, fn.name], isSystemSchema(fn.schema), String(fn.oid));
}

/** What calling a function of the catalog does: its body's effects, under its own settings. `tables`: what that of a trigger sees. */
export function readFunctionInfo(fn: FunctionInfo, reading: Reading, tables?: TransitionTables): void {
  const ref = functionRef(fn);
  reading.calls.set(fn.oid, ref);
  // Under other tables the same text reads other things.
  reading.through(ref, `function ${fn.oid} ${tables?.key ?? ''}`, () => {
    reading.writtenPath = undefined;
    if (isChanged('function', fn.name, reading)) {
      reading.opaque('session-state', ref, 'this transaction has changed it: end it first');
      return;
    }
    if (readSettings(fn, ref, reading)) return;
    if (fn.kind !== 'aggregate' && fn.calls !== undefined) reading.walks.called(fn.calls, reading);
    // Its language is `internal`, as is that of whoever gives another name to a built-in.
    if (fn.kind === 'aggregate' && fn.calls !== undefined) {
      const { calls } = fn;
      reading.repeatedly(() => { reading.walks.called(calls, reading); });
      return;
    }
    // What makes a range of two values checks it by the type's own functions.
    if (fn.language === 'internal' && reading.catalog.typeNamed({ schema: fn.schema, name: fn.name }, [])?.kind === 'range') return;
    if (fn.language !== 'sql' && fn.language !== 'plpgsql') {
      reading.opaque('untrusted-language', ref, `a function in the language ${fn.language} cannot be read`);
      return;
    }
    if (fn.definition === undefined) {
      reading.opaque('untrusted-language', ref, 'the function\'s body is not in the catalog');
      return;
    }
    reading.transition = tables;
    readDefinition(fn.definition, ref, reading);
  });
}

/** Settings that hold while a function runs. True where its body is then another one than is read here. */
function readSettings(fn: FunctionInfo, ref: EntityRef, reading: Reading): boolean {
  for (const setting of fn.settings) {
    const equals = setting.indexOf('=');
    const [name, value] = [setting.slice(0, equals).toLowerCase(), setting.slice(equals + 1)];
    const change = classifyChange(name, value);
    if (change === 'search-path') reading.pathOverride = splitIdentifiers(value) ?? [];
    else if ((change === 'encoding' && !isUtf8(value)) || (change === 'strings' && parseBoolean(value) !== true) || change === 'role' || change === 'gate') {
      reading.opaque('session-state', ref, `it runs under a setting of its own, ${name}, on which reading its body depends`);
      return true;
    }
  }
  return false;
}

function readDefinition(definition: string, ref: EntityRef, reading: Reading): void {
  const answer = definition.length > maxNestedText ? undefined : reading.parser.parseKept(definition);
  const statement = answer === undefined || !isTree(answer) ? undefined : as(answer.stmts?.[0]?.stmt, 'CreateFunctionStmt');
  if (statement === undefined) {
    reading.opaque(answer === undefined ? 'too-large' : 'parser-failed', ref, 'the function\'s definition could not be read');
    return;
  }
  const source = reading.source;
  reading.source = undefined;
  readFunctionBody(statement, definition, ref, reading);
  reading.source = source;
}

export function option(options: readonly Node[] | undefined, name: string): Node | undefined {
  for (const item of options ?? []) {
    const element = as(item, 'DefElem');
    if (element?.defname === name) return element.arg ?? { String: { sval: '' } };
  }
  return undefined;
}

/** The body of a CREATE FUNCTION or DO statement, whose whole text is `definition`. `reading.via` says already whose it is. */
export function readFunctionBody(statement: CreateFunctionStmt, definition: string, ref: EntityRef, reading: Reading): void {
  for (const node of statement.parameters ?? []) readTypeName(as(node, 'FunctionParameter')?.argType, reading);
  readTypeName(statement.returnType, reading);
  if (statement.sql_body !== undefined) {
    reading.inFunction = true;
    readSqlBody(statement.sql_body, reading);
    return;
  }
  const language = as(option(statement.options, 'language'), 'String')?.sval?.toLowerCase() ?? 'sql';
  const body = strings(listItems(option(statement.options, 'as')))[0];
  // The PL/pgSQL parser does not survive a function without a body.
  if (body === undefined) {
    reading.notModelled('a function without a body');
    return;
  }
  readBody(language, body, definition, ref, reading);
}

export function readBody(language: string, body: string, definition: string, ref: EntityRef, reading: Reading): void {
  const state = reading.state;
  const inFunction = reading.inFunction;
  reading.inFunction = true;
  if (language === 'sql') reading.walks.text(body, reading);
  else if (language === 'plpgsql') readPlpgsql(definition, body, ref, reading);
  else reading.opaque('untrusted-language', ref, `code in the language ${language} cannot be read`);
  reading.inFunction = inFunction;
  // Which branches run is not known, so neither is what they set.
  if (reading.state.searchPath !== state.searchPath) reading.state = { ...reading.state, searchPath: 'unknown' };
}

function readSqlBody(body: Node, reading: Reading): void {
  const scope = new Scope(undefined);
  for (const outer of kindOf(body) === 'List' ? listItems(body) : [body]) {
    for (const node of kindOf(outer) === 'List' ? listItems(outer) : [outer]) reading.walks.statement(node, scope, reading);
  }
}

function readPlpgsql(definition: string, text: string, ref: EntityRef, reading: Reading): void {
  const tree = definition.length > maxNestedText ? { opaque: 'too-large' as const } : reading.parser.parsePlpgsqlKept(definition);
  if ('opaque' in tree || 'syntax' in tree) {
    reading.opaque('opaque' in tree && (tree.opaque === 'too-large' || tree.opaque === 'parser-failed') ? tree.opaque : 'syntax', ref, 'the PL/pgSQL body could not be read');
    return;
  }
  const body = walkPlpgsql(tree, text);
  const before = reading.drafts.length;
  const variables = reading.variables;
  reading.variables = body.variables;
  if (reading.catalog.known) for (const type of body.types) reading.walks.text(`SELECT NULL::${type}`, reading);
  const { ownRelations: own, changed } = reading.state;
  runBody(body, ref, reading);
  // In which order its statements run is not known: each is read as it is after all of them, too.
  if (reading.state.ownRelations !== own || reading.state.changed !== changed) runBody(body, ref, reading);
  reading.variables = variables;
  for (const node of body.unknownNodes) reading.opaque('not-modelled', ref, `PL/pgSQL: ${node}`);
  // A COMMIT inside makes what stands before it final.
  if (body.commits) reading.commits = true;
  if (body.commits) for (const draft of reading.drafts.slice(before)) if (draft.verb !== 'read') draft.outsideTransaction = true;
}

function runBody(body: PlpgsqlBody, ref: EntityRef, reading: Reading): void {
  const start = reading.searchPath;
  const paths = new Map([[JSON.stringify(start), start]]);
  let unsure = false;
  for (const { kind, sql, looped, sure } of body.fragments) {
    const before = reading.state.searchPath;
    run(kind === 'statement' ? sql : `SELECT ${sql}`, looped, reading);
    if (reading.state.searchPath === before) continue;
    paths.set(JSON.stringify(reading.searchPath), reading.searchPath);
    unsure ||= sure !== true;
  }
  for (const { constant, line, looped } of body.computed) {
    const before = reading.state.searchPath;
    if (constant === undefined) reading.opaque('computed-code', ref, `line ${line} executes a string that is made up at run time`);
    else run(constant, looped, reading);
    if (reading.state.searchPath !== before) paths.set(JSON.stringify(reading.searchPath), reading.searchPath);
    // Before or after which others it stands is not told.
    unsure ||= constant !== undefined && paths.size > 1;
  }
  if (!unsure) return;
  // What sets the path may run or not, after others or before them: each statement is read under every path.
  for (const path of paths.size > maxPaths ? ['unknown' as const] : paths.values()) readUnder(path, body, reading);
  reading.state = { ...reading.state, searchPath: 'unknown' };
}

/** More than a body has need of. */
const maxPaths = 4;

function readUnder(path: SessionState['searchPath'], body: PlpgsqlBody, reading: Reading): void {
  const texts = [...body.fragments.map(({ kind, sql, looped }) => ({ sql: kind === 'statement' ? sql : `SELECT ${sql}`, looped })), ...body.computed.flatMap(({ constant, looped }) => (constant === undefined ? [] : [{ sql: constant, looped }]))];
  for (const { sql, looped } of texts) {
    reading.state = { ...reading.state, searchPath: path };
    reading.pathOverride = undefined;
    run(sql, looped, reading);
  }
}

/** One row, again and again, may be all of them. */
function run(sql: string, looped: boolean, reading: Reading): void {
  if (looped) reading.repeatedly(() => { reading.walks.text(sql, reading); });
  else reading.walks.text(sql, reading);
}
