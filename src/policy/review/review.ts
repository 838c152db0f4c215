import { waitingOf } from './as-yet.ts';
import { safe } from '../cedar.ts';
import { placeOf, type PolicyIssue } from '../issue.ts';
import { liftsOf } from './lift.ts';
import type { Policy, PolicySet } from '../policy.ts';
import { mostCompared, redundantOf, type Redundant } from './redundant.ts';

/** What a reviewer wants to know of a set that is right. Errors mislead whoever is stopped, warnings are likely faults, notes are facts. */
export interface Review {
  readonly errors: readonly PolicyIssue[];
  readonly warnings: readonly PolicyIssue[];
  readonly notes: readonly PolicyIssue[];
}

function redundancy(found: Redundant): readonly [message: string, mend: string] {
  switch (found.kind) {
    case 'impossible': return ['can never fire: its conditions contradict each other', 'take one of them away, or the policy'];
    case 'refused-anyway': return [`holds nothing: whatever it stops, \`${found.by.ref.id}\` refuses for good`, 'narrow the other, or take this one away'];
    case 'said-anyway': return [`adds nothing to \`${found.by.ref.id}\`, which says the same of all that this one is about`, 'take it away, or make it say what it alone is for'];
    case 'never-permits': break;
  }
  return [`permits nothing: \`${found.by.ref.id}\` forbids all of it`, 'narrow the other, or take this one away'];
}

function issue(policy: Policy, message: string, mend: string): PolicyIssue {
  return { ...placeOf(policy), message: `policy \`${policy.ref.id}\` ${message}`, mend };
}

/** By partial evaluation. Total: what cannot be found out is a note. */
export function reviewPolicies(set: PolicySet): Review {
  const errors: PolicyIssue[] = [];
  const warnings: PolicyIssue[] = [];
  const notes: PolicyIssue[] = [];
  try {
    const lifts = liftsOf(set.policies.values(), set);
    const redundant = redundantOf(set);
    const waiting = waitingOf(set);
    for (const policy of set.policies.values()) {
      const { id } = policy.ref;
      const found = redundant.get(id);
      if (found !== undefined) warnings.push(issue(policy, ...redundancy(found)));
      const lift = lifts.get(id);
      // Everyone whom it stops would be sent to ask for what does not help.
      if (lift?.kind === 'never') errors.push(issue(policy, 'is a hold that nothing lifts: it forbids with the evidence that its annotations name, too', lift.mend));
      if (lift?.kind === 'untold') notes.push(issue(policy, 'is a hold of which it cannot be told whether its evidence lifts it', 'show it with a case in tests/*.decide (approved-by=, words=)'));
      if (lift?.kind === 'sometimes') for (const { actions, where } of lift.refuses) notes.push(issue(policy, `refuses in spite of its evidence where ${where} (${actions.join(', ')})`, 'whoever it stops there is refused, and not sent to ask'));
      if (policy.mode === 'observe') notes.push(issue(policy, 'is only observed: it refuses nothing', 'take @mode away to enforce it'));
      const missing = waiting.get(id);
      if (missing !== undefined) notes.push(issue(policy, `says nothing of any command as yet: it waits for ${missing}`, 'it will, once this gateway tells policies of them'));
    }
    if (set.policies.size > mostCompared) notes.push({ file: '', line: 0, column: 0, message: `whether one policy makes another pointless was not looked at: there are more than ${mostCompared}`, mend: 'check packs one by one' });
    return { errors, warnings, notes };
  } catch (error) {
    return { errors: [], warnings: [], notes: [{ file: '', line: 0, column: 0, message: `the policies could not be reviewed: ${safe(error)}`, mend: 'they are valid all the same; please report it' }] };
  }
}
