import type { Node, RangeVar } from '@pgsql/types';
import type { Reference, RelationInfo, RelationKind } from '../../core/catalog.ts';
import type { Extent, Verb } from '../../core/effect.ts';
import type { EntityRef, ResourceKind } from '../../core/resource.ts';
import { isChanged, isDropped, isRelationChanged, nameOf } from './changes.ts';
import { as } from './parser/grammar.ts';
import { isTree } from './parser/parser.ts';
import { type Draft, isBounded } from './drafts.ts';
import type { Reading } from './reading.ts';
import { isSystemSchema, thing } from './resources.ts';
import { Scope, type Grade } from './scope.ts';
import { changeShownSettings, replicaMark, viewMark } from './session-state.ts';
import { viewResult } from './shown.ts';
import { singleIn } from './single.ts';
import { runStoredCode } from './stored-code.ts';
import { fireTriggers } from './trigger-function.ts';
import { wantType } from './types.ts';

export interface Relation { readonly ref: EntityRef; readonly info: RelationInfo | undefined }

const kinds: { readonly [K in RelationKind]: ResourceKind } = {
  'table': 'table', 'partitioned': 'table', 'view': 'table', 'materialized-view': 'table', 'foreign-table': 'table', 'sequence': 'sequence',
  'index': 'index', 'composite': 'type', 'toast': 'table',
};

export function relationRef(info: RelationInfo): EntityRef {
  return { kind: kinds[info.kind], path: [info.schema, info.name], system: isSystemSchema(info.schema), id: String(info.oid) };
}

/** The name as written, where nothing is known of it. Unqualified names that start so are the server's own: `pg_catalog` is searched first. */
function asWritten(range: RangeVar): EntityRef {
  const name = range.relname ?? '';
  const schema = range.schemaname ?? (range.relpersistence === 't' ? 'pg_temp' : name.startsWith('pg_') ? 'pg_catalog' : undefined);
  return thing('table', schema === undefined ? [name] : [schema, name], isSystemSchema(schema));
}

/**
 * What a name means here and now. A name that a known catalog does not hold adds an `opaque` effect, unless `absent` says that it may
 * well not exist.
 */
export function resolveRelation(range: RangeVar, reading: Reading, absent = false): Relation {
  const { catalog, state, searchPath } = reading;
  const name = range.relname ?? '';
  const schema = range.schemaname;
  if (schema === undefined && searchPath === 'unknown') {
    reading.readsSession = true;
    reading.opaque('session-state', thing('table', [name]), 'the search path is not known here: qualify the name', reading.at(range.location));
    return { ref: asWritten(range), info: undefined };
  }
  const found = lookUp(schema, name, searchPath === 'unknown' ? [] : searchPath, reading);
  if (found?.own === true) {
    reading.readsSession = true;
    return { ref: thing('table', [found.info.schema, found.info.name]), info: undefined };
  }
  const info = found?.info;
  if (state.ownRelations.size > 0 && isOwnView(range, info, reading)) {
    reading.readsSession = true;
    if (!absent) reading.opaque('unknown-relation', asWritten(range), 'a view that this session made and the catalog does not know yet', reading.at(range.location));
    return { ref: asWritten(range), info: undefined };
  }
  if (info !== undefined) return { ref: relationRef(info), info };
  const schemas = schema === undefined ? ['pg_temp', ...searchPath === 'unknown' ? [] : searchPath] : [schema];
  if (schemas.some((one) => isChanged('relation', `${one}.${name}`, reading))) {
    reading.opaque('session-state', asWritten(range), 'this transaction has given another relation this name: end it first', reading.at(range.location));
    return { ref: { ...asWritten(range), system: false }, info: undefined };
  }
  // A temporary table that was dropped, or rolled back, leaves the server's own relation of that name to be read: never less is taken for meant.
  if (schema === undefined && state.ownRelations.has(`pg_temp.${name}`) && !asWritten(range).system && !inSystemSchema(searchPath)) {
    reading.readsSession = true;
    return { ref: thing('table', ['pg_temp', name]), info: undefined };
  }
  const ref = asWritten(range);
  if (!(schema === undefined && ref.system) && isOwn(range, reading)) {
    reading.readsSession = true;
    return { ref, info: undefined };
  }
  if (catalog.known && !ref.system && !absent) {
    reading.opaque('unknown-relation', ref, 'the catalog does not know this relation', reading.at(range.location));
  }
  return { ref, info: undefined };
}

/** Passes over what this session has dropped; `own`: it has made another one in its place. */
function lookUp(schema: string | undefined, name: string, path: readonly string[], reading: Reading): { readonly info: RelationInfo; readonly own?: true } | undefined {
  const info = reading.catalog.relation({ schema, name }, path);
  if (info === undefined) return undefined;
  if (!isDropped(info, reading)) return { info };
  if (reading.state.ownRelations.has(nameOf(info))) return { info, own: true };
  const rest = path.filter((one) => one !== info.schema);
  return schema === undefined && rest.length < path.length ? lookUp(schema, name, rest, reading) : undefined;
}

function inSystemSchema(path: readonly string[] | 'unknown'): boolean {
  return path === 'unknown' || path.some((schema) => schema !== 'pg_catalog' && isSystemSchema(schema));
}

function isOwnView(range: RangeVar, info: RelationInfo | undefined, reading: Reading): boolean {
  const own = reading.state.ownRelations;
  const name = `${range.relname ?? ''}${viewMark}`;
  const path = reading.searchPath;
  if (range.schemaname === undefined && own.has(`pg_temp.${name}`)) return true;
  // By now the catalog knows it.
  if (info?.kind === 'view') return false;
  if (range.schemaname !== undefined) return own.has(`${range.schemaname}.${name}`) || own.has(name);
  return own.has(name) || (path !== 'unknown' && path.some((schema) => own.has(`${schema}.${name}`)));
}

function isOwn(range: RangeVar, reading: Reading): boolean {
  const own = reading.state.ownRelations;
  const name = range.relname ?? '';
  if (own.size === 0) return false;
  const path = reading.searchPath;
  if (range.schemaname !== undefined) return own.has(`${range.schemaname}.${name}`) || (own.has(name) && (path === 'unknown' || path.includes(range.schemaname)));
  return own.has(name) || (path !== 'unknown' && path.some((schema) => own.has(`${schema}.${name}`)));
}

export interface Touch {
  readonly event: 'select' | 'insert' | 'update' | 'delete' | 'truncate';
  readonly extent: Extent;
  /** Where that is bounded; absent: not known. */
  readonly grade?: Grade;
  /** Of an insert: it is one row. */
  readonly single?: boolean;
  readonly columns: readonly string[] | 'all';
  /** `ONLY`: children are left alone. */
  readonly only: boolean;
  /** TRUNCATE ... CASCADE: all that reference it are emptied too, and so on. */
  readonly cascade?: boolean;
  /** What a sibling has called already: a thousand partitions have the same triggers and checks. */
  readonly called?: Set<string>;
  /** What is read of the relation itself, where the extent is settled only later. */
  readonly read?: Draft;
  /** An update that may move rows from one partition to another: deleted there, inserted here. */
  readonly moves?: boolean;
}

/** What tells this touch of a relation from others: what hangs on it is read for each. */
function rowsOf({ extent, columns, only, cascade, moves }: Touch): string {
  return JSON.stringify([extent, columns, only, cascade, moves]);
}

const verbs: { readonly [E in Touch['event']]: Verb } = { select: 'read', insert: 'insert', update: 'update', delete: 'delete', truncate: 'destroy' };
/** A partitioned table with more children than this stands for them (`EntityRef.parts`); their triggers are read all the same. */
const maxChildren = 64;

/** What touching a relation brings with it: a view's definition, rules, triggers, foreign keys' actions, children. */
export function follow(info: RelationInfo, touch: Touch, reading: Reading): void {
  // The server's own views are classified as what they show.
  if (isRelationChanged(info, reading)) reading.opaque('session-state', relationRef(info), 'this transaction has changed what the name means, or what hangs on it: end it first');
  if (isSystemSchema(info.schema)) return;
  checkSession(info, touch, reading);
  for (const column of info.columns) wantType(column.type, reading);
  runStoredCode(info, touch, reading, (oid, columns) => { followPolicyRead(oid, columns, reading); });
  if (touch.event === 'select' && info.kind !== 'view' && info.children.length === 0) return;
  const self = relationRef(info);
  if (info.kind === 'view') reading.through(self, `${touch.event} ${info.oid}`, () => { followView(info, touch, reading); }, rowsOf(touch));
  if (info.children.length > 0 && !touch.only) reading.through(self, `${touch.event} ${info.oid}`, () => { followChildren(info, touch, reading); }, rowsOf(touch));
  if (touch.event === 'select') return;
  const { event } = touch;
  if (info.kind === 'foreign-table') reading.add('export', self, { sink: 'network', note: 'a foreign table: the rows go to another server', outsideTransaction: true });
  fireTriggers(info, touch, reading);
  if (event === 'truncate' && touch.cascade === true) for (const reference of info.referencedBy) followTruncate(reference, touch, reading);
  if (event === 'delete' || event === 'update') for (const reference of info.referencedBy) followReference(info, reference, touch, reading);
  for (const [i, rule] of info.rules.entries()) followRule(info, rule, i, touch, reading);
}

/** What this session has done beside the catalog that makes the change of a relation another one. */
function checkSession(info: RelationInfo, { event, cascade }: Touch, reading: Reading): void {
  if (event === 'select') return;
  const refers = isChanged(event === 'truncate' ? 'referred' : 'cascades', nameOf(info), reading);
  if (refers && (event === 'delete' || event === 'update' || cascade === true)) reading.opaque('session-state', relationRef(info), 'a new foreign key of this transaction points at it: end it first');
  if (!reading.state.ownRelations.has(replicaMark)) return;
  reading.readsSession = true;
  reading.opaque('session-state', relationRef(info), 'this session may be a replica, in which other triggers and rules run');
}

function followPolicyRead(oid: number, numbers: readonly number[], reading: Reading): void {
  const read = reading.catalog.relationByOid(oid);
  if (read === undefined) {
    reading.opaque('unknown-relation', thing('table', [String(oid)]), 'a relation that a policy reads is not in the catalog');
    return;
  }
  const columns = numbers.length === 0 ? 'all' : read.columns.filter((column) => numbers.includes(column.number)).map((column) => column.name);
  reading.add('read', relationRef(read), { extent: 'unknown', columns });
  follow(read, { event: 'select', extent: 'unknown', columns, only: false }, reading);
}

function parseOne(text: string, reading: Reading): Node | undefined {
  const answer = reading.parser.parseKept(text);
  return isTree(answer) ? answer.stmts?.[0]?.stmt : undefined;
}

function followView(info: RelationInfo, touch: Touch, reading: Reading): void {
  const node = info.definition === undefined ? undefined : parseOne(info.definition, reading);
  const select = as(node, 'SelectStmt');
  if (select === undefined) {
    reading.opaque('parser-failed', relationRef(info), 'the view\'s definition could not be read');
    return;
  }
  const source = reading.source;
  reading.source = undefined;
  reading.writtenPath = [];
  if (touch.event === 'select') reading.views.set(info.oid, reading.walks.select(select, new Scope(undefined), reading));
  else if (!info.triggers.some((trigger) => trigger.enabled && trigger.events.some((event) => event === touch.event))) {
    // An automatically updatable view has one relation in its FROM.
    const range = as(select.fromClause?.[0], 'RangeVar');
    if (range === undefined) reading.notModelled('a change through this view');
    else {
      const base = resolveRelation(range, reading);
      const behind = { ...touch, columns: columnsBehind(info, touch.columns, reading) };
      reading.add(verbs[touch.event], base.ref, { extent: touch.extent, columns: shownColumns(behind) });
      changeShownSettings(base.ref, touch.event, reading.span, reading);
      if (base.info !== undefined) follow(base.info, behind, reading);
    }
  }
  reading.source = source;
}

/** What columns of a view are called in the relation that it shows; all of them, where that is not known of one. */
function columnsBehind(info: RelationInfo, columns: readonly string[] | 'all', reading: Reading): readonly string[] | 'all' {
  if (columns === 'all') return 'all';
  const made = viewResult(info.oid, info.definition, reading)?.made;
  const names = columns.map((name) => made?.shown(info.columns.findIndex((column) => column.name === name))?.column);
  return names.includes(undefined) ? 'all' : names.filter((name) => name !== undefined);
}

/** Rows that go have no columns to name. */
function shownColumns(touch: Touch): readonly string[] | 'all' {
  return touch.event === 'delete' || touch.event === 'truncate' ? [] : touch.columns;
}

function followChildren(info: RelationInfo, touch: Touch, reading: Reading): void {
  // Rows inserted into a partitioned table end up in one of its partitions, whose triggers run; other children get none.
  if (touch.event === 'insert' && info.kind !== 'partitioned') return;
  if (touch.event === 'insert' || info.children.length > maxChildren) for (const table of [relationRef(info), ...reading.via]) if (table.id !== undefined) reading.unlisted.add(table.id);
  const among: Touch = { ...touch, called: touch.called ?? new Set(), moves: touch.moves === true || (touch.event === 'update' && info.kind === 'partitioned') };
  for (const [i, oid] of info.children.entries()) {
    const child = reading.catalog.relationByOid(oid);
    if (child === undefined) {
      reading.opaque('unknown-relation', relationRef(info), 'a child of this table is not in the catalog');
      continue;
    }
    if (i < maxChildren && touch.read !== undefined) reading.add('read', relationRef(child), { extent: 'none', columns: [], likes: [touch.read] });
    else if (i < maxChildren && touch.event !== 'insert') reading.add(verbs[touch.event], relationRef(child), { extent: touch.extent, columns: shownColumns(touch) });
    follow(child, among, reading);
  }
}

function followTruncate(reference: Reference, touch: Touch, reading: Reading): void {
  const child = reading.catalog.relation({ schema: reference.schema, name: reference.table }, []);
  const ref = child === undefined ? thing('table', [reference.schema, reference.table]) : relationRef(child);
  reading.through(thing('cascade', [reference.constraint]), `truncate ${reference.schema}.${reference.table}`, () => {
    reading.add('destroy', ref, { extent: 'all' });
    if (child === undefined) reading.opaque('unknown-relation', ref, 'the referencing table is not in the catalog');
    else follow(child, touch, reading);
  });
}

function followReference(info: RelationInfo, reference: Reference, touch: Touch, reading: Reading): void {
  const action = touch.event === 'delete' ? reference.onDelete : reference.onUpdate;
  if (action === 'a' || action === 'r') return;
  // An update that leaves every key alone sets off no action.
  if (touch.event === 'update' && touch.columns !== 'all' && !info.keys.flat().some((column) => touch.columns.includes(column))) return;
  const verb = action === 'c' && touch.event === 'delete' ? 'delete' : 'update';
  const child = reading.catalog.relation({ schema: reference.schema, name: reference.table }, []);
  // Where all rows refer to one, they may all go with it.
  const picks = !reference.columns.every((column) => singleIn(child, column, reading) === 'column');
  const extent = !isBounded(touch.extent) ? touch.extent : picks ? 'bounded' : 'unknown';
  const ref = child === undefined ? thing('table', [reference.schema, reference.table]) : relationRef(child);
  const columns = verb === 'update' ? reference.columns : [];
  reading.through(thing('cascade', [reference.constraint]), `cascade ${reference.schema}.${reference.table}.${reference.constraint} ${verb}`, () => {
    reading.add(verb, ref, { extent, columns });
    if (child === undefined) reading.opaque('unknown-relation', ref, 'the referencing table is not in the catalog');
    else follow(child, { event: verb, extent, columns, only: false }, reading);
  }, extent);
}

const ruleEvents: { readonly [event: string]: string | undefined } = { select: 'CMD_SELECT', insert: 'CMD_INSERT', update: 'CMD_UPDATE', delete: 'CMD_DELETE' };

function followRule(info: RelationInfo, definition: string, index: number, touch: Touch, reading: Reading): void {
  const rule = as(parseOne(definition, reading), 'RuleStmt');
  if (rule === undefined) {
    reading.opaque('parser-failed', relationRef(info), 'a rule of this relation could not be read');
    return;
  }
  if (rule.event !== ruleEvents[touch.event]) return;
  const source = reading.source;
  reading.source = undefined;
  reading.through(thing('rule', [info.schema, info.name, rule.rulename ?? '']), `rule ${info.oid} ${index}`, () => {
    reading.writtenPath = [];
    for (const action of rule.actions ?? []) reading.walks.statement(action, new Scope(undefined), reading);
  });
  reading.source = source;
}
