import type { AuditLog, Sequence } from '../core/audit-log.ts';
import type { Catalog, CatalogSource } from '../core/catalog.ts';
import type { PolicyDecisionPoint } from '../core/decision.ts';
import type { OutcomeEvent, SessionFacts } from '../core/event.ts';
import type { Admission, Command, Namespace, Permit, Prepared, Session } from '../core/gate.ts';
import type { BoundValue, Interpretation, SessionState } from '../core/interpretation.ts';
import type { Meter } from '../core/meter.ts';
import type { Principal, Purpose } from '../core/principal.ts';
import { type Refusal, refusal } from '../core/refusal.ts';
import type { FreezeRecord } from '../core/state.ts';
import { type Decided, PreparedCommand, understood, type Understood } from './admission.ts';
import { Decisions } from './decisions.ts';
import { Durability } from './durability.ts';
import { meaningOf, type SharedInterpretations } from './interpretations.ts';
import { Meaning } from './meaning.ts';
import { atBest, takesParameters } from './parameters.ts';
import { opaqueCall } from './opaque-call.ts';
import { mint } from './permit.ts';
import { Remembered } from './remembered.ts';
import { Running } from './running.ts';
import { auditUnavailable } from './turn.ts';

export interface SessionParts {
  readonly facts: SessionFacts;
  readonly principal: Principal;
  readonly purpose: Purpose;
  readonly state: SessionState;
  /** `normal`: reads are written before they are forwarded; `strict`: synced. */
  readonly durability: 'normal' | 'strict';
  /** `strict`: every command waits until the catalog is known to be as new as itself. */
  readonly catalogMode: 'follow' | 'strict';
  /** Bytes of statement text that may be held by name. */
  readonly statementBytes: number;
  readonly catalogs: CatalogSource;
  readonly interpretations: SharedInterpretations;
  readonly policy: PolicyDecisionPoint;
  readonly log: AuditLog;
  readonly meter: Meter;
  /** Milliseconds since the epoch, in fractions: it also measures how long the target takes. */
  readonly clock: () => number;
  readonly directoryGeneration: () => number;
  readonly freezeOf: (target: string) => FreezeRecord | undefined;
  /** The target refused as a write what was decided as reads. `id`: of the decision's record. */
  readonly misread: (session: SessionFacts, shape: string, id: string) => void;
  readonly closed: (session: GateSession, why: string) => void;
}

/** The order of one command's steps, for one session. Shared work (parsing, policy) is cached elsewhere; what is cached here holds for this principal. */
export class GateSession implements Session {
  readonly facts: SessionFacts;
  readonly #parts: SessionParts;
  readonly #end = new AbortController();
  readonly #remembered: Remembered;
  readonly #decisions: Decisions;
  readonly #meaning: Meaning;
  readonly #durability: Durability;
  /** A command of this session changed what the target holds, in a transaction that is still open. */
  #catalogMoved = false;
  /** The catalog is being read anew after such a transaction: until then names may mean what they no longer do. */
  #following: Promise<void> | undefined;
  #commands = 0;
  #refused = 0;
  #closed = false;
  #ended: Refusal | undefined;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.facts = parts.facts;
    this.#decisions = new Decisions(parts, parts.principal);
    this.#meaning = new Meaning(parts.state);
    this.#remembered = new Remembered(parts.interpretations);
    this.#durability = new Durability(parts);
  }

  get ending(): AbortSignal { return this.#end.signal; }
  get state(): SessionState { return this.#meaning.state; }
  get principal(): Principal { return this.#decisions.principal; }
  get counts(): { readonly commands: number; readonly refused: number } { return { commands: this.#commands, refused: this.#refused }; }

  /** Another snapshot of the same principal: its grants may have changed. */
  replacePrincipal(principal: Principal): void { this.#decisions.principal = principal; }

  end(reason: Refusal): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    this.#end.abort(reason);
  }

  admit(command: Command, signal: AbortSignal): Admission | Promise<Admission> {
    // Who drains may finish what it is at; whoever was revoked or has expired may not.
    if (this.#ended !== undefined && this.#ended.code !== 'draining') return this.#ended;
    if (this.#following !== undefined) return this.#following.then(() => this.admit(command, signal));
    const catalog = this.#parts.catalogs.current();
    if (catalog === undefined || this.#parts.catalogMode === 'strict') return this.#afterRefresh(command, signal);
    return this.#admitUnder(catalog, command, signal, true);
  }

  #admitUnder(catalog: Catalog, command: Command, signal: AbortSignal, mayRefresh: boolean): Admission | Promise<Admission> {
    const meant = this.#understand(catalog, command);
    if (meant instanceof Promise) return meant.then((later) => this.#admitRead(later, command, signal, mayRefresh));
    return this.#admitUnderstood(meant, command, signal, mayRefresh);
  }

  /** While a worker was reading, the target may have reported another state. */
  #admitRead(meant: Understood, command: Command, signal: AbortSignal, mayRefresh: boolean): Admission | Promise<Admission> {
    if (command.kind === 'bind' || command.kind === 'execute' || this.#stillHolds(meant, meant.catalog, this.#meaning.state)) return this.#admitUnderstood(meant, command, signal, mayRefresh);
    return this.admit(command, signal);
  }

  #admitUnderstood(meant: Understood, command: Command, signal: AbortSignal, mayRefresh: boolean): Admission | Promise<Admission> {
    if (mayRefresh && namesUnknown(meant)) return this.#afterRefresh(command, signal);
    return this.#decide(meant, command);
  }

  /** A name that the catalog does not know may be newer than the catalog, or nothing was read yet, or nothing older than the command is good enough: look first. */
  async #afterRefresh(command: Command, signal: AbortSignal): Promise<Admission> {
    const { catalogs, catalogMode } = this.#parts;
    await catalogs.refresh();
    const catalog = catalogMode === 'strict' && catalogs.failure !== undefined ? undefined : catalogs.current();
    if (catalog !== undefined) return this.#admitUnder(catalog, command, signal, false);
    return refusal('catalog-unavailable', 'the gate does not know what the target holds, so it cannot tell what this would do', 'check that the target can be reached; guardrails start and /readyz say why it could not be read',
      { detail: catalogs.failure === undefined ? [] : [catalogs.failure] });
  }

  #understand(catalog: Catalog, command: Command): Understood | Promise<Understood> {
    const now = this.#meaning.state;
    if (command.kind === 'bind' || command.kind === 'execute') {
      const { prepared } = command;
      if (!(prepared instanceof PreparedCommand)) throw new TypeError('a prepared command that this gate did not make');
      const state = prepared.bound ?? now;
      if (prepared.understood !== undefined && this.#stillHolds(prepared.understood, catalog, state)) return prepared.understood;
      return this.#interpret(catalog, prepared.text, state, (meant) => prepared.learn(meant), prepared.values);
    }
    if (command.kind === 'call') return understood(opaqueCall(command.text, now), catalog, now, this.#meaning.key);
    const remembered = this.#remembered.same(command.text);
    if (remembered !== undefined && this.#stillHolds(remembered, catalog, now)) return remembered;
    const alike = this.#remembered.alike(command.text);
    if (alike?.decided !== undefined && this.#stillHolds(alike, catalog, now) && this.#decisions.inForce(alike.decided, this.#parts.clock)) return alike;
    return this.#interpret(catalog, command.text, now, (meant) => this.#remembered.keep(command.text, meant));
  }

  #stillHolds(meant: Understood, catalog: Catalog, state: SessionState): boolean {
    if (meant.catalog !== catalog) return false;
    if (meant.next !== undefined || meant.interpretation.readsSession || meant.meaning === undefined) return meant.state === state;
    return meant.meaning === this.#keyOf(state);
  }

  #keyOf(state: SessionState): string | undefined { return state === this.#meaning.state ? this.#meaning.key : meaningOf(state); }

  #interpret(catalog: Catalog, text: string, state: SessionState, keep: (meant: Understood) => void, values?: readonly BoundValue[]): Understood | Promise<Understood> {
    const meaning = this.#keyOf(state);
    const started = this.#parts.clock();
    const finish = (interpretation: Interpretation): Understood => {
      this.#parts.meter.step('intent', this.#parts.clock() - started);
      const meant = understood(interpretation, catalog, state, meaning);
      keep(meant);
      return meant;
    };
    const made = this.#parts.interpretations.interpret(text, catalog, state, meaning, values);
    return made instanceof Promise ? made.then(finish) : finish(made);
  }

  #decide(meant: Understood, command: Command): Admission | Promise<Admission> {
    let { decided } = meant;
    if (decided === undefined || !this.#decisions.inForce(decided, this.#parts.clock)) decided = this.#decideAnew(meant, command);
    if (decided.refusal !== undefined) {
      const milder = this.#decideMilder(meant, decided, command);
      if (milder !== undefined) return milder;
      if (command.kind === 'query') decided = this.#decisions.decideHeld(meant, decided, command.text, this.#parts.clock());
    }
    if (command.kind !== 'bind' || decided.refusal !== undefined) for (const counter of decided.counters) counter.value += 1;
    if (decided.refusal !== undefined && decided.enforced) return this.#refuse(decided, decided.refusal);
    if (command.kind === 'prepare') return this.#prepared(meant, decided.obligations, command.text);
    if (command.kind === 'bind') return mint(decided.obligations, false, 'none', meant.reads, command.prepared instanceof PreparedCommand ? command.prepared.bind(this.#meaning.state) : undefined, undefined);
    const now = this.#parts.clock();
    let sequence: Sequence;
    try {
      sequence = this.#parts.log.decision(decided.template, now);
    } catch (error) {
      return auditUnavailable(error);
    }
    this.#commands++;
    const running = new Running(this, meant, decided, sequence, now, command.kind === 'execute' && command.transaction !== 'open');
    const permit = mint(decided.obligations, meant.next !== undefined || meant.changesCatalog || meant.setsAccess || meant.transaction === 'rollback', meant.transaction, meant.reads, undefined, running);
    const awaited = this.#durability.awaitedBy(meant, command, sequence);
    return awaited === undefined ? permit : this.#onceDurable(permit, awaited);
  }

  #decideAnew(meant: Understood, command: Command): Decided {
    const now = this.#parts.clock();
    const decided = this.#decisions.decide(meant, now);
    meant.decided = decided;
    if ((command.kind === 'query' || command.kind === 'prepare') && decided.refusal === undefined) this.#remembered.keepAlike(command.text, meant);
    this.#parts.meter.step('policy', this.#parts.clock() - now);
    return decided;
  }

  /**
   * What is refused for whatever its parameters may be is decided with their values once they are bound. Until then the target may read it, if there
   * are values with which it could run: reading runs nothing.
   */
  #decideMilder(meant: Understood, decided: Decided, command: Command): Admission | Promise<Admission> | undefined {
    if (command.kind === 'prepare' && decided.enforced) {
      const best = atBest(meant, command.text);
      return best !== undefined && this.#decisions.decide(best, this.#parts.clock()).refusal === undefined ? this.#prepared(meant, [], command.text) : undefined;
    }
    if (command.kind !== 'bind' || !(command.prepared instanceof PreparedCommand) || !takesParameters(command.prepared.text)) return undefined;
    const values = command.values?.() ?? [];
    if (values.length === 0) return undefined;
    const { prepared } = command;
    const bound = this.#interpret(meant.catalog, prepared.text, meant.state, () => undefined, values);
    return bound instanceof Promise ? bound.then((later) => this.#decideBound(later, prepared, values)) : this.#decideBound(bound, prepared, values);
  }

  #decideBound(meant: Understood, prepared: PreparedCommand, values: readonly BoundValue[]): Admission | Promise<Admission> {
    const decided = this.#decisions.decide(meant, this.#parts.clock());
    meant.decided = decided;
    if (decided.refusal === undefined || !decided.enforced) return mint(decided.obligations, false, 'none', meant.reads, prepared.bindTo(values, meant), undefined);
    for (const counter of decided.counters) counter.value += 1;
    return this.#refuse(decided, decided.refusal);
  }

  #prepared(meant: Understood, obligations: Decided['obligations'], text: string): Admission {
    return this.#meaning.heldBytes > this.#parts.statementBytes ? this.#holdsTooMuch() : mint(obligations, false, 'none', 'no', new PreparedCommand(text, meant.effects, meant), undefined);
  }

  /** A refusal is answered once it is on disk: it is what an attacker would most like to see lost. */
  async #refuse(decided: Decided, refused: Refusal): Promise<Refusal> {
    try {
      const sequence = this.#parts.log.decision(decided.template, this.#parts.clock());
      this.#refused++;
      await this.#durability.reached(sequence);
      return { ...refused, id: this.#parts.log.reference(sequence) };
    } catch (error) {
      return auditUnavailable(error);
    }
  }

  #holdsTooMuch(): Refusal {
    return refusal('message-too-large', `this session holds ${this.#meaning.heldBytes} bytes of prepared statements, more than its limit`, 'close statements that are not needed (Close, DEALLOCATE), or raise limits.statement_bytes of the target');
  }

  async #onceDurable(permit: Permit, newest: Sequence): Promise<Admission> {
    try {
      await this.#durability.reached(newest);
      return permit;
    } catch (error) {
      permit.settle({ type: 'outcome', status: 'skipped', rows: 0, bytes: 0, sqlstate: undefined });
      return auditUnavailable(error);
    }
  }

  finalise(): undefined | Promise<Refusal | undefined> {
    const waiting = this.#durability.ofWrites();
    return waiting?.then(() => undefined, auditUnavailable);
  }

  /** By the permit of a command that was to run. */
  settled({ meant, decided, sequence, started, implicit }: Running, outcome: OutcomeEvent): void {
    const now = this.#parts.clock();
    this.#parts.meter.step('target', now - started);
    this.#parts.log.outcome(sequence, decided.template, outcome, now);
    if (outcome.status === 'skipped') return;
    if (outcome.status === 'misread') this.#parts.misread(this.facts, meant.interpretation.shape, this.#parts.log.reference(sequence));
    this.#meaning.answered(meant, outcome.status === 'ok', implicit);
    if (meant.changesCatalog) this.#catalogMoved = true;
  }

  hold(namespace: Namespace, name: string, prepared: Prepared | undefined): () => void { return this.#meaning.hold(namespace, name, prepared); }
  held(namespace: Namespace, name: string): Prepared | undefined { return this.#meaning.held(namespace, name); }
  transactionEnded(): void {
    this.#meaning.transactionEnded();
    const { changed } = this.#meaning.state;
    if (!this.#catalogMoved && changed.size === 0) return;
    this.#catalogMoved = false;
    const following = this.#parts.catalogs.refresh().finally(() => {
      if (!this.#catalogMoved && this.#parts.catalogs.failure === undefined) this.#meaning.followed(changed);
      if (this.#following === following) this.#following = undefined;
    });
    this.#following = following;
  }
  ready(failed: boolean, over: boolean): void { this.#meaning.ready(failed, over); }
  observe(name: string, value: string, followed: boolean): void { this.#meaning.observe(name, value, followed); }

  close(why: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#parts.closed(this, why);
  }
}

function namesUnknown(meant: Understood): boolean {
  return meant.effects.some((effect) => effect.reason === 'unknown-relation' || effect.reason === 'unknown-function');
}
