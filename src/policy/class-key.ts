import { formatResource } from '../core/format.ts';
import type { Principal, Purpose } from '../core/principal.ts';
import type { Target } from '../core/target.ts';
import { deepest, lineage, nodeKey } from './ancestry.ts';
import { covering } from './coverage.ts';
import type { Traits } from './policy.ts';
import type { Asker, Question } from './question.ts';
import { reached } from './reach.ts';
import { isTemporary } from './temporary.ts';

const purposeKeys = new WeakMap<Purpose, string>();
const targetKeys = new WeakMap<Target, string>();

function once<Subject extends object>(keys: WeakMap<Subject, string>, subject: Subject, make: () => string): string {
  let key = keys.get(subject);
  if (key === undefined) keys.set(subject, key = make());
  return key;
}

/**
 * Everything of a principal that an answer can depend on. Equal keys mean equal principals, so every part is written out: JSON alone would
 * write NaN and Infinity alike.
 */
export function principalKey(principal: Principal): string {
  return JSON.stringify([
    principal.ref.kind, principal.ref.name, principal.enabled, principal.strongAuth, principal.owner === undefined ? null : [principal.owner.name, principal.owner.enabled],
    String(principal.until), principal.groups,
    principal.grants.map((grant) => [grant.id, grant.target, grant.resources.map(formatResource), grant.verbs, grant.unmask, String(grant.until)]),
  ]);
}

/** Does any grant of this principal name resources? Else a grant reaches all of its target, and the resource's name is no part of a class. */
export function isScoped(principal: Principal): boolean {
  return principal.grants.some((grant) => grant.resources.length > 0);
}

/**
 * Cedar throws on lone surrogates; most names never reach it, since they are no part of a class. So that the answer does not depend on what
 * was asked before, such a name throws here too.
 */
export function requireWellFormed(path: readonly string[]): void {
  for (const part of path) if (!part.isWellFormed()) throw new TypeError('a name has a lone surrogate');
}

/** Who asks, but for the principal and the time. The database comes last, and from the client: nothing that it says can look like another part. */
export function askerKey(asker: Asker): string {
  const target = once(targetKeys, asker.target, () => JSON.stringify([asker.target.name, asker.target.protocol, asker.target.environment]));
  const purpose = once(purposeKeys, asker.purpose, () => JSON.stringify([asker.purpose.name, asker.purpose.verbs, asker.purpose.labels]));
  return `${asker.presence} ${asker.language} ${target} ${purpose} ${asker.database === undefined ? '-' : `=${asker.database}`}`;
}

/**
 * The class of a question: two of one class and one asker have the same answer, since no policy can tell them apart. Of the name only that
 * counts which a grant or a policy names. Amounts and runs are constants as yet; whoever brings them adds them here.
 */
export function classKey(question: Question, traits: Traits, scoped: boolean): string {
  const { resource, asker, facts, carries } = question;
  const { length } = resource.path;
  const reaches = resource.kind === 'column' ? length > 1 : length <= deepest;
  let key = `${question.isCall === true ? 'call ' : ''}${question.verb} ${resource.kind} ${question.extent} ${question.sink} ${question.reversible ? 'r' : ''}${question.derived ? 'd' : ''}${resource.system ? 's' : ''}${isTemporary(resource, asker) ? 't' : ''}${reaches ? '' : 'x'}`;
  if (facts.labels.length > 0 || facts.classes.length > 0 || carries.length > 0) key += JSON.stringify([facts.labels, facts.classes, carries]);
  if (scoped || traits.named.size > 0) {
    const nodes = lineage(question, asker.target, asker.database).flat();
    if (scoped) key += ` ${covering(asker.principal, question.verb, nodes, asker.target, asker.database).join()}`;
    if (traits.named.size > 0) key += JSON.stringify(nodes.map(nodeKey).filter((node) => traits.named.has(node)));
  }
  const reach = reached(question, traits.naming);
  // The refusal says how the one reaches the other.
  if (reach.length > 0) key += JSON.stringify([formatResource(resource), reach.map(formatResource)]);
  return key;
}
