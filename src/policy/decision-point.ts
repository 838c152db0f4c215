import type { AccessRequest, Decision, PolicyDecisionPoint } from '../core/decision.ts';
import type { PolicyChanges } from '../core/event.ts';
import { mayApprove, type ApprovalRequest } from './approve.ts';
import { prepareInTurns, safe, slotPair, type Slot } from './cedar.ts';
import { checkPacks, refused, type Checked } from './checked.ts';
import { askerKey, classKey } from './class-key.ts';
import { combine, indeterminate } from './combine.ts';
import { askerOf, callQuestion, effectQuestion, nothingQuestion } from './effect-question.ts';
import { formatIssue, type PolicyIssue } from './issue.ts';
import { Memo, type Remembered } from './memo.ts';
import type { Policy, PolicySet } from './policy.ts';
import type { Labelling, Question } from './question.ts';
import { verdict, type Verdict } from './verdict.ts';

export interface DecisionPointOptions {
  /** Default: nothing is labelled. Call `forget` when what it answers changes. */
  readonly labelling?: Labelling;
  /**
   * These very files have passed `policy check` and `policy test` (the packs that ship have): validation and golden cases are left out, some
   * 300 ms of start-up. Only when constructed: a reload always checks. Evaluation refuses on errors either way.
   */
  readonly tested?: boolean;
}

/** No policy set came into force. */
export class PolicyLoadError extends Error {
  override readonly name = 'PolicyLoadError';
  readonly issues: readonly PolicyIssue[];
  constructor(issues: readonly PolicyIssue[]) {
    super(`policies are not in force:\n${issues.map((issue) => `  ${formatIssue(issue)}`).join('\n')}`);
    this.issues = issues;
  }
}

/** `ids` are of the whole set now in force. */
export type Reload =
  | { readonly ok: true; readonly from: string; readonly to: string; readonly ids: readonly string[]; readonly changes: PolicyChanges; readonly warnings: readonly PolicyIssue[] }
  | { readonly ok: false; readonly inForce: string; readonly errors: readonly PolicyIssue[]; readonly warnings: readonly PolicyIssue[] };

/** Commands with more effects are decided class by class each time; their combinations rarely come again. */
const mostEffectsRemembered = 32;

/** The PDP over Cedar. Synchronous and total: whatever goes wrong is a deny, reason `indeterminate`. */
export class CedarDecisionPoint implements PolicyDecisionPoint {
  readonly #labelling: Labelling | undefined;
  readonly #memo = new Memo();
  #folders: readonly string[];
  #slots: readonly [Slot, Slot] = slotPair();
  #set: PolicySet;
  #generation = 1;

  /** Throws `PolicyLoadError` when the packs do not make a set. */
  constructor(folders: readonly string[], options: DecisionPointOptions = {}) {
    this.#labelling = options.labelling;
    this.#folders = folders;
    const loaded = checkPacks(this.#slots[0], folders, options.tested ?? false);
    if (loaded.set === undefined) throw new PolicyLoadError(loaded.errors);
    this.#set = loaded.set;
  }

  get generation(): number { return this.#generation; }
  get version(): string { return this.#set.version; }
  get ids(): readonly string[] { return [...this.#set.policies.keys()].toSorted(); }

  /** Drops what was remembered: labels have changed. Decisions that others keep are of the generation before. */
  forget(): void {
    this.#generation += 1;
    this.#memo.clear();
  }

  /** All or nothing: on any error the set in force stays in force, and the caller MUST say so loudly. Never throws. Everybody waits for it, half a second and more. */
  reload(folders: readonly string[] = this.#folders): Reload {
    return this.#take(checkPacks(this.#slots[1], folders, false));
  }

  /**
   * The same where others' commands go on: `check` reads and checks the packs elsewhere, and what it found fit is parsed here in turns. Never rejects. The caller
   * MUST NOT reload again before it has resolved.
   */
  async reloadMeanwhile(check: (folders: readonly string[]) => Promise<Checked>, folders: readonly string[] = this.#folders): Promise<Reload> {
    try {
      const checked = await check(folders);
      if (checked.set === undefined) return this.#take(checked);
      // Tests, times: nothing that decides has changed, and what is remembered stays right.
      if (checked.set.version === this.version) return { ok: true, from: this.version, to: this.version, ids: this.ids, changes: { added: [], changed: [], removed: [] }, warnings: checked.warnings };
      const fault = await prepareInTurns(this.#slots[1], checked.set);
      return this.#take(fault === undefined ? checked : refused(folders, fault, 'see docs/errors/policy-load.md', checked.warnings));
    } catch (error) {
      return this.#take(refused(folders, `policies could not be checked: ${safe(error)}`, 'see docs/errors/policy-load.md'));
    }
  }

  /** The checked set stands in the spare slot. */
  #take({ set, errors, warnings, folders }: Checked): Reload {
    if (set === undefined) return { ok: false, inForce: this.version, errors, warnings };
    const from = this.version;
    const changes = changesBetween(this.#set.policies, set.policies);
    const [inForce, spare] = this.#slots;
    this.#slots = [spare, inForce];
    this.#set = set;
    this.#folders = folders;
    this.forget();
    return { ok: true, from, to: this.version, ids: this.ids, changes, warnings };
  }

  decide(request: AccessRequest): Decision {
    try {
      return request.evidence === undefined ? this.#remembered(request) : this.#anew(request);
    } catch (error) {
      const effects: unknown = request?.effects;
      return indeterminate(safe(error), this.version, Array.isArray(effects) ? effects.length : 0);
    }
  }

  /** May this person approve that hold? Any fault is a no. */
  mayApprove(request: ApprovalRequest): boolean {
    return mayApprove(this.#slots[0], request);
  }

  #questions(request: AccessRequest): readonly Question[] {
    const asker = askerOf(request);
    const { traits } = this.#set;
    const asked = request.effects.length === 0 ? [nothingQuestion(asker, request.evidence)] : request.effects.map((effect) => effectQuestion(effect, asker, request.evidence, this.#labelling, traits));
    // After the effects, whose places tell which of them decided.
    if (request.calls === undefined || traits.ofCalls.size === 0) return asked;
    return [...asked, ...request.calls.map((call) => callQuestion(call, asker, request.evidence, this.#labelling))];
  }

  #combine(request: AccessRequest, verdicts: readonly Verdict[]): Decision {
    const decision = combine(verdicts, this.version);
    if (request.effects.length > 0) return request.calls === undefined ? decision : { ...decision, because: decision.because.filter((index) => index < request.effects.length) };
    // There is no effect to point at, and a permit of nothing needs no policy.
    return decision.outcome === 'permit' ? { ...decision, because: [], policies: [] } : { ...decision, because: [] };
  }

  #anew(request: AccessRequest): Decision {
    return this.#combine(request, this.#questions(request).map((question) => verdict(this.#slots[0], this.#set, question)));
  }

  #remembered(request: AccessRequest): Decision {
    const memory = this.#memo.of(request.principal);
    const questions = this.#questions(request);
    const asker = askerKey(request);
    const classes = questions.map((question) => classKey(question, this.#set.traits, memory.scoped));
    // The asker's key ends with the database, a text from the client: it comes last.
    const combination = questions.length > mostEffectsRemembered ? undefined : `${classes.join('\n')}\n\n${asker}`;
    if (combination !== undefined) {
      const known = memory.decisions.get(combination);
      if (known !== undefined && request.now < known.validUntil) return known;
    }
    const verdicts = questions.map((question, index) => this.#verdict(memory, question, `${classes[index] ?? ''}\n\n${asker}`));
    const decision = this.#combine(request, verdicts);
    if (combination !== undefined && decision.validUntil > request.now) {
      this.#memo.makeRoom();
      memory.decisions.set(combination, decision);
    }
    return decision;
  }

  #verdict(memory: Remembered, question: Question, key: string): Verdict {
    const known = memory.verdicts.get(key);
    if (known !== undefined && question.asker.now < known.validUntil) return known;
    const made = verdict(this.#slots[0], this.#set, question);
    if (made.validUntil > question.asker.now) {
      this.#memo.makeRoom();
      memory.verdicts.set(key, made);
    }
    return made;
  }
}

function changesBetween(before: ReadonlyMap<string, Policy>, after: ReadonlyMap<string, Policy>): PolicyChanges {
  const [old, now] = [[...before.keys()].toSorted(), [...after.keys()].toSorted()];
  return {
    added: now.filter((id) => !before.has(id)),
    changed: now.filter((id) => before.has(id) && before.get(id)?.text !== after.get(id)?.text),
    removed: old.filter((id) => !after.has(id)),
  };
}
