import type { Decision } from '../core/decision.ts';
import { mayApprove } from './approve.ts';
import { safe, type Slot } from './cedar.ts';
import { combine } from './combine.ts';
import { nothingQuestion } from './effect-question.ts';
import { goldenCases, type GoldenCase } from './golden-file.ts';
import { goldenApproval, goldenAsker, goldenNow, goldenQuestion } from './golden-question.ts';
import type { PolicyIssue } from './issue.ts';
import type { PolicySet } from './policy.ts';
import { verdict } from './verdict.ts';

const hourMs = 3_600_000;

/** One line: `hold approval=data-owners:2 justification by baseline/destroy-production because=0`. */
export function formatDecision(decision: Decision): string {
  const parts: string[] = [decision.outcome];
  if (decision.outcome === 'deny') parts.push(decision.reason);
  if (decision.outcome === 'hold') {
    for (const need of decision.needs) parts.push(need.kind === 'approval' ? `approval=${need.approvers.join(',')}:${need.quorum}` : need.kind);
  }
  if (decision.policies.length > 0) parts.push('by', ...decision.policies.map((policy) => policy.id));
  for (const would of ['deny', 'hold', 'error'] as const) {
    const ids = decision.observed.flatMap((one) => (one.would === would ? [one.policy.id] : []));
    if (ids.length > 0) parts.push(`would-${would}=${ids.join(',')}`);
  }
  return parts.join(' ');
}

function until(decision: Decision): string {
  if (decision.validUntil === Number.POSITIVE_INFINITY) return ' until=forever';
  return decision.validUntil === 0 ? ' until=now' : ` until=+${(decision.validUntil - goldenNow) / hourMs}h`;
}

function run(slot: Slot, set: PolicySet, golden: GoldenCase): string {
  try {
    if (golden.command.startsWith('approve')) return mayApprove(slot, goldenApproval(golden.command)) ? 'permit' : 'deny';
    if (!/^decide(\s|$)/.test(golden.command)) throw new Error('a case starts with `decide` or `approve`');
    const { asker, evidence, showUntil } = goldenAsker(golden.command);
    const questions = golden.input.length === 0 ? [nothingQuestion(asker, evidence)] : golden.input.map((line) => goldenQuestion(line, asker, evidence));
    const decision = combine(questions.map((question) => verdict(slot, set, question)), set.version);
    const because = golden.input.length > 1 ? ` because=${decision.because.join(',')}` : '';
    return `${formatDecision(decision)}${because}${showUntil ? until(decision) : ''}`;
  } catch (error) {
    return `error: ${safe(error)}`;
  }
}

export interface GoldenResult {
  readonly file: string;
  readonly line: number;
  readonly expected: string;
  readonly got: string;
}

/** Decides every case of the set's own tests, in order. Never throws. The set must stand in the slot. */
export function runGoldens(slot: Slot, set: PolicySet): readonly GoldenResult[] {
  return set.goldens.flatMap((source) => goldenCases(source).map((golden) => ({ file: golden.file, line: golden.line, expected: golden.expected, got: run(slot, set, golden) })));
}

const faults = ['error:', 'deny indeterminate'] as const;

/** The first case that came out as an error where none was expected: such a set is not fit to be in force. A case that came out otherwise is for `policy test` to tell. */
export function firstErring(slot: Slot, set: PolicySet): PolicyIssue | undefined {
  // One that is to come out so does, whatever a pack beside it adds to the line.
  const erring = runGoldens(slot, set).find(({ expected, got }) => faults.some((fault) => got.startsWith(fault) && !expected.startsWith(fault)));
  if (erring === undefined) return undefined;
  return { file: erring.file, line: erring.line, column: 1, message: `a case of the set's own tests comes out as \`${erring.got}\``, mend: 'a policy that errors refuses everything: mend it, or the case; see docs/errors/policy-test.md' };
}
