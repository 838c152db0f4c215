import type { DecisionTemplate } from '../core/audit-log.ts';
import type { Catalog } from '../core/catalog.ts';
import type { Obligation } from '../core/decision.ts';
import type { Effect } from '../core/effect.ts';
import type { Prepared } from '../core/gate.ts';
import type { BoundValue, Held, Interpretation, ReadsOnly, SessionState, Statement, TransactionControl } from '../core/interpretation.ts';
import type { CommandCounter } from '../core/meter.ts';
import type { Refusal } from '../core/refusal.ts';
import type { EntityRef, PartOf } from '../core/resource.ts';
import { unchanged } from './interpretations.ts';

/** A decision on an interpretation, with all that its next use needs. */
export interface Decided {
  /** As `Decision.validUntil`. */
  readonly validUntil: number;
  readonly refusal: Refusal | undefined;
  /** A refusal that observe mode does not let through. */
  readonly enforced: boolean;
  readonly template: DecisionTemplate;
  /** What each command under it counts for. */
  readonly counters: readonly CommandCounter[];
  /** Of a permit. */
  readonly obligations: readonly Obligation[];
  readonly policyGeneration: number;
  readonly directoryGeneration: number;
}

/** An interpretation, and under what it holds. */
export interface Understood {
  readonly interpretation: Interpretation;
  readonly catalog: Catalog;
  readonly state: SessionState;
  /** What the session's state becomes when it succeeds; undefined when it stays. */
  readonly next: SessionState | undefined;
  readonly meaning: string | undefined;
  readonly effects: readonly Effect[];
  /** As `AccessRequest.calls`. */
  readonly calls: readonly EntityRef[];
  /** Something may be changed or may leave: its record must be durable before it becomes final. */
  readonly writes: boolean;
  /** As `Permit.reads`. */
  readonly reads: ReadsOnly;
  /** Whether the session's next transactions may write is known again once the target has said so. */
  readonly setsAccess: boolean;
  /** A rollback does not take all of it back: its record must be durable before it runs at all. */
  readonly irrevocable: boolean;
  /** What the target holds may be another thing after it: the shared catalog has to follow before the next text is read. */
  readonly changesCatalog: boolean;
  readonly transaction: TransactionControl;
  decided: Decided | undefined;
}

const harmlessVerbs: ReadonlySet<string> = new Set(['read', 'configure']);

export function understood(interpretation: Interpretation, catalog: Catalog, state: SessionState, meaning: string | undefined): Understood {
  const { statements } = interpretation;
  const effects = statements.length === 1 ? (statements[0]?.effects ?? []) : statements.flatMap((statement) => statement.effects);
  return {
    interpretation, catalog, state, meaning, effects, calls: statements.flatMap((statement) => statement.calls ?? []),
    next: effects.some(({ verb }) => verb === 'opaque') ? afterUnknown(interpretation, state) : interpretation.nextState === state || interpretation.nextState === unchanged ? undefined : interpretation.nextState,
    writes: effects.some((effect) => !harmlessVerbs.has(effect.verb)),
    reads: readsOnly(statements),
    setsAccess: statements.some(({ setsAccess }) => setsAccess === true),
    irrevocable: effects.some((effect) => effect.outsideTransaction === true || effect.verb === 'export' || effect.verb === 'opaque'),
    changesCatalog: effects.some(changesCatalog),
    transaction: strongest(statements.map((statement) => statement.transaction)),
    decided: undefined,
  };
}

function readsOnly(statements: readonly Statement[]): ReadsOnly {
  if (statements.length === 0 || statements.some(({ readOnly = 'no' }) => readOnly === 'no')) return 'no';
  return statements.some(({ readOnly }) => readOnly === 'alone') ? 'alone' : 'yes';
}

const catalogVerbs: ReadonlySet<string> = new Set(['define', 'destroy', 'opaque']);

/** Temporary relations are the session's own, which its state follows. */
function changesCatalog(effect: Effect): boolean {
  return catalogVerbs.has(effect.verb) && effect.resource.path[0] !== 'pg_temp';
}

/** Where policy lets pass what was not understood, or only observes: it may have set anything, and what follows waits for the target's word. */
function afterUnknown({ nextState }: Interpretation, state: SessionState): SessionState {
  return { ...(nextState === unchanged ? state : nextState), searchPath: 'unknown' };
}

const controls: readonly TransactionControl[] = ['none', 'savepoint', 'begin', 'rollback', 'prepare-transaction', 'commit'];

/** Of several statements in one text the one that makes most final counts. */
function strongest(found: readonly TransactionControl[]): TransactionControl {
  let most: TransactionControl = 'none';
  for (const control of found) if (controls.indexOf(control) > controls.indexOf(most)) most = control;
  return most;
}

/** The same to policy and record: everything but the place in the text. */
export function sameEffects(a: readonly Effect[], b: readonly Effect[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    const left = a[i];
    const right = b[i];
    if (left === undefined || right === undefined || !sameEffect(left, right)) return false;
  }
  return true;
}

function sameEffect(a: Effect, b: Effect): boolean {
  return a.verb === b.verb && a.extent === b.extent && a.reversible === b.reversible && a.sink === b.sink && a.reason === b.reason && a.note === b.note
    && a.outsideTransaction === b.outsideTransaction && a.locks === b.locks && sameResource(a.resource, b.resource) && sameColumns(a.columns, b.columns)
    && a.via.length === b.via.length && a.via.every((ref, i) => sameResource(ref, b.via[i]));
}

function sameColumns(a: Effect['columns'], b: Effect['columns']): boolean {
  return a === b || (a !== 'all' && b !== 'all' && a.length === b.length && a.every((column, i) => column === b[i]));
}

function sameResource(a: EntityRef, b: EntityRef | undefined): boolean {
  return b !== undefined && (a === b || (a.kind === b.kind && a.system === b.system && a.id === b.id && a.path.length === b.path.length && a.path.every((part, i) => part === b.path[i])
    && samePart(a.partOf, b.partOf) && sameResources(a.parts, b.parts)));
}

/** A table may have become a partition since. */
function samePart(a: PartOf | undefined, b: PartOf | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && a.as === b.as && sameResources(a.wholes, b.wholes));
}

export function sameResources(a: readonly EntityRef[] | undefined, b: readonly EntityRef[] | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && a.length === b.length && a.every((ref, i) => sameResource(ref, b[i])));
}

/** What a client holds: the text, and what it meant when last looked at. */
export class PreparedCommand implements Prepared {
  readonly text: string;
  /** Of a portal: the state in which it was bound, which its plan follows whatever the state becomes. Of a statement: undefined. */
  readonly bound: SessionState | undefined;
  /** Of a portal that was decided with the values of its parameters: what it is read with. */
  readonly values: readonly BoundValue[] | undefined;
  readonly #made: readonly Effect[];
  readonly #statement: PreparedCommand | undefined;
  #understood: Understood | undefined;
  #portal: PreparedCommand | undefined;

  /** `made`: the effects as of when it was made, for as long as it was not looked at again. */
  constructor(text: string, made: readonly Effect[], meant: Understood | undefined, portal?: { readonly of?: PreparedCommand; readonly bound: SessionState; readonly values?: readonly BoundValue[] }) {
    this.text = text;
    this.#made = made;
    this.#understood = meant;
    this.#statement = portal?.of;
    this.bound = portal?.bound;
    this.values = portal?.values;
  }

  get understood(): Understood | undefined { return this.#understood; }
  get effects(): readonly Effect[] { return this.#understood?.effects ?? this.#made; }
  get calls(): readonly EntityRef[] { return this.#understood?.calls ?? []; }

  /** Kept for the statement, too: the next portal of it need not be read again. */
  learn(meant: Understood): void {
    this.#understood = meant;
    if (this.#statement !== undefined) this.#statement.#understood = meant;
  }

  /** A portal made now. The last one serves again while nothing has changed: nobody can tell them apart. */
  bind(state: SessionState): PreparedCommand {
    const last = this.#portal;
    if (last !== undefined && last.bound === state && last.#understood === this.#understood) return last;
    return this.#portal = new PreparedCommand(this.text, this.#made, this.#understood, { of: this, bound: state });
  }

  /** A portal made now that means what it does with these values; of other portals of the statement that says nothing. */
  bindTo(values: readonly BoundValue[], meant: Understood): PreparedCommand {
    return new PreparedCommand(this.text, meant.effects, meant, { bound: meant.state, values });
  }

  /**
   * As SQL's EXECUTE and FETCH see it. What changes the session or ends the transaction can be prepared through the protocol alone, and then
   * run by EXECUTE, whose own text shows neither: such a one is not understood there.
   */
  forSql(): Held {
    const meant = this.#understood;
    if (meant === undefined || (meant.next === undefined && meant.transaction === 'none')) return this;
    const what: Effect = {
      verb: 'opaque', resource: { kind: 'prepared', path: ['*'], system: false }, extent: 'unknown', columns: [], reversible: false, span: { start: 0, end: 0 }, via: [],
      reason: 'session-state', note: 'it changes the session or the transaction; run it with the protocol\'s own Execute, or as a statement of its own',
    };
    return { effects: [...meant.effects, what], calls: meant.calls };
  }
}
