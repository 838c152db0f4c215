import { prepare, type Slot } from './cedar.ts';
import { firstErring } from './golden.ts';
import type { PolicyIssue } from './issue.ts';
import { loadPolicies } from './load.ts';
import type { PolicySet } from './policy.ts';

/** What became of the packs; `set` only when it is fit to be in force. Plain data: it goes from thread to thread. */
export interface Checked {
  readonly folders: readonly string[];
  readonly set: PolicySet | undefined;
  readonly errors: readonly PolicyIssue[];
  readonly warnings: readonly PolicyIssue[];
}

export function refused(folders: readonly string[], message: string, mend: string, warnings: readonly PolicyIssue[] = []): Checked {
  return { folders, set: undefined, errors: [{ file: folders.join(', '), line: 0, column: 0, message, mend }], warnings };
}

/**
 * Reads, validates and lints packs, and decides the cases of their own tests; what is fit stands in the slot then. Never throws. Half a second of CPU for the
 * baseline. `tested`: these very files have passed, and validation and cases are left out.
 */
export function checkPacks(slot: Slot, folders: readonly string[], tested: boolean): Checked {
  const { set, errors, warnings } = loadPolicies(folders, { validate: !tested });
  if (set === undefined) return { folders, set, errors, warnings };
  const fault = prepare(slot, set);
  if (fault !== undefined) return refused(folders, fault, 'see docs/errors/policy-load.md', warnings);
  // One policy that errors refuses everything, so it must show before it is in force.
  const erring = tested ? undefined : firstErring(slot, set);
  return erring === undefined ? { folders, set, errors, warnings } : { folders, set: undefined, errors: [erring], warnings };
}
