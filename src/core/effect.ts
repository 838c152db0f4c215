import type { EntityRef } from './resource.ts';

export const verbs = ['read', 'insert', 'update', 'delete', 'define', 'destroy', 'grant', 'execute', 'export', 'configure', 'opaque'] as const;
export type Verb = (typeof verbs)[number];

/** How much of the resource: `one` only for equality on a whole unique key; a predicate that cannot be proven to bound is `unknown`. */
export const extents = ['none', 'one', 'bounded', 'all', 'unknown'] as const;
export type Extent = (typeof extents)[number];

/** Where an export goes. */
export const sinks = ['none', 'client', 'file', 'program', 'database', 'network'] as const;
export type Sink = (typeof sinks)[number];

/** Half-open range of UTF-8 bytes in the command's text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Why a part could not be read; a closed list, so that reports can count. Each has a mend in docs/errors/opaque.md. */
export const opaqueReasons = [
  'syntax', 'too-large', 'too-deep', 'deadline', 'encoding', 'string-syntax', 'unknown-relation', 'unknown-function', 'unknown-prepared',
  'unknown-cursor', 'untrusted-language', 'computed-code', 'not-modelled', 'session-state', 'function-call-protocol', 'server-version', 'parser-failed',
] as const;
export type OpaqueReason = (typeof opaqueReasons)[number];

/** What a statement would change, or what would leave. One line of meaning; the text form is in core/format. */
export interface Effect {
  readonly verb: Verb;
  readonly resource: EntityRef;
  readonly extent: Extent;
  /** Columns read or written, by name; `all` for a whole row or when they are not known. Empty where columns make no sense. */
  readonly columns: readonly string[] | 'all';
  /** Can it be taken back by a ROLLBACK or an inverse statement without a backup? `DROP`, `TRUNCATE`, `DELETE`, `UPDATE` cannot once committed. */
  readonly reversible: boolean;
  /** The smallest part of the command's text that causes it. */
  readonly span: Span;
  /** The view, function, trigger or cascade it came through, outermost first; empty for what stands in the text itself. */
  readonly via: readonly EntityRef[];
  /** Only with verb `export`. */
  readonly sink?: Sink;
  /** Only with verb `opaque`. */
  readonly reason?: OpaqueReason;
  /** A sentence for people: what could not be read, where the export goes. Never a literal of the text. */
  readonly note?: string;
  /** A rollback does not undo it (setval, file, program, dblink, COMMIT in a procedure): it is recorded durably before it runs. Not a step of a sequence, which loses nothing. */
  readonly outsideTransaction?: boolean;
  /** Only with verb `read`: the command locks rows (FOR UPDATE and kin), which a read-only transaction does not. */
  readonly locks?: boolean;
}
