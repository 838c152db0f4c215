import type { AuditLog } from '../core/audit-log.ts';
import type { AccessRequest, Decision, PolicyDecisionPoint } from '../core/decision.ts';
import type { Effect } from '../core/effect.ts';
import type { DecisionEvent, SessionFacts } from '../core/event.ts';
import type { Meter } from '../core/meter.ts';
import type { Principal, Purpose } from '../core/principal.ts';
import type { Refusal, RefusalCode } from '../core/refusal.ts';
import type { EntityRef } from '../core/resource.ts';
import type { FreezeRecord } from '../core/state.ts';
import { type Decided, sameEffects, sameResources, type Understood } from './admission.ts';
import { refusedByFreeze } from './freeze.ts';
import { heldAtBest } from './parameters.ts';
import { refusalOf } from './refusals.ts';

export interface DecisionParts {
  readonly facts: SessionFacts;
  readonly purpose: Purpose;
  readonly policy: PolicyDecisionPoint;
  readonly log: AuditLog;
  readonly meter: Meter;
  readonly directoryGeneration: () => number;
  readonly freezeOf: (target: string) => FreezeRecord | undefined;
}

/** Shapes of which the last permit is remembered. */
const REMEMBERED = 256;

/** A deny that policy was not asked for. Its end is the next change of the directory. */
const undecided = { outcome: 'deny', reason: undefined, policies: [], observed: [], validUntil: Number.POSITIVE_INFINITY } as const;
type Undecided = typeof undecided & { readonly policyVersion: string };

/** What policy says to one session's commands, asked as seldom as can be. */
export class Decisions {
  readonly #parts: DecisionParts;
  /** What was permitted last of each shape. */
  readonly #permitted = new Map<string, { readonly effects: readonly Effect[]; readonly calls: readonly EntityRef[]; readonly decided: Decided }>();
  principal: Principal;

  constructor(parts: DecisionParts, principal: Principal) {
    this.#parts = parts;
    this.principal = principal;
  }

  /** `clock` is asked only where the decision has an end. */
  inForce(decided: Decided, clock: () => number): boolean {
    const { policy, directoryGeneration } = this.#parts;
    return decided.policyGeneration === policy.generation && decided.directoryGeneration === directoryGeneration()
      && (decided.validUntil === Number.POSITIVE_INFINITY || clock() < decided.validUntil);
  }

  /** The decision on `meant`, made now. */
  decide(meant: Understood, now: number): Decided {
    return this.#decidedAlike(meant, now) ?? this.#ask(meant, now);
  }

  /** As `decided`, unless that refuses for what PREPARE only gives a name: its EXECUTE is decided with the constants that it gives. */
  decideHeld(meant: Understood, decided: Decided, text: string, now: number): Decided {
    const best = decided.enforced ? heldAtBest(meant, text) : undefined;
    const milder = best === undefined ? decided : this.decide(best, now);
    return milder.refusal === undefined ? milder : decided;
  }

  /** Texts that differ in literals alone mostly come to the same effects, and so to the same permit and the same record. */
  #decidedAlike(meant: Understood, now: number): Decided | undefined {
    const alike = this.#permitted.get(meant.interpretation.shape);
    return alike !== undefined && this.inForce(alike.decided, () => now) && sameEffects(alike.effects, meant.effects) && sameResources(alike.calls, meant.calls) ? alike.decided : undefined;
  }

  #ask(meant: Understood, now: number): Decided {
    const { facts, policy, freezeOf } = this.#parts;
    const freeze = freezeOf(facts.target.name);
    const frozen = freeze === undefined ? undefined : refusedByFreeze(freeze, meant.effects);
    // Before policy, and whatever the target's mode: it is somebody's order, and no rule that is being tried.
    if (frozen !== undefined) return this.#decided(meant, { ...undecided, policyVersion: policy.version }, frozen, true);
    const request: AccessRequest = {
      principal: this.principal, target: facts.target, database: facts.database, language: 'sql/postgres', purpose: this.#parts.purpose,
      presence: this.principal.ref.kind === 'User' ? 'unknown' : 'unattended', effects: meant.effects, ...(meant.calls.length === 0 ? {} : { calls: meant.calls }), now,
    };
    const decision = policy.decide(request);
    const decided = this.#decided(meant, decision, decision.outcome === 'permit' ? undefined : refusalOf(decision, request), facts.target.mode === 'enforce');
    // A refusal points at a place in its own text.
    if (decision.outcome === 'permit') {
      if (this.#permitted.size >= REMEMBERED) this.#permitted.clear();
      this.#permitted.set(meant.interpretation.shape, { effects: meant.effects, calls: meant.calls, decided });
    }
    return decided;
  }

  #decided(meant: Understood, decision: Decision | Undecided, refused: Refusal | undefined, enforced: boolean): Decided {
    const { facts: { target: { name } }, policy, log, meter, directoryGeneration } = this.#parts;
    return {
      validUntil: decision.validUntil, refusal: refused, enforced, template: log.template(this.#event(meant, decision, refused?.code, enforced)),
      counters: [meter.commands(name, decision.outcome, refused?.code), ...decision.observed.map(({ policy: { id }, would }) => meter.observed(name, id, would))],
      obligations: decision.outcome === 'permit' ? decision.obligations : [],
      policyGeneration: policy.generation, directoryGeneration: directoryGeneration(),
    };
  }

  #event(meant: Understood, decision: Decision | Undecided, code: RefusalCode | undefined, enforced: boolean): DecisionEvent {
    const { facts } = this.#parts;
    return {
      type: 'decision', session: facts, language: 'sql/postgres', shape: meant.interpretation.shape, effects: meant.effects,
      outcome: decision.outcome, enforced, code,
      reason: decision.outcome === 'deny' ? decision.reason : undefined,
      policies: decision.policies.map(({ id, title }) => ({ id, title })), policyVersion: decision.policyVersion,
      observed: decision.observed.map(({ policy: { id, title }, would }) => ({ id, title, would })),
      needs: decision.outcome === 'hold' ? decision.needs : [],
    };
  }
}
