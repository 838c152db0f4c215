import type { Grant } from '../core/principal.ts';
import type { EntityRef } from '../core/resource.ts';
import { ancestry, nodeKey } from './ancestry.ts';
import { ask, safe, watch, type Answer, type CedarRequest, type Slot } from './cedar.ts';
import { context } from './context.ts';
import { literals } from './expression.ts';
import type { PolicySet, Traits } from './policy.ts';
import type { Question } from './question.ts';
import { reached } from './reach.ts';
import { slice } from './slice.ts';

/** Questions beside one question; each costs about half a millisecond. Beyond it nothing is decided, and so refused. */
const mostReached = 200;

function cedarRequest(question: Question, grant: Grant | undefined, traits: Traits): CedarRequest {
  const { principal, target, database } = question.asker;
  const self = ancestry(question.resource, target, database)[0];
  if (self === undefined) throw new TypeError('the resource has no name');
  return {
    principal: { type: principal.ref.kind, id: principal.ref.name },
    action: question.verb === 'none' ? 'nothing' : question.verb,
    resource: { type: self.type, id: self.id },
    context: context(question, grant),
    entities: slice(question, grant, traits),
  };
}

function answerOne(slot: Slot, set: PolicySet, question: Question, grant: Grant | undefined): Answer {
  let request: CedarRequest;
  // A time that is no number, a fact that is missing: what cannot be put to Cedar is refused.
  try { request = cedarRequest(question, grant, set.traits); } catch (error) { return { failed: true, note: safe(error), policies: [] }; }
  const answer = ask(slot, request);
  if (question.isCall === true && !answer.failed) {
    const refusing = answer.allow ? [] : answer.reasons.filter((id) => set.traits.ofCalls.has(id));
    return { failed: false, allow: refusing.length === 0, reasons: refusing };
  }
  // A command without effects asks for nothing, so it needs no permit; a forbid still refuses it.
  if (question.verb === 'none' && !answer.failed && answer.reasons.length === 0) return { ...answer, allow: true };
  return answer;
}

/** An answer, and which of its reasons refuse only for what else the effect reaches: ids to the resource. */
export type Whole = Answer & { readonly through: ReadonlyMap<string, EntityRef> };

/**
 * The question with all that its effect reaches: what is permitted of the one may be refused of the other. That nothing permits the other is no
 * matter (a permit of a schema may well say nothing of its tables), unless the policy that permits the one makes an exception of the other.
 */
export function answerAll(slot: Slot, set: PolicySet, question: Question, grant: Grant | undefined): Whole {
  const own = answerOne(slot, set, question, grant);
  const through = new Map<string, EntityRef>();
  // Nothing else can lift what is refused for good.
  const final = own.failed || (!own.allow && own.reasons.every((id) => (set.policies.get(id)?.hold.length ?? 0) === 0));
  if (final || question.verb === 'none') return { ...own, through };
  const beside = reached(question, set.traits.naming);
  if (beside.length > mostReached) return { failed: true, note: `it may be any of ${beside.length} resources that policies name`, policies: [], through };
  const refusing = own.allow ? [] : [...own.reasons];
  for (const resource of beside) {
    const answer = answerOne(slot, set, { ...question, resource, heldBy: [] }, grant);
    if (answer.failed) return { ...answer, through };
    if (answer.allow) continue;
    if (answer.reasons.length === 0 && own.allow && excepted(resource, own.reasons, set, question)) return { failed: false, allow: false, reasons: [], through };
    for (const id of answer.reasons) {
      if (refusing.includes(id)) continue;
      refusing.push(id);
      through.set(id, resource);
    }
  }
  return refusing.length === 0 ? { ...own, through } : { failed: false, allow: false, reasons: refusing, through };
}

/** Do these policies name the resource, or what it is in? */
function excepted(resource: EntityRef, permitting: readonly string[], set: PolicySet, { asker }: Question): boolean {
  const nodes = new Set(ancestry(resource, asker.target, asker.database).filter(({ type }) => type !== 'Target').map(nodeKey));
  return permitting.some((id) => [...literals(set.policies.get(id)?.json)].some((literal) => nodes.has(nodeKey(literal))));
}

/** What observed policies say of the question with all that its effect reaches. What cannot be put to Cedar was refused by those that decide. */
export function watchAll(slot: Slot, set: PolicySet, question: Question, grant: Grant | undefined): { readonly refusing: readonly string[]; readonly erring: readonly string[] } {
  const refusing = new Set<string>();
  const erring = new Set<string>();
  try {
    const beside = reached(question, set.traits.naming).map((resource): Question => ({ ...question, resource, heldBy: [] }));
    for (const one of [question, ...beside].slice(0, mostReached)) {
      const watched = watch(slot, cedarRequest(one, grant, set.traits));
      for (const id of watched.refusing) refusing.add(id);
      for (const id of watched.erring) erring.add(id);
    }
    return { refusing: [...refusing].filter((id) => !erring.has(id)).toSorted(), erring: [...erring].toSorted() };
  } catch {
    return { refusing: [], erring: [] };
  }
}
