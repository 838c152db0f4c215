import type { Node, SelectStmt } from '@pgsql/types';
import type { Called, Catalog } from '../../core/catalog.ts';
import type { Effect, Extent, OpaqueReason, Span, Verb } from '../../core/effect.ts';
import type { SessionState } from '../../core/interpretation.ts';
import type { EntityRef } from '../../core/resource.ts';
import { computing, irreversible, isBounded, merge, repeatedExtent, widen, type Details, type Draft } from './drafts.ts';
import { shownByColumns } from './functions/catalogs.ts';
import { withKin } from './kinship.ts';
import type { Parser } from './parser/parser.ts';
import { sameResource, thing } from './resources.ts';
import type { Scope, SelectResult } from './scope.ts';
import type { Source } from './source.ts';
import type { TransitionTables } from './transition.ts';

/** More than any statement that a person wrote has. */
const maxEffects = 4096;
/** Levels of our own recursion over a tree: half of what the stack of a main thread bears. */
const maxDepth = 1000;
/** Views, functions and triggers entered for one text. */
const maxExpansions = 400;
/** Of text that is parsed in passing on the main thread: bodies, definitions. In characters. */
export const maxNestedText = 65_536;

/** Thrown inside a reading when a bound is met; the interpreter turns it into `opaque`. It never leaves the folder. */
export class Bounded extends Error {
  readonly reason: OpaqueReason;
  constructor(reason: OpaqueReason) { super(reason); this.reason = reason; }
}

/** The parts of the walk, which call each other all ways round; handed in, so that no file needs another's. */
export interface Walks {
  expression(node: Node, scope: Scope, reading: Reading): void;
  select(query: SelectStmt, scope: Scope, reading: Reading): SelectResult;
  /** A statement that stands in `scope`, which is a root for the outermost one. */
  statement(node: Node, scope: Scope, reading: Reading): void;
  /** Text that is not part of the command's own: a body, a definition, a constant that is executed. */
  text(sql: string, reading: Reading): void;
  /** Functions that run without standing in the statement; `tables`: what that of a trigger sees. */
  called(called: Called, reading: Reading, tables?: TransitionTables): void;
}

/** One reading of one text: what is known, and the effects found so far. */
export class Reading {
  readonly parser: Parser;
  readonly walks: Walks;
  readonly catalog: Catalog;
  /** Undefined inside text that is not the command's own (a function's body): spans are then those of what led there. */
  source: Source | undefined;
  state: SessionState;
  /** Where names are searched in now: the session's path, or that which the function sets that is being read, and those that it calls have. */
  pathOverride: readonly string[] | undefined;
  /** Of text that the server wrote, in which all names are qualified: a view's, a rule's. What it calls has none of it. */
  writtenPath: readonly string[] | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
  span: Span = { start: 0, end: 0 };
  /** Text of the statement at hand, the command's own or a nested one. */
  textOf: () => string = () => '';
  via: readonly EntityRef[] = [];
  drafts: Draft[] = [];
  readsSession = false;
  /** True when a literal of the current statement decided something. */
  literalsMatter = false;
  /** Rows are locked somewhere in the statement at hand. */
  locks = false;
  /** A procedure or block that the statement at hand runs commits inside. */
  commits = false;
  /** The statement at hand may set whether transactions are read-only. */
  setsAccess = false;
  /** True inside a function's body, where a name that is no column is a variable. */
  inFunction = false;
  /** What the statements of the trigger's function at hand see of the rows that set it off. */
  transition: TransitionTables | undefined;
  /** What the PL/pgSQL body at hand declares. */
  variables: ReadonlySet<string> = new Set();
  /** The grammar's statement is not the outermost: spans point at names. */
  nested = 0;
  /** Types made in the database of which a value may be wanted in the statement at hand, and the way to the first place that does. */
  readonly wantedTypes = new Map<string, readonly EntityRef[]>();
  /** The same of types that something is cast to, built-in ones, too. */
  readonly castTargets = new Map<string, readonly EntityRef[]>();
  readonly results = new Map<object, SelectResult>();
  /** The same of views, by oid. */
  readonly views = new Map<number, SelectResult>();
  /** Functions, by oid, of which it is known whether they change anything. */
  readonly steady = new Map<number, boolean>();
  /** How often a query was asked what conditions on its columns leave. */
  asked = 0;
  /** A collation of somebody's own stands somewhere in what was read: under it any two texts may be equal. */
  collated = false;
  /** Queries that (may) depend on a row of an outer one. */
  readonly correlated = new Map<object, 'yes' | 'maybe'>();
  /** Functions of the catalog that the statement at hand runs, by oid. */
  calls = new Map<number, EntityRef>();
  readonly entered = new Set<string>();
  /** Tables, by oid, of whose partitions or children some are reached that are no effects of their own. */
  readonly unlisted = new Set<string>();
  #expansions = 0;
  /** What has been come back to while it was read. */
  readonly #cycles = new Set<string>();
  readonly #read = new WeakMap<object, WeakMap<object, Set<string>>>();
  #depth = 0;

  constructor(parser: Parser, walks: Walks, catalog: Catalog, state: SessionState, source: Source, now: number) {
    this.parser = parser;
    this.walks = walks;
    this.catalog = catalog;
    this.state = state;
    this.source = source;
    this.now = now;
  }

  get searchPath(): readonly string[] | 'unknown' {
    return this.writtenPath ?? this.pathOverride ?? this.state.searchPath;
  }

  expression(node: Node | undefined, scope: Scope): void {
    if (node !== undefined) this.walks.expression(node, scope, this);
  }

  expressions(nodes: readonly Node[] | undefined, scope: Scope): void {
    for (const node of nodes ?? []) this.walks.expression(node, scope, this);
  }

  /** A condition on the rows of a FROM, which may be worked out for each of them before another one has picked any. */
  condition(node: Node | undefined, scope: Scope): void {
    if (node === undefined) return;
    if (scope.entries.length === 0) this.walks.expression(node, scope, this);
    else this.repeatedly(() => { this.walks.expression(node, scope, this); });
  }

  add(verb: Verb, resource: EntityRef, details: Details = {}): Draft {
    if (this.drafts.length >= maxEffects) throw new Bounded('too-large');
    const draft: Draft = { verb, resource, extent: 'none', columns: [], reversible: !irreversible.has(verb), span: this.span, via: this.via, ...details };
    for (const other of this.drafts) {
      if (other.verb === verb && other.reason === draft.reason && other.sink === draft.sink && other.note === draft.note
        && sameResource(other.resource, resource) && this.#sameWay(other.via)) return merge(other, draft);
    }
    this.drafts.push(draft);
    return draft;
  }

  opaque(reason: OpaqueReason, resource: EntityRef, note: string, span: Span = this.span): void {
    this.add('opaque', resource, { reason, note, span, extent: 'unknown' });
  }

  /** What happens any number of times: each time a few rows, which may be all in the end. Whether that is more than computing and reading what it names. */
  repeatedly(act: () => void): boolean {
    const { drafts: outer, via: ownVia } = this;
    this.drafts = [];
    act();
    const made = this.drafts;
    this.drafts = outer;
    for (const { verb, resource, via, ...details } of made) {
      this.via = via;
      this.add(verb, resource, { ...details, extent: repeatedExtent(verb, resource, details.extent) });
    }
    this.via = ownVia;
    return made.some(({ verb, via }) => via.length > ownVia.length || (verb !== 'read' && verb !== 'define'));
  }

  /** Reads what does not run here, for what is to be known of it. */
  aside<T>(act: () => T): T {
    const { drafts, via, state, source, pathOverride, writtenPath, inFunction, transition, variables, locks, commits, setsAccess, literalsMatter, nested, calls } = this;
    this.drafts = [];
    this.calls = new Map();
    this.source = undefined;
    this.transition = undefined;
    this.inFunction = false;
    this.variables = new Set();
    this.nested++;
    try {
      return act();
    } finally {
      Object.assign(this, { drafts, via, state, source, pathOverride, writtenPath, inFunction, transition, variables, locks, commits, setsAccess, literalsMatter, nested, calls });
    }
  }

  /** As `repeatedly`, of the functions that have been called from here: they run for each row, of which there are so many. */
  repeatCalls(rows: Extent): void {
    if (rows === 'one' || rows === 'none') return;
    widen(this.drafts, this.via, ({ kind }) => computing.has(kind), isBounded(rows) ? 'bounded' : 'unknown');
  }

  /** `note` says what could not be read, without a literal of the text. */
  notModelled(what: string, span: Span = this.span): void {
    this.opaque('not-modelled', thing('statement', [what]), `the effects of ${what} are not worked out`, span);
  }

  /** The range of the name that stands at a location of the parser's. */
  at(location: number | undefined): Span {
    return this.source === undefined || location === undefined || location < 0 ? this.span : this.source.name(location);
  }

  /** Of a statement's own deed: the whole statement, or inside of another one its target's name. */
  deed(location: number | undefined): Span {
    return this.nested > 0 ? this.at(location) : this.span;
  }

  /** Goes one level down; a tree deeper than the stack can bear ends the reading. */
  descend(act: () => void): void {
    this.enter();
    act();
    this.leave();
  }

  enter(): void { if (++this.#depth > maxDepth) throw new Bounded('too-deep'); }
  leave(): void { this.#depth--; }

  /**
   * Reads what is reached through `way` (a view, function, trigger, cascade), once on each path to it. `key` names it; false when it is
   * already being read (a cycle), whose effects are then known. `rows`: what it does depends on these; for others it is read again.
   */
  through(way: EntityRef, key: string, act: () => void, rows = ''): boolean {
    if (this.entered.has(key)) {
      this.#cycles.add(key);
      return false;
    }
    if (this.#isRead(rows === '' ? key : `${key} ${rows}`)) {
      // It happens once more: to one row again, and to another one.
      widen(this.drafts, this.via, (one) => sameResource(one, way), 'bounded');
      return true;
    }
    if (++this.#expansions > maxExpansions) throw new Bounded('too-deep');
    const { via, inFunction, pathOverride, writtenPath, transition, state } = this;
    this.entered.add(key);
    this.transition = undefined;
    this.via = [...via, way];
    try {
      this.descend(act);
    } finally {
      this.entered.delete(key);
      this.via = via;
      this.inFunction = inFunction;
      // What was set there holds here, too.
      this.pathOverride = this.state.searchPath === state.searchPath ? pathOverride : undefined;
      this.writtenPath = writtenPath;
      this.transition = transition;
    }
    // What comes back to itself happens any number of times: a function that calls itself, a row that takes along the rows that refer to it.
    if (this.#cycles.delete(key)) widen(this.drafts, via, (one) => sameResource(one, way));
    return true;
  }

  /** Was it read from this very place, into the same effects? A body that calls a helper ten times has its effects once. */
  #isRead(key: string): boolean {
    const places = this.#read.get(this.drafts) ?? new WeakMap<object, Set<string>>();
    this.#read.set(this.drafts, places);
    const keys = places.get(this.via) ?? new Set<string>();
    places.set(this.via, keys);
    if (keys.has(key)) return true;
    keys.add(key);
    return false;
  }

  effects(): Effect[] {
    for (const draft of this.drafts) for (const like of draft.likes ?? []) merge(draft, { ...draft, likes: [], extent: like.extent, columns: like.columns });
    const outer = this.via;
    // Only now are the columns known.
    for (const { verb, resource, columns, span, via } of this.drafts.slice()) {
      const shown = verb === 'read' && resource.system ? shownByColumns(resource.path.at(-1) ?? '', columns) : undefined;
      if (shown === undefined) continue;
      this.via = via;
      this.add('read', shown.resource, { extent: shown.extent, span, note: shown.note });
    }
    this.via = outer;
    return this.drafts.map(({ likes: _likes, alone, ...draft }) => {
      const resource = withKin({ ...draft, ...(alone === undefined ? {} : { alone }) }, this.catalog, this.unlisted, this.state.searchPath);
      return this.locks && draft.verb === 'read' ? { ...draft, resource, locks: true } : { ...draft, resource };
    });
  }

  #sameWay(via: readonly EntityRef[]): boolean {
    const own = this.via;
    return via === own || (via.length === own.length && via.every((ref, i) => {
      const mine = own[i];
      return mine !== undefined && sameResource(ref, mine);
    }));
  }
}
