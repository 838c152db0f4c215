import type { AccessRequest, Decision, Need, PolicyRef } from '../core/decision.ts';
import type { Effect, OpaqueReason } from '../core/effect.ts';
import { formatPrincipal, formatResource } from '../core/format.ts';
import { type Refusal, type RefusalCode, refusal } from '../core/refusal.ts';

type Refused = Exclude<Decision, { outcome: 'permit' }>;

/** Effects that are listed in full; the rest is a number. A thousand dropped tables make no better message than five. */
const SHOWN_EFFECTS = 5;

/** `delete \`table:public.users\`, all of it`. */
export function describe(effect: Effect): string {
  const extent = effect.extent === 'all' ? ', all of it' : effect.extent === 'unknown' ? ', how much cannot be told' : '';
  const via = effect.via.length === 0 ? '' : ` (through ${effect.via.map(formatResource).join(', ')})`;
  const note = effect.note === undefined ? '' : `: ${effect.note}`;
  return effect.verb === 'opaque' ? `not understood (${effect.reason ?? 'not-modelled'})${note}${via}` : `${effect.verb} \`${formatResource(effect.resource)}\`${extent}${via}${note}`;
}

function describeNeed(need: Need): string {
  if (need.kind === 'justification') return 'a justification with a ticket';
  return `approval by ${need.quorum === 1 ? 'one' : need.quorum} of ${need.approvers.join(', ')}`;
}

function describePolicy(policy: PolicyRef): string {
  return `${policy.id}: ${policy.title}`;
}

/** Code of a decision; the same for the client, the record, the metrics and `explain`. */
export function refusalCode(decision: Refused, effects: readonly Effect[]): RefusalCode {
  if (decision.outcome === 'hold') return 'needs-evidence';
  if (decision.reason === 'indeterminate') return 'indeterminate';
  if (decision.reason === 'no-permit') return 'no-permit';
  return decision.because.some((index) => effects[index]?.verb === 'opaque') ? 'not-understood' : 'forbidden';
}

/** Where the reason says more about the way on than any policy can. */
const opaqueMends: Readonly<Partial<Record<OpaqueReason, string>>> = {
  'syntax': 'correct the statement: PostgreSQL\'s grammar does not read it',
  'unknown-relation': 'check the name and the search_path; what was made a moment ago outside the gate is known within a second',
  'unknown-function': 'check the name and the search_path; what was made a moment ago outside the gate is known within a second',
  'unknown-prepared': 'prepare the statement in this session first',
  'unknown-cursor': 'declare the cursor in this session first',
  'too-large': 'send the data as parameters or with COPY, or raise limits.text of the target',
  'too-deep': 'write it flatter: a list or VALUES in place of a chain of operators or parentheses',
  'function-call-protocol': 'call the function in a SELECT: SELECT lo_get(...), SELECT lo_put(...)',
};

function mendOf(code: RefusalCode, decision: Refused, request: AccessRequest, first: Effect | undefined): string {
  const own = code === 'not-understood' && first?.reason !== undefined ? opaqueMends[first.reason] : undefined;
  if (own !== undefined) return own;
  const mends = [...new Set(decision.policies.flatMap((policy) => policy.mend ?? []))];
  if (mends.length > 0) return mends.join('; ');
  if (decision.outcome === 'hold') return `it needs ${decision.needs.map(describeNeed).join(' and ')}; ask a person of that group to run it, or narrow it (a WHERE on a key, fewer rows)`;
  if (code === 'no-permit' && first !== undefined) {
    const who = request.principal.ref;
    return `ask for a grant: guardrails grant add ${who.name} --target ${request.target.name} --can ${first.verb} --for 8h --why "..."`;
  }
  if (code === 'indeterminate') return 'policies could not be evaluated; an operator finds the cause in the gateway\'s log and with guardrails policy check';
  return 'guardrails why shows the whole decision';
}

/** What the client is told of a decision that is no permit: what, where, which policy, and the way on. */
export function refusalOf(decision: Refused, request: AccessRequest): Refusal {
  const effects = decision.because.flatMap((index) => request.effects[index] ?? []);
  const first = effects[0];
  const code = refusalCode(decision, request.effects);
  const what = first === undefined ? 'this command' : describe(first);
  const message = decision.outcome === 'hold' ? `held for ${decision.needs.map(describeNeed).join(' and ')}: ${what}`
    : code === 'no-permit' ? `refused: no grant of \`${formatPrincipal(request.principal.ref)}\` covers ${what}`
      : code === 'indeterminate' ? `refused: the policies could not be evaluated for ${what}`
        : `refused: ${what}`;
  const more = effects.length > SHOWN_EFFECTS ? [`and ${effects.length - SHOWN_EFFECTS} more effects`] : [];
  return refusal(code, message, mendOf(code, decision, request, first), {
    detail: [...decision.policies.map(describePolicy), ...effects.slice(1, SHOWN_EFFECTS).map((effect) => `also ${describe(effect)}`), ...more],
    policies: decision.policies,
    needs: decision.outcome === 'hold' ? decision.needs : [],
    ...(first === undefined ? {} : { span: first.span }),
  });
}
