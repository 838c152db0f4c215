import { writeFileSync } from 'node:fs';
import { prepare, slotPair, type Slot } from './cedar.ts';
import { couldReach, type CouldAnswer, type CouldWish } from './review/could.ts';
import { goldenCases, withOutputs } from './golden-file.ts';
import { runGoldens, type GoldenResult } from './golden.ts';
import type { PolicyIssue } from './issue.ts';
import { loadPolicies } from './load.ts';
import { strangers } from './lint-names.ts';
import type { PolicySet } from './policy.ts';
import { reviewPolicies } from './review/review.ts';

export interface PolicyCheck {
  readonly errors: readonly PolicyIssue[];
  readonly warnings: readonly PolicyIssue[];
  /** Facts that a reviewer wants to know; nothing is wrong. */
  readonly notes: readonly PolicyIssue[];
  readonly ids: readonly string[];
}

export interface PolicyTest {
  readonly passed: number;
  readonly failed: readonly GoldenResult[];
}

let slot: Slot | undefined;

/** One slot for all checks of this process; the texts of a slot are replaced, never added to. */
function checking(set: PolicySet): { readonly slot: Slot; readonly fault: string | undefined } {
  slot ??= slotPair()[0];
  return { slot, fault: prepare(slot, set) };
}

/** Parses, validates, lints and reviews packs as one set. The review takes seconds: a gateway that starts or reloads goes without it. `targets`: those that there are, so that a policy that names another is found. Never throws. */
export function checkPolicies(folders: readonly string[], targets?: readonly string[]): PolicyCheck {
  const { set, errors, warnings, ids } = loadPolicies(folders);
  if (set === undefined) return { errors, warnings, notes: [], ids };
  const review = reviewPolicies(set);
  return { errors: review.errors, warnings: [...warnings, ...review.warnings, ...strangers(set, targets)], notes: review.notes, ids };
}

/** The answer, or why the set does not load. Never throws. */
export function askCould(folders: readonly string[], wish: CouldWish): CouldAnswer | { readonly errors: readonly PolicyIssue[] } {
  const { set, errors } = loadPolicies(folders);
  if (set === undefined) return { errors };
  const { slot, fault } = checking(set);
  return fault === undefined ? couldReach(slot, set, wish) : { errors: [{ file: folders.join(', '), line: 0, column: 0, message: fault, mend: 'see docs/errors/policy-load.md' }] };
}

/** Runs `tests/*.decide` of the packs. A set that does not load has one failure that says why. Never throws. */
export function testPolicies(folders: readonly string[]): PolicyTest {
  const { set, errors } = loadPolicies(folders);
  const first = errors[0];
  if (set === undefined) return { passed: 0, failed: [{ file: first?.file ?? '', line: first?.line ?? 0, expected: 'a set that loads', got: `error: ${first?.message ?? 'no set'}` }] };
  const { slot, fault } = checking(set);
  if (fault !== undefined) return { passed: 0, failed: [{ file: folders.join(', '), line: 0, expected: 'a set that loads', got: `error: ${fault}` }] };
  const results = runGoldens(slot, set);
  const failed = results.filter((result) => result.got !== result.expected);
  return { passed: results.length - failed.length, failed };
}

/** Writes what is decided now into `tests/*.decide`; the diff is the review. Returns the files that changed. Throws what the file system throws. */
export function rewritePolicyTests(folders: readonly string[]): readonly string[] {
  const { set } = loadPolicies(folders);
  if (set === undefined) return [];
  const { slot, fault } = checking(set);
  if (fault !== undefined) return [];
  const results = runGoldens(slot, set);
  let at = 0;
  return set.goldens.flatMap((source) => {
    const count = goldenCases(source).length;
    const text = withOutputs(source, results.slice(at, at + count).map((result) => result.got));
    at += count;
    if (text === source.text) return [];
    writeFileSync(source.file, text);
    return [source.file];
  });
}
