import type { AuditLog, Sequence } from '../core/audit-log.ts';
import type { Catalog, CatalogSource } from '../core/catalog.ts';
import type { AccessRequest, Decision, PolicyDecisionPoint } from '../core/decision.ts';
import type { Effect } from '../core/effect.ts';
import type { DecisionEvent, OutcomeEvent, SessionFacts } from '../core/event.ts';
import type { Admission, Command, Namespace, Permit, Prepared, Session } from '../core/gate.ts';
import type { Interpretation, SessionState } from '../core/interpretation.ts';
import type { Meter } from '../core/meter.ts';
import type { Principal, Purpose } from '../core/principal.ts';
import { type Refusal, refusal } from '../core/refusal.ts';
import { type Decided, PreparedCommand, sameEffects, understood, type Understood } from './admission.ts';
import { meaningOf, type SharedInterpretations } from './interpretations.ts';
import { Meaning } from './meaning.ts';
import { opaqueCall } from './opaque-call.ts';
import { mint } from './permit.ts';
import { refusalCode, refusalOf } from './refusals.ts';
import { auditUnavailable } from './turn.ts';

export interface SessionParts {
  readonly facts: SessionFacts;
  readonly principal: Principal;
  readonly purpose: Purpose;
  readonly state: SessionState;
  /** `normal`: reads are written before they are forwarded; `strict`: synced. */
  readonly durability: 'normal' | 'strict';
  /** Bytes of statement text that may be held by name. */
  readonly statementBytes: number;
  readonly catalogs: CatalogSource;
  readonly interpretations: SharedInterpretations;
  readonly policy: PolicyDecisionPoint;
  readonly log: AuditLog;
  readonly meter: Meter;
  readonly clock: () => number;
  readonly directoryGeneration: () => number;
  readonly closed: (session: GateSession, why: string) => void;
}

/** Texts of which the decision is remembered, for clients that send the same ones again. */
const REMEMBERED = 256;
/** Longer texts are seldom sent twice. UTF-16 code units. */
const LONGEST_REMEMBERED = 4096;

/** The order of one command's steps, for one session. Shared work (parsing, policy) is cached elsewhere; what is cached here holds for this principal. */
export class GateSession implements Session {
  readonly facts: SessionFacts;
  readonly #parts: SessionParts;
  readonly #end = new AbortController();
  #remembered = new Map<string, Understood>();
  /** What was permitted and holds for all texts of one key: no literal mattered, and nothing of the session did. */
  readonly #alike = new Map<string, Understood>();
  /** What was permitted last of each shape. */
  readonly #permitted = new Map<string, { readonly effects: readonly Effect[]; readonly decided: Decided }>();
  #principal: Principal;
  readonly #meaning: Meaning;
  /** Newest record of something that would change; what ends its transaction waits until it is durable. */
  #newestWrite: Sequence = 0;
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
    this.#principal = parts.principal;
    this.#meaning = new Meaning(parts.state);
  }

  get ending(): AbortSignal { return this.#end.signal; }
  get state(): SessionState { return this.#meaning.state; }
  get principal(): Principal { return this.#principal; }
  get counts(): { readonly commands: number; readonly refused: number } { return { commands: this.#commands, refused: this.#refused }; }

  /** Another snapshot of the same principal: its grants may have changed. */
  replacePrincipal(principal: Principal): void { this.#principal = principal; }

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
    if (catalog === undefined) return this.#withoutCatalog(command, signal);
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

  /** A name that the catalog does not know may be newer than the catalog: look once more before it counts as unknown. */
  async #afterRefresh(command: Command, signal: AbortSignal): Promise<Admission> {
    await this.#parts.catalogs.refresh();
    const catalog = this.#parts.catalogs.current();
    if (catalog === undefined) return this.#withoutCatalog(command, signal);
    return this.#admitUnder(catalog, command, signal, false);
  }

  async #withoutCatalog(command: Command, signal: AbortSignal): Promise<Admission> {
    await this.#parts.catalogs.refresh();
    const catalog = this.#parts.catalogs.current();
    if (catalog !== undefined) return this.#admitUnder(catalog, command, signal, false);
    return refusal('catalog-unavailable', 'the gate does not know what the target holds, so it cannot tell what this would do', 'check that the target can be reached; guardrails start and /readyz say why it could not be read',
      { detail: this.#parts.catalogs.failure === undefined ? [] : [this.#parts.catalogs.failure] });
  }

  #understand(catalog: Catalog, command: Command): Understood | Promise<Understood> {
    const now = this.#meaning.state;
    if (command.kind === 'bind' || command.kind === 'execute') {
      const { prepared } = command;
      if (!(prepared instanceof PreparedCommand)) throw new TypeError('a prepared command that this gate did not make');
      const state = prepared.bound ?? now;
      if (prepared.understood !== undefined && this.#stillHolds(prepared.understood, catalog, state)) return prepared.understood;
      return this.#interpret(catalog, prepared.text, state, (meant) => prepared.learn(meant));
    }
    if (command.kind === 'call') return understood(opaqueCall(command.text, now), catalog, now, this.#meaning.key);
    const remembered = this.#remembered.get(command.text);
    if (remembered !== undefined && this.#stillHolds(remembered, catalog, now)) return remembered;
    const key = this.#parts.interpretations.keyOf(command.text);
    const alike = key === undefined ? undefined : this.#alike.get(key);
    if (alike?.decided !== undefined && this.#stillHolds(alike, catalog, now) && this.#inForce(alike.decided, this.#parts.clock())) return alike;
    return this.#interpret(catalog, command.text, now, (meant) => {
      if (command.text.length > LONGEST_REMEMBERED) return;
      if (this.#remembered.size >= REMEMBERED) this.#remembered = new Map();
      this.#remembered.set(command.text, meant);
    });
  }

  #stillHolds(meant: Understood, catalog: Catalog, state: SessionState): boolean {
    if (meant.catalog !== catalog) return false;
    if (meant.next !== undefined || meant.interpretation.readsSession || meant.meaning === undefined) return meant.state === state;
    return meant.meaning === this.#keyOf(state);
  }

  #keyOf(state: SessionState): string | undefined { return state === this.#meaning.state ? this.#meaning.key : meaningOf(state); }

  #interpret(catalog: Catalog, text: string, state: SessionState, keep: (meant: Understood) => void): Understood | Promise<Understood> {
    const meaning = this.#keyOf(state);
    const started = performance.now();
    const finish = (interpretation: Interpretation): Understood => {
      this.#parts.meter.step('intent', performance.now() - started);
      const meant = understood(interpretation, catalog, state, meaning);
      keep(meant);
      return meant;
    };
    const made = this.#parts.interpretations.interpret(text, catalog, state, meaning);
    return made instanceof Promise ? made.then(finish) : finish(made);
  }

  #decide(meant: Understood, command: Command): Admission | Promise<Admission> {
    const { meter } = this.#parts;
    const now = this.#parts.clock();
    let decided = meant.decided;
    if (decided === undefined || !this.#inForce(decided, now)) {
      const started = performance.now();
      decided = this.#decidedAlike(meant, now) ?? this.#ask(meant, now);
      meant.decided = decided;
      if (command.kind === 'query' || command.kind === 'prepare') this.#rememberAlike(meant, decided, command.text);
      meter.step('policy', performance.now() - started);
    }
    const { decision } = decided;
    if (command.kind !== 'bind' || decided.refusal !== undefined) meter.command(this.facts.target.name, decision.outcome, decided.refusal?.code);
    if (decided.refusal !== undefined && this.facts.target.mode === 'enforce') return this.#refuse(decided, decided.refusal);
    if (command.kind === 'prepare') return this.#meaning.heldBytes > this.#parts.statementBytes ? this.#holdsTooMuch() : this.#permit(meant, decided, undefined, command);
    if (command.kind === 'bind') return this.#permit(meant, decided, undefined, command);
    let sequence: Sequence;
    try {
      sequence = this.#parts.log.decision(decided.template);
    } catch (error) {
      return auditUnavailable(error);
    }
    this.#commands++;
    const permit = this.#permit(meant, decided, sequence, command);
    if (meant.writes) this.#newestWrite = sequence;
    if (!this.#mustBeDurable(meant, command)) return permit;
    // A COMMIT makes final what was decided before it; its own record changes nothing, and is written like that of a read.
    return this.#onceDurable(permit, meant.writes || meant.irrevocable || this.#parts.durability === 'strict' ? sequence : this.#newestWrite);
  }

  #rememberAlike(meant: Understood, decided: Decided, text: string): void {
    const { literalsThatMatter, readsSession } = meant.interpretation;
    if (decided.refusal !== undefined || literalsThatMatter.length > 0 || readsSession || meant.next !== undefined) return;
    const key = this.#parts.interpretations.keyOf(text);
    if (key === undefined) return;
    if (this.#alike.size >= REMEMBERED) this.#alike.clear();
    this.#alike.set(key, meant);
  }

  #inForce(decided: Decided, now: number): boolean {
    return decided.policyGeneration === this.#parts.policy.generation && decided.directoryGeneration === this.#parts.directoryGeneration() && now < decided.decision.validUntil;
  }

  /** Texts that differ in literals alone mostly come to the same effects, and so to the same permit and the same record. */
  #decidedAlike(meant: Understood, now: number): Decided | undefined {
    const alike = this.#permitted.get(meant.interpretation.shape);
    return alike !== undefined && this.#inForce(alike.decided, now) && sameEffects(alike.effects, meant.effects) ? alike.decided : undefined;
  }

  #ask(meant: Understood, now: number): Decided {
    const request: AccessRequest = {
      principal: this.#principal, target: this.facts.target, database: this.facts.database, language: 'sql/postgres', purpose: this.#parts.purpose,
      presence: this.#principal.ref.kind === 'User' ? 'unknown' : 'unattended', effects: meant.effects, now,
    };
    const decision = this.#parts.policy.decide(request);
    const decided: Decided = {
      decision, refusal: decision.outcome === 'permit' ? undefined : refusalOf(decision, request),
      template: this.#parts.log.template(this.#event(meant, decision)),
      policyGeneration: this.#parts.policy.generation, directoryGeneration: this.#parts.directoryGeneration(),
    };
    // A refusal points at a place in its own text.
    if (decision.outcome === 'permit') {
      if (this.#permitted.size >= REMEMBERED) this.#permitted.clear();
      this.#permitted.set(meant.interpretation.shape, { effects: meant.effects, decided });
    }
    return decided;
  }

  #event(meant: Understood, decision: Decision): DecisionEvent {
    return {
      type: 'decision', session: this.facts, language: 'sql/postgres', shape: meant.interpretation.shape, effects: meant.effects,
      outcome: decision.outcome, enforced: this.facts.target.mode === 'enforce',
      code: decision.outcome === 'permit' ? undefined : refusalCode(decision, meant.effects),
      reason: decision.outcome === 'deny' ? decision.reason : undefined,
      policies: decision.policies.map(({ id, title }) => ({ id, title })), policyVersion: decision.policyVersion,
      needs: decision.outcome === 'hold' ? decision.needs : [],
    };
  }

  /** A refusal is answered once it is on disk: it is what an attacker would most like to see lost. */
  async #refuse(decided: Decided, refused: Refusal): Promise<Refusal> {
    try {
      const sequence = this.#parts.log.decision(decided.template);
      this.#refused++;
      await this.#durable(sequence);
      return { ...refused, id: this.#parts.log.reference(sequence) };
    } catch (error) {
      return auditUnavailable(error);
    }
  }

  #holdsTooMuch(): Refusal {
    return refusal('message-too-large', `this session holds ${this.#meaning.heldBytes} bytes of prepared statements, more than its limit`, 'close statements that are not needed (Close, DEALLOCATE), or raise limits.statement_bytes of the target');
  }

  #mustBeDurable(meant: Understood, command: Command): boolean {
    if (meant.irrevocable || this.#parts.durability === 'strict') return true;
    if (meant.transaction === 'commit' || meant.transaction === 'prepare-transaction') return meant.writes || this.#newestWrite > this.#durableSoFar();
    // What follows a ROLLBACK in one text runs in a transaction of its own.
    if (meant.writes && meant.transaction === 'rollback') return true;
    // In an explicit transaction COMMIT waits, in an extended batch Sync does (`finalise`).
    return meant.writes && command.transaction !== 'open' && command.transaction !== 'batch';
  }

  #durableSoFar(): Sequence {
    const { health } = this.#parts.log;
    return health.ok ? health.durable : -1;
  }

  async #onceDurable(permit: Permit, newest: Sequence): Promise<Admission> {
    try {
      await this.#durable(newest);
      return permit;
    } catch (error) {
      permit.settle({ status: 'skipped', rows: 0, bytes: 0, sqlstate: undefined });
      return auditUnavailable(error);
    }
  }

  async #durable(sequence: Sequence): Promise<void> {
    const started = performance.now();
    await this.#parts.log.durable(sequence);
    this.#parts.meter.step('record', performance.now() - started);
  }

  finalise(): undefined | Promise<Refusal | undefined> {
    const newest = this.#newestWrite;
    if (newest === 0 || newest <= this.#durableSoFar()) return undefined;
    return this.#durable(newest).then(() => undefined, auditUnavailable);
  }

  #permit(meant: Understood, decided: Decided, sequence: Sequence | undefined, command: Command): Permit {
    const started = performance.now();
    const prepared = this.#made(meant, command);
    const runs = sequence !== undefined;
    return mint({
      obligations: decided.decision.outcome === 'permit' ? decided.decision.obligations : [],
      barrier: runs && (meant.next !== undefined || meant.changesCatalog || meant.transaction === 'rollback'),
      transaction: runs ? meant.transaction : 'none',
      prepared,
      settled: (outcome) => {
        if (!runs) return;
        this.#parts.meter.step('target', performance.now() - started);
        this.#settle(meant, decided, sequence, command, outcome);
      },
    });
  }

  #made(meant: Understood, command: Command): Prepared | undefined {
    if (command.kind === 'prepare') return new PreparedCommand(command.text, meant.effects, meant);
    return command.kind === 'bind' && command.prepared instanceof PreparedCommand ? command.prepared.bind(this.#meaning.state) : undefined;
  }

  #settle(meant: Understood, decided: Decided, sequence: Sequence, command: Command, outcome: Omit<OutcomeEvent, 'type'>): void {
    this.#parts.log.outcome(sequence, decided.template, { type: 'outcome', ...outcome });
    if (outcome.status === 'skipped') return;
    this.#meaning.answered(meant, outcome.status === 'ok', command.kind === 'execute' && command.transaction !== 'open');
    if (meant.changesCatalog) this.#catalogMoved = true;
  }

  hold(namespace: Namespace, name: string, prepared: Prepared | undefined): () => void { return this.#meaning.hold(namespace, name, prepared); }
  held(namespace: Namespace, name: string): Prepared | undefined { return this.#meaning.held(namespace, name); }
  transactionEnded(): void {
    this.#meaning.transactionEnded();
    if (!this.#catalogMoved) return;
    this.#catalogMoved = false;
    const following = this.#parts.catalogs.refresh().finally(() => { if (this.#following === following) this.#following = undefined; });
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

