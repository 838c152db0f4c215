import type { AuditLog, Sequence } from '../core/audit-log.ts';
import type { Catalog, CatalogSource } from '../core/catalog.ts';
import type { AccessRequest, Decision, PolicyDecisionPoint } from '../core/decision.ts';
import type { DecisionEvent, OutcomeEvent, SessionFacts } from '../core/event.ts';
import type { Admission, Command, Namespace, Permit, Prepared, Session } from '../core/gate.ts';
import type { Held, Interpretation, SessionState } from '../core/interpretation.ts';
import type { Meter } from '../core/meter.ts';
import type { Principal, Purpose } from '../core/principal.ts';
import { type Refusal, refusal } from '../core/refusal.ts';
import { type Decided, PreparedCommand, understood, type Understood } from './admission.ts';
import { meaningOf, type SharedInterpretations } from './interpretations.ts';
import { opaqueCall } from './opaque-call.ts';
import { mint } from './permit.ts';
import { refusalCode, refusalOf } from './refusals.ts';
import { afterFailure, afterReport } from './session-state.ts';
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
  readonly #held: Readonly<Record<Namespace, Map<string, PreparedCommand>>> = { prepared: new Map(), cursors: new Map() };
  #remembered = new Map<string, Understood>();
  #principal: Principal;
  #state: SessionState;
  #meaning: string | undefined;
  /** Newest record of something that would change; what ends its transaction waits until it is durable. */
  #newestWrite: Sequence = 0;
  #heldBytes = 0;
  #commands = 0;
  #refused = 0;
  #closed = false;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.facts = parts.facts;
    this.#principal = parts.principal;
    this.#state = parts.state;
    this.#meaning = meaningOf(parts.state);
  }

  get ending(): AbortSignal { return this.#end.signal; }
  get state(): SessionState { return this.#state; }
  get principal(): Principal { return this.#principal; }
  get counts(): { readonly commands: number; readonly refused: number } { return { commands: this.#commands, refused: this.#refused }; }

  /** Another snapshot of the same principal: its grants may have changed. */
  replacePrincipal(principal: Principal): void { this.#principal = principal; }

  end(reason: Refusal): void { if (!this.#end.signal.aborted) this.#end.abort(reason); }

  admit(command: Command, signal: AbortSignal): Admission | Promise<Admission> {
    const catalog = this.#parts.catalogs.current();
    if (catalog === undefined) return this.#withoutCatalog(command, signal);
    return this.#admitUnder(catalog, command, signal, true);
  }

  #admitUnder(catalog: Catalog, command: Command, signal: AbortSignal, mayRefresh: boolean): Admission | Promise<Admission> {
    const meant = this.#understand(catalog, command);
    if (meant instanceof Promise) return meant.then((later) => this.#admitUnderstood(later, command, signal, mayRefresh));
    return this.#admitUnderstood(meant, command, signal, mayRefresh);
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
    if (command.kind === 'execute' && command.prepared instanceof PreparedCommand) {
      const prepared = command.prepared;
      if (prepared.understood !== undefined && this.#stillHolds(prepared.understood, catalog)) return prepared.understood;
      return this.#interpret(catalog, prepared.text, (meant) => { prepared.understood = meant; });
    }
    if (command.kind === 'execute') throw new TypeError('a prepared command that this gate did not make');
    if (command.kind === 'call') return understood(opaqueCall(command.text, this.#state), catalog, this.#state, this.#meaning);
    const remembered = this.#remembered.get(command.text);
    if (remembered !== undefined && this.#stillHolds(remembered, catalog)) return remembered;
    return this.#interpret(catalog, command.text, (meant) => {
      if (command.text.length > LONGEST_REMEMBERED) return;
      if (this.#remembered.size >= REMEMBERED) this.#remembered = new Map();
      this.#remembered.set(command.text, meant);
    });
  }

  #stillHolds(meant: Understood, catalog: Catalog): boolean {
    if (meant.catalog !== catalog) return false;
    if (meant.next !== undefined || meant.interpretation.readsSession || meant.meaning === undefined) return meant.state === this.#state;
    return meant.meaning === this.#meaning;
  }

  #interpret(catalog: Catalog, text: string, keep: (meant: Understood) => void): Understood | Promise<Understood> {
    const state = this.#state;
    const meaning = this.#meaning;
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
    const { policy, meter } = this.#parts;
    const now = this.#parts.clock();
    let decided = meant.decided;
    if (decided === undefined || decided.policyGeneration !== policy.generation || decided.directoryGeneration !== this.#parts.directoryGeneration() || now >= decided.decision.validUntil) {
      const started = performance.now();
      decided = this.#ask(meant, now);
      meant.decided = decided;
      meter.step('policy', performance.now() - started);
    }
    const { decision } = decided;
    meter.command(this.facts.target.name, decision.outcome, decided.refusal?.code);
    if (decided.refusal !== undefined && this.facts.target.mode === 'enforce') return this.#refuse(decided, decided.refusal);
    if (command.kind === 'prepare') return this.#heldBytes > this.#parts.statementBytes ? this.#holdsTooMuch() : this.#permit(meant, decided, undefined, command);
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
    return this.#onceDurable(permit, sequence, meant.writes ? sequence : this.#newestWrite);
  }

  #ask(meant: Understood, now: number): Decided {
    const request: AccessRequest = {
      principal: this.#principal, target: this.facts.target, database: this.facts.database, language: 'sql/postgres', purpose: this.#parts.purpose,
      presence: this.#principal.ref.kind === 'User' ? 'unknown' : 'unattended', effects: meant.effects, now,
    };
    const decision = this.#parts.policy.decide(request);
    return {
      decision, refusal: decision.outcome === 'permit' ? undefined : refusalOf(decision, request),
      template: this.#parts.log.template(this.#event(meant, decision)),
      policyGeneration: this.#parts.policy.generation, directoryGeneration: this.#parts.directoryGeneration(),
    };
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
    return refusal('message-too-large', `this session holds ${this.#heldBytes} bytes of prepared statements, more than its limit`, 'close statements that are not needed (Close, DEALLOCATE), or raise limits.statement_bytes of the target');
  }

  #mustBeDurable(meant: Understood, command: Command): boolean {
    if (meant.irrevocable || this.#parts.durability === 'strict') return true;
    if (meant.transaction === 'commit' || meant.transaction === 'prepare-transaction') return meant.writes || this.#newestWrite > this.#durableSoFar();
    // In an explicit transaction COMMIT waits, in an extended batch Sync does (`finalise`).
    return meant.writes && command.transaction !== 'open' && command.transaction !== 'batch';
  }

  #durableSoFar(): Sequence {
    const { health } = this.#parts.log;
    return health.ok ? health.durable : -1;
  }

  async #onceDurable(permit: Permit, own: Sequence, newest: Sequence): Promise<Admission> {
    try {
      await this.#durable(Math.max(own, newest));
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
    const prepared = command.kind === 'prepare' ? new PreparedCommand(command.text, meant.effects, meant) : undefined;
    const runs = sequence !== undefined;
    return mint({
      obligations: decided.decision.outcome === 'permit' ? decided.decision.obligations : [],
      barrier: runs && (meant.next !== undefined || meant.transaction === 'rollback'),
      transaction: runs ? meant.transaction : 'none',
      prepared,
      settled: (outcome) => {
        if (!runs) return;
        this.#parts.meter.step('target', performance.now() - started);
        this.#settle(meant, decided, sequence, outcome);
      },
    });
  }

  #settle(meant: Understood, decided: Decided, sequence: Sequence, outcome: Omit<OutcomeEvent, 'type'>): void {
    this.#parts.log.outcome(sequence, decided.template, { type: 'outcome', ...outcome });
    if (outcome.status === 'skipped' || meant.next === undefined) return;
    this.#become(outcome.status === 'ok' ? meant.next : afterFailure(meant.state, meant.interpretation));
    // What this changed in the target is not in the shared catalog yet.
    if (meant.writes) void this.#parts.catalogs.refresh();
  }

  #become(state: SessionState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#meaning = meaningOf(state);
  }

  hold(namespace: Namespace, name: string, prepared: Prepared | undefined): () => void {
    const own = this.#held[namespace];
    const beforeOwn = own.get(name);
    const beforeShared = this.#state[namespace].get(name);
    this.#put(namespace, name, prepared instanceof PreparedCommand ? prepared : undefined, prepared);
    return () => this.#put(namespace, name, beforeOwn, beforeShared);
  }

  #put(namespace: Namespace, name: string, own: PreparedCommand | undefined, shared: Held | 'unknown' | undefined): void {
    this.#heldBytes -= Buffer.byteLength(this.#held[namespace].get(name)?.text ?? '');
    if (own === undefined) this.#held[namespace].delete(name);
    else this.#held[namespace].set(name, own);
    this.#heldBytes += Buffer.byteLength(own?.text ?? '');
    const names = new Map(this.#state[namespace]);
    if (shared === undefined) names.delete(name);
    else names.set(name, shared);
    this.#become({ ...this.#state, [namespace]: names });
  }

  held(namespace: Namespace, name: string): Prepared | undefined {
    const shared = this.#state[namespace].get(name);
    if (shared === undefined || shared === 'unknown') return undefined;
    const own = this.#held[namespace].get(name);
    // SQL may have replaced what the protocol made under this name: then the namespace holds another meaning than ours.
    if (own !== undefined && own === shared) return own;
    const quoted = `"${name.replaceAll('"', '""')}"`;
    return new PreparedCommand(namespace === 'prepared' ? `EXECUTE ${quoted}` : `FETCH ALL FROM ${quoted}`, shared.effects, undefined);
  }

  transactionEnded(): void {
    if (this.#state.cursors.size === 0) return;
    const staying = new Map([...this.#state.cursors].filter(([, held]) => held !== 'unknown' && held.holdable === true));
    if (staying.size === this.#state.cursors.size) return;
    for (const name of this.#held.cursors.keys()) if (!staying.has(name)) this.#held.cursors.delete(name);
    this.#become({ ...this.#state, cursors: staying });
  }

  observe(name: string, value: string): void {
    this.#become(afterReport(this.#state, name, value));
  }

  close(why: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#parts.closed(this, why);
  }
}

function namesUnknown(meant: Understood): boolean {
  return meant.effects.some((effect) => effect.reason === 'unknown-relation' || effect.reason === 'unknown-function');
}

