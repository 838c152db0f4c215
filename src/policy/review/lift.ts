import { both, canHold, not } from './formula.ts';
import { hypothetical, type Holding } from '../hypothetical.ts';
import { literals } from '../expression.ts';
import { evidenceKinds, type Policy, type PolicySet } from '../policy.ts';
import { residuals, type Residual } from './partial.ts';
import { actionsOf, formulaOf, knownOf, type ActionView } from './requests.ts';
import { conditionText } from './simplify.ts';

/** Whether the evidence that a hold's annotations name makes it stop forbidding. */
export type Lift =
  /** Wherever it forbids, its evidence lifts it. */
  | { readonly kind: 'always' }
  /** Only in some cases; `refuses` are conditions under which it forbids all the same, by action. */
  | { readonly kind: 'sometimes'; readonly refuses: readonly { readonly actions: readonly string[]; readonly where: string }[] }
  /** Proven: no request that it forbids passes it with its evidence. `mend` says what would. */
  | { readonly kind: 'never'; readonly mend: string }
  | { readonly kind: 'untold' };

const mostQuorum = 9;

/** Of one action. Undefined: not told. */
interface Seen {
  readonly action: string;
  /** Does it forbid anything without evidence? */
  readonly fires: boolean | undefined;
  /** Does some request exist that it forbids without evidence and lets pass with it? */
  readonly lifted: boolean | undefined;
  /** Under what it forbids with its evidence. */
  readonly refuses: string | undefined;
}

function seenIn(view: ActionView, without: Residual | undefined, withIt: Residual | undefined): Seen {
  const { action } = view;
  const [before, after] = [formulaOf(without, view), formulaOf(withIt, view)];
  const fires = before === undefined ? undefined : canHold(before);
  if (before === undefined || after === undefined || fires === false) return { action, fires, lifted: undefined, refuses: undefined };
  const refuses = canHold(both(before, after)) === false ? undefined : withIt?.kind === 'where' ? conditionText(withIt.condition) : 'it forbids at all';
  return { action, fires, lifted: canHold(both(before, not(after))), refuses };
}

/** Each policy with its own evidence; `holding` says otherwise. */
function seen(policies: readonly Policy[], views: readonly ActionView[], holding?: Holding): ReadonlyMap<string, readonly Seen[]> {
  const found = new Map<string, Seen[]>(policies.map(({ ref }) => [ref.id, []]));
  for (const view of views) {
    const asked = policies.flatMap((policy) => [
      { id: `${policy.ref.id} without`, policy, known: knownOf(view, {}) }, { id: `${policy.ref.id} with`, policy, known: knownOf(view, hypothetical([holding ?? policy], undefined)) },
    ]);
    const left = residuals(asked, view);
    for (const { ref: { id } } of policies) found.get(id)?.push(seenIn(view, left.get(`${id} without`), left.get(`${id} with`)));
  }
  return found;
}

function isLifted(policy: Policy, views: readonly ActionView[], holding: Holding): boolean {
  return [...seen([policy], views, holding).values()].flat().some(({ lifted }) => lifted === true);
}

/** By evidence of its kinds, whatever that says. */
function isLiftedBySome(policy: Policy, views: readonly ActionView[]): boolean {
  return views.some((view) => {
    const some = new Map(knownOf(view, {}).context);
    for (const kind of policy.hold) some.set(kind, 'present');
    const left = residuals([{ id: 'without', policy, known: knownOf(view, {}) }, { id: 'with', policy, known: { context: some } }], view);
    return seenIn(view, left.get('without'), left.get('with')).lifted === true;
  });
}

/** What of the annotations would have to be otherwise: the least that helps. */
function mendOf(policy: Policy, views: readonly ActionView[]): string {
  const { hold, approvers, quorum } = policy;
  const asked = [...new Set([...literals(policy.json)].flatMap(({ type, id }) => (type === 'Group' ? [id] : [])))];
  const groups = asked.length === 0 ? approvers : asked;
  if (hold.includes('approval')) {
    for (let people = quorum + 1; people <= mostQuorum; people += 1) {
      if (isLifted(policy, views, { hold, approvers, quorum: people })) return `it asks for more people than are sent for: write @quorum("${people}"), or ask for ${quorum} in \`unless\``;
    }
    if (isLifted(policy, views, { hold, approvers: groups, quorum })) return `it asks for groups that are not sent for: write @approvers("${groups.join(' ')}"), or ask for \`${approvers.join(' ')}\` in \`unless\``;
  }
  if (isLifted(policy, views, { hold: evidenceKinds, approvers: groups, quorum: Number.isNaN(quorum) ? 1 : quorum })) {
    return `it asks for more than one kind of evidence: write @hold("${evidenceKinds.join(' ')}"), with @approvers and @quorum`;
  }
  if (isLifted(policy, views, { hold: evidenceKinds, approvers: groups, quorum: mostQuorum })) return 'it asks for more than its annotations name: make @hold, @approvers and @quorum say all that `unless` asks for';
  if (isLiftedBySome(policy, views)) {
    return 'it asks for what nobody can tell before the evidence is given (a text, an id, a time, that the owner approves): ask for `groups` and `count` up to @quorum, `sawCounts`, `now < until`, `verified` and `length`';
  }
  return 'no approval and no justification changes it: ask for one in `unless`, or take @hold away, which makes it a plain refusal';
}

function liftOf(policy: Policy, told: readonly Seen[], views: readonly ActionView[]): Lift {
  const firing = told.filter(({ fires }) => fires !== false);
  if (firing.some(({ lifted }) => lifted === undefined)) return { kind: 'untold' };
  // One that forbids nothing is another fault, and said elsewhere.
  if (firing.length > 0 && firing.every(({ lifted }) => lifted === false)) return { kind: 'never', mend: mendOf(policy, views.filter(({ action }) => firing.some((one) => one.action === action))) };
  const byText = new Map<string, string[]>();
  for (const { action, refuses } of firing) if (refuses !== undefined) byText.set(refuses, [...byText.get(refuses) ?? [], action]);
  return byText.size === 0 ? { kind: 'always' } : { kind: 'sometimes', refuses: [...byText].map(([where, actions]) => ({ actions, where })) };
}

/** For each of the holds among the policies, by id. Throws where the schema is none. */
export function liftsOf(policies: Iterable<Policy>, set: Pick<PolicySet, 'schema'>): ReadonlyMap<string, Lift> {
  const views = actionsOf(set);
  const holds = [...policies].filter(({ hold }) => hold.length > 0);
  const told = seen(holds, views);
  return new Map(holds.map((policy) => [policy.ref.id, liftOf(policy, told.get(policy.ref.id) ?? [], views)]));
}
