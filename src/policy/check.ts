import { writeFileSync } from 'node:fs';
import { prepare, slotPair, type Slot } from './cedar.ts';
import { goldenCases, withOutputs } from './golden-file.ts';
import { runGoldens, type GoldenResult } from './golden.ts';
import type { PolicyIssue } from './issue.ts';
import { loadPolicies } from './load.ts';
import type { PolicySet } from './policy.ts';

export interface PolicyCheck {
  readonly errors: readonly PolicyIssue[];
  readonly warnings: readonly PolicyIssue[];
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

/** Parses, validates and lints packs as one set. Never throws. */
export function checkPolicies(folders: readonly string[]): PolicyCheck {
  const { errors, warnings, ids } = loadPolicies(folders);
  return { errors, warnings, ids };
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
