import type { Catalog } from './catalog.ts';
import type { Effect, Span } from './effect.ts';
import type { EntityRef } from './resource.ts';

export const languages = ['sql/postgres', 'sql/mysql', 'shell', 'http', 'mcp', 'none'] as const;
export type Language = (typeof languages)[number];

/** What a statement does to the transaction; the record's durability (DESIGN promise 4) depends on it. */
export type TransactionControl = 'none' | 'begin' | 'commit' | 'rollback' | 'savepoint' | 'prepare-transaction';

/**
 * Is all that is known of it reads, which a read-only transaction does just the same? `alone`: only where nothing of the gate's own stands before it
 * in its transaction, since it may end that, or asks for a transaction block.
 */
export type ReadsOnly = 'no' | 'yes' | 'alone';

export interface Statement {
  readonly span: Span;
  /** The grammar's own name of the kind: `SelectStmt`, `DropStmt`; `Opaque` when it was not read. */
  readonly kind: string;
  readonly effects: readonly Effect[];
  /** Functions of the database that run, whatever they do, each once. What they do is among the effects. Absent: none. */
  readonly calls?: readonly EntityRef[];
  readonly transaction: TransactionControl;
  readonly readOnly?: ReadsOnly;
  /** It commits as it goes: an error later in its batch does not take back it, nor what stands before it. */
  readonly commits?: boolean;
  /** It only gives another statement a name: what that does it does when it runs, and then it is decided again, with the values of its parameters. */
  readonly holds?: boolean;
  /** It may set whether the session's transactions are read-only. */
  readonly setsAccess?: boolean;
}

/** A statement held by name (PREPARE, Parse), or a cursor's query: decided when made, and again when run. */
export interface Held {
  readonly effects: readonly Effect[];
  /** As `Statement.calls`. */
  readonly calls?: readonly EntityRef[];
  /** Of a statement that is to be read anew when it runs. */
  readonly text?: string;
  /** A cursor that outlives its transaction (WITH HOLD). */
  readonly holdable?: boolean;
}

/**
 * What of a session changes the meaning of text. Immutable: an interpretation returns the next one.
 * `unknown` parts make what depends on them `opaque`.
 */
export interface SessionState {
  /** Schemas in order, without the implicit ones; `unknown` after something the gate could not follow. */
  readonly searchPath: readonly string[] | 'unknown';
  /** Whether names and rights still resolve under the role that the session started with. */
  readonly role: 'initial' | 'changed';
  readonly encoding: 'UTF8' | 'other';
  readonly standardConformingStrings: 'on' | 'off';
  /** One namespace for SQL PREPARE and protocol Parse; `unknown` for a name whose making may or may not have succeeded. */
  readonly prepared: ReadonlyMap<string, Held | 'unknown'>;
  /** One namespace for SQL cursors and protocol portals. */
  readonly cursors: ReadonlyMap<string, Held | 'unknown'>;
  /** Relations made by this session that a shared catalog cannot know yet (temporary, or not committed), as `schema.name` or `name`. */
  readonly ownRelations: ReadonlySet<string>;
  /**
   * What this session has changed of what the catalog knows, in the interpreter's own words: a name that means another thing, keys that are gone. Who
   * keeps the state empties it once the catalog was read anew after the end of the transaction; until then what depends on it is `opaque`.
   */
  readonly changed: ReadonlySet<string>;
  /** What the interpreter must know to follow RESET and the end of a transaction; absent while nothing of it is needed. Only interpreters read it. */
  readonly history?: SessionHistory;
}

export interface SessionHistory {
  /** The search path at the session's start: what RESET goes back to. */
  readonly start: readonly string[] | 'unknown';
  /** Of the open transaction: the path, the own relations and what was changed at its BEGIN, and whether the path was changed since, for it alone or for good. */
  readonly begin?: { readonly path: readonly string[] | 'unknown'; readonly own: ReadonlySet<string>; readonly changes: ReadonlySet<string>; readonly changed: 'no' | 'local' | 'session'; /** The state outside of it, to which an end without changes returns. */ readonly outside?: SessionState };
}

export const initialState: SessionState = {
  searchPath: ['$user', 'public'], role: 'initial', encoding: 'UTF8', standardConformingStrings: 'on',
  prepared: new Map(), cursors: new Map(), ownRelations: new Set(), changed: new Set(),
};

export interface Interpretation {
  readonly statements: readonly Statement[];
  /** The state after every statement has succeeded. The same object as was given when nothing changes. */
  readonly nextState: SessionState;
  /** Literals whose value changes the effects; the text's other literals may vary under one cached decision. */
  readonly literalsThatMatter: readonly Span[];
  /** True when the meaning depends on `prepared`, `cursors`, `ownRelations` or `changed`: such an interpretation is not shared between sessions. */
  readonly readsSession: boolean;
  /** The statement's shape for people and records: text with literals replaced by `$n`; never customer data. */
  readonly shape: string;
}

/** What a parameter of a statement was bound to. */
export interface BoundValue {
  /** As the type writes it; null: NULL; undefined: not NULL, and else not known. */
  readonly text: string | null | undefined;
  /** The type's own short name (`int4`, `timestamptz`); undefined: the target infers it. */
  readonly type: string | undefined;
}

/** Total, and pure but for the clock, which only ever lets a moment become past: text it cannot read becomes an `opaque` effect with a reason. A promise only for text that goes to a parser worker. */
export interface Interpreter {
  readonly language: Language;
  /**
   * `values` of the parameters, in order; none: not known, and then the extents hold for whatever they may be. An interpretation with values
   * holds for these alone.
   */
  interpret(text: string, catalog: Catalog, state: SessionState, values?: readonly BoundValue[]): Interpretation | Promise<Interpretation>;
}

/** What only some languages can do: name all texts that differ in plain literals alone, without reading them. */
export interface Shaper {
  /** Equal keys: equal but for the values of literals. Undefined where that cannot be told at a glance. Cheap: made for each command. */
  shapeKey(text: string): string | undefined;
}
