import type { AuditLog } from '../core/audit-log.ts';
import type { AccessRequest, Decision, PolicyDecisionPoint } from '../core/decision.ts';
import type { Effect } from '../core/effect.ts';
import type { DecisionEvent, SessionFacts } from '../core/event.ts';
import type { Meter } from '../core/meter.ts';
import type { Principal, Purpose } from '../core/principal.ts';
import { type Decided, sameEffects, type Understood } from './admission.ts';
import { refusalCode, refusalOf } from './refusals.ts';

export interface DecisionParts {
  readonly facts: SessionFacts;
  readonly purpose: Purpose;
  readonly policy: PolicyDecisionPoint;
  readonly log: AuditLog;
  readonly meter: Meter;
  readonly directoryGeneration: () => number;
}

/** Shapes of which the last permit is remembered. */
const REMEMBERED = 256;

/** What policy says to one session's commands, asked as seldom as can be. */
export class Decisions {
  readonly #parts: DecisionParts;
  /** What was permitted last of each shape. */
  readonly #permitted = new Map<string, { readonly effects: readonly Effect[]; readonly decided: Decided }>();
  principal: Principal;

  constructor(parts: DecisionParts, principal: Principal) {
    this.#parts = parts;
    this.principal = principal;
  }

  /** `clock` is asked only where the decision has an end. */
  inForce(decided: Decided, clock: () => number): boolean {
    const { policy, directoryGeneration } = this.#parts;
    return decided.policyGeneration === policy.generation && decided.directoryGeneration === directoryGeneration()
      && (decided.decision.validUntil === Number.POSITIVE_INFINITY || clock() < decided.decision.validUntil);
  }

  /** The decision on `meant`, made now. */
  decide(meant: Understood, now: number): Decided {
    return this.#decidedAlike(meant, now) ?? this.#ask(meant, now);
  }

  /** Texts that differ in literals alone mostly come to the same effects, and so to the same permit and the same record. */
  #decidedAlike(meant: Understood, now: number): Decided | undefined {
    const alike = this.#permitted.get(meant.interpretation.shape);
    return alike !== undefined && this.inForce(alike.decided, () => now) && sameEffects(alike.effects, meant.effects) ? alike.decided : undefined;
  }

  #ask(meant: Understood, now: number): Decided {
    const { facts, policy, log, meter, purpose, directoryGeneration } = this.#parts;
    const request: AccessRequest = {
      principal: this.principal, target: facts.target, database: facts.database, language: 'sql/postgres', purpose,
      presence: this.principal.ref.kind === 'User' ? 'unknown' : 'unattended', effects: meant.effects, now,
    };
    const decision = policy.decide(request);
    const refused = decision.outcome === 'permit' ? undefined : refusalOf(decision, request);
    const decided: Decided = {
      decision, refusal: refused, template: log.template(this.#event(meant, decision)), counters: [meter.commands(facts.target.name, decision.outcome, refused?.code), ...decision.observed.map(({ policy: { id }, would }) => meter.observed(facts.target.name, id, would))],
      obligations: decision.outcome === 'permit' ? decision.obligations : [],
      policyGeneration: policy.generation, directoryGeneration: directoryGeneration(),
    };
    // A refusal points at a place in its own text.
    if (decision.outcome === 'permit') {
      if (this.#permitted.size >= REMEMBERED) this.#permitted.clear();
      this.#permitted.set(meant.interpretation.shape, { effects: meant.effects, decided });
    }
    return decided;
  }

  #event(meant: Understood, decision: Decision): DecisionEvent {
    const { facts } = this.#parts;
    return {
      type: 'decision', session: facts, language: 'sql/postgres', shape: meant.interpretation.shape, effects: meant.effects,
      outcome: decision.outcome, enforced: facts.target.mode === 'enforce',
      code: decision.outcome === 'permit' ? undefined : refusalCode(decision, meant.effects),
      reason: decision.outcome === 'deny' ? decision.reason : undefined,
      policies: decision.policies.map(({ id, title }) => ({ id, title })), policyVersion: decision.policyVersion,
      observed: decision.observed.map(({ policy: { id, title }, would }) => ({ id, title, would })),
      needs: decision.outcome === 'hold' ? decision.needs : [],
    };
  }
}
