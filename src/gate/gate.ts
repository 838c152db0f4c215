import type { AuditLog, Sequence } from '../core/audit-log.ts';
import type { CatalogSource } from '../core/catalog.ts';
import type { PolicyDecisionPoint } from '../core/decision.ts';
import type { SessionFacts } from '../core/event.ts';
import type { Gate, IdentityClaim, Opening, Session } from '../core/gate.ts';
import type { AuthenticationStep, Authenticator, ChannelBinding, Directory } from '../core/identity.ts';
import { initialState, type Interpreter, type Shaper } from '../core/interpretation.ts';
import type { Log } from '../core/log.ts';
import type { Meter } from '../core/meter.ts';
import { formatPrincipal } from '../core/format.ts';
import type { Principal, Purpose } from '../core/principal.ts';
import { type Refusal, type RefusalCode, refusal } from '../core/refusal.ts';
import { endedRefusal, whyEnded } from '../core/standing.ts';
import type { FreezeRecord } from '../core/state.ts';
import type { Target } from '../core/target.ts';
import { SharedInterpretations } from './interpretations.ts';
import { GateSession } from './session.ts';
import { auditUnavailable, Turn } from './turn.ts';

/** One target, as the gate needs it. */
export interface GuardedTarget {
  readonly target: Target;
  readonly interpreter: Interpreter & Partial<Shaper>;
  readonly maxSessions: number;
  readonly durability: 'normal' | 'strict';
  /** As `SessionParts.catalogMode`. */
  readonly catalogMode: 'follow' | 'strict';
  /** Bytes of statement text that one session may hold prepared. */
  readonly statementBytes: number;
  /** The catalog of one of its databases, as the role sees it that such a session has there. */
  catalogs(database: string | undefined, readsOnly: boolean): CatalogSource;
}

export interface GateParts {
  readonly targets: ReadonlyMap<string, GuardedTarget>;
  readonly purposes: ReadonlyMap<string, Purpose>;
  readonly defaultPurpose: Purpose;
  readonly directory: Directory;
  readonly policy: PolicyDecisionPoint;
  readonly log: AuditLog;
  readonly meter: Meter;
  readonly logger: Log;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** UUIDv7. */
  readonly newId: () => string;
}

/** How often sessions are looked at for an expiry that nobody announces; "within a second" (promise of revocation) with room to spare. */
const EXPIRY_CHECK_MS = 400;

/** Codes of refusals that count as failed logins. */
const failedLogins: ReadonlySet<RefusalCode> = new Set(['authentication-failed', 'too-many-attempts', 'session-revoked', 'session-expired']);

/** PEP. The one place where the steps of a command stand in order is `GateSession`; here is who may have a session, and for how long. */
export class AccessGate implements Gate {
  readonly #parts: GateParts;
  readonly #turn: Turn;
  readonly #sessions = new Set<GateSession>();
  readonly #perTarget = new Map<string, number>();
  readonly #interpretations = new Map<string, SharedInterpretations>();
  readonly #unsubscribe: () => void;
  readonly #expiry: NodeJS.Timeout;
  #draining: Refusal | undefined;
  // One of each for all sessions.
  readonly #directoryGeneration = (): number => this.#parts.directory.generation;
  readonly #freezeOf = (target: string): FreezeRecord | undefined => this.#parts.directory.frozen(target);
  readonly #misread = (session: SessionFacts, shape: string, id: string): void => this.#verdictWasWrong(session, shape, id);
  readonly #closed = (session: GateSession, why: string): void => this.#sessionClosed(session, why);

  constructor(parts: GateParts) {
    this.#parts = parts;
    this.#turn = new Turn(parts.log);
    this.#unsubscribe = parts.directory.onChange(() => this.#review());
    this.#expiry = setInterval(() => this.#review(), EXPIRY_CHECK_MS);
    this.#expiry.unref();
  }

  get sessionCount(): number { return this.#sessions.size; }

  authenticate(user: string, address: string, binding: ChannelBinding | undefined): Authenticator {
    const inner = this.#parts.directory.authenticate(user, address, binding);
    return {
      mechanisms: inner.mechanisms,
      step: (mechanism, message) => {
        const step = inner.step(mechanism, message);
        return step instanceof Promise ? step.then(withCause) : withCause(step);
      },
    };
  }

  afterRecord(write: (failed: Refusal | undefined) => void): void { this.#turn.afterRecord(write); }
  record(): Refusal | undefined { return this.#turn.record(); }

  async turnAway(user: string, targetName: string, client: { readonly address: string; readonly port: number }, refused: Refusal): Promise<void> {
    const guarded = this.#parts.targets.get(targetName);
    if (guarded === undefined) return;
    if (failedLogins.has(refused.code)) this.#parts.meter.authenticationFailed(targetName);
    try {
      await this.#parts.log.append({ type: 'session-refused', user, target: guarded.target, client, code: refused.code, why: refused.cause ?? refused.message });
    } catch (error) {
      this.#parts.logger.error('a refused connection could not be recorded', { target: targetName, error: String(error) });
    }
  }

  open(claim: IdentityClaim): Opening | Refusal {
    const guarded = this.#parts.targets.get(claim.target);
    if (guarded === undefined) return refusal('internal', 'there is no such target', 'check the targets of the config');
    if (this.#draining !== undefined) return this.#draining;
    const principal = this.#parts.directory.principal(claim.proof.principal);
    if (principal === undefined) return refusal('session-revoked', 'this principal is gone', 'ask its owner for a new one');
    const ended = whyEnded(principal, this.#parts.clock());
    if (ended !== undefined) return endedRefusal(principal.ref, ended);
    if (!principal.grants.some((grant) => grant.target === claim.target)) {
      return refusal('no-permit', `\`${formatPrincipal(principal.ref)}\` has no grant on target \`${claim.target}\``, `ask for one: guardrails grant add ${principal.ref.name} --target ${claim.target} --can read --for 8h --why "..."`);
    }
    const wanted = claim.purpose ?? principal.purpose;
    const purpose = wanted === undefined ? this.#parts.defaultPurpose : this.#parts.purposes.get(wanted);
    if (purpose === undefined) return refusal('unsupported-parameter', `there is no purpose \`${wanted ?? ''}\``, `one of: ${[...this.#parts.purposes.keys()].join(', ')}`);
    const open = this.#perTarget.get(claim.target) ?? 0;
    if (open >= guarded.maxSessions) return refusal('too-many-sessions', `target \`${claim.target}\` has ${open} sessions, as many as its limit`, 'close some, or raise limits.sessions of the target');
    const facts: SessionFacts = {
      id: this.#parts.newId(), principal: principal.ref, owner: principal.owner?.name, target: guarded.target, database: claim.database,
      purpose: purpose.name, client: claim.client, application: claim.application,
    };
    const readsOnly = mayOnlyRead(principal, claim.target);
    const session = new GateSession({
      facts, principal, purpose, state: initialState, durability: guarded.durability, catalogMode: guarded.catalogMode, statementBytes: guarded.statementBytes, catalogs: guarded.catalogs(claim.database, readsOnly),
      interpretations: this.#interpretationsOf(claim.target, claim.database, readsOnly, guarded.interpreter), policy: this.#parts.policy, log: this.#parts.log,
      meter: this.#parts.meter, clock: this.#parts.clock, directoryGeneration: this.#directoryGeneration, freezeOf: this.#freezeOf, misread: this.#misread, closed: this.#closed,
    });
    let opened: Sequence;
    try {
      opened = this.#parts.log.event({ type: 'session-opened', session: facts, method: claim.proof.method, tls: claim.tls });
    } catch (error) {
      return auditUnavailable(error);
    }
    this.#perTarget.set(claim.target, open + 1);
    this.#sessions.add(session);
    this.#parts.meter.session(claim.target, 1);
    return { ending: session.ending, readsOnly, recorded: this.#recorded(session, opened) };
  }

  async #recorded(session: GateSession, opened: Sequence): Promise<Session | Refusal> {
    try {
      await this.#parts.log.durable(opened);
      return session;
    } catch (error) {
      session.close('it could not be recorded');
      return auditUnavailable(error);
    }
  }

  /** From now on nobody comes in; who is here is told, and leaves when idle (the connector's part). */
  drain(): void {
    this.#draining = refusal('draining', 'the gateway is shutting down', 'connect again; another gateway, or the next one, answers');
    for (const session of this.#sessions) session.end(this.#draining);
  }

  close(): void {
    clearInterval(this.#expiry);
    this.#unsubscribe();
    for (const session of this.#sessions) session.close('the gateway stopped');
  }

  #interpretationsOf(target: string, database: string | undefined, readsOnly: boolean, interpreter: Interpreter & Partial<Shaper>): SharedInterpretations {
    // Another role may find other things under the same name.
    const key = `${target}\0${database ?? ''}\0${readsOnly}`;
    let shared = this.#interpretations.get(key);
    if (shared === undefined) this.#interpretations.set(key, shared = new SharedInterpretations(interpreter));
    return shared;
  }

  #review(): void {
    const now = this.#parts.clock();
    for (const session of this.#sessions) {
      const principal: Principal | undefined = this.#parts.directory.principal(session.facts.principal);
      const ended = principal === undefined ? undefined : whyEnded(principal, now);
      if (principal === undefined) session.end(refusal('session-revoked', 'this principal is gone', 'ask its owner for a new one'));
      else if (ended !== undefined) session.end(endedRefusal(principal.ref, ended));
      else if (principal !== session.principal) session.replacePrincipal(principal);
    }
  }

  /** Nothing was written, since the target saw to it; but what else is read wrongly nobody knows. */
  #verdictWasWrong({ id: session, target, principal }: SessionFacts, shape: string, id: string): void {
    this.#parts.meter.misread(target.name);
    this.#parts.logger.error('VERDICT WRONG: what was decided as reads writes; the target refused it', { target: target.name, session, principal: formatPrincipal(principal), shape, record: id });
  }

  #sessionClosed(session: GateSession, why: string): void {
    const { target } = session.facts;
    this.#sessions.delete(session);
    this.#perTarget.set(target.name, (this.#perTarget.get(target.name) ?? 1) - 1);
    this.#parts.meter.session(target.name, -1);
    try {
      this.#parts.log.event({ type: 'session-closed', session: session.facts, why, ...session.counts });
    } catch (error) {
      this.#parts.logger.error('the end of a session could not be recorded', { session: session.facts.id, error: String(error) });
    }
  }
}

/** The directory's reason goes with the refusal, for the record. */
function withCause(step: AuthenticationStep): AuthenticationStep {
  return step.kind === 'failed' && step.cause !== undefined ? { ...step, refusal: { ...step.refusal, cause: step.cause } } : step;
}

/** Of all that it was granted there, nothing goes beyond reading. */
function mayOnlyRead({ grants }: Principal, target: string): boolean {
  return grants.every((grant) => grant.target !== target || grant.verbs.every((verb) => verb === 'read' || verb === 'unmask'));
}
