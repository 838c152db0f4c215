import { display } from '../core/display.ts';
import { literals } from './expression.ts';
import { placeOf, type PolicyIssue } from './issue.ts';
import { isResourceType, namedResource } from './named.ts';
import { annotationsOf, type Policy, type PolicySet } from './policy.ts';
import { anyName, isMany } from './reach.ts';

/** Characters of an annotation. */
const mostWords = 500;

/** Annotations that the gateway acts on. */
const known = ['id', 'title', 'mend', 'hold', 'approvers', 'quorum', 'controls', 'mode'] as const;

/** Letters to change, add, take away or swap with the next to make one word of the other: 1 at most. */
function isNear(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  const [restA, restB] = [a.slice(at), b.slice(at)];
  return restA.slice(1) === restB.slice(1) || restA.slice(1) === restB || restA === restB.slice(1) || (restA.slice(2) === restB.slice(2) && restA[0] === restB[1] && restA[1] === restB[0]);
}

type Say = (message: string, mend: string) => void;

/** A word that is one letter off is read by nobody: `@holds("approval")` makes a plain refusal of a hold. */
export function lintAnnotations(policy: Policy, error: Say): void {
  for (const name of Object.keys(annotationsOf(policy.json))) {
    if ((known as readonly string[]).includes(name)) continue;
    const meant = known.find((one) => isNear(name.toLowerCase(), one));
    if (meant !== undefined) error(`has the annotation @${name}, which nobody reads`, `write @${meant}, or give it a name that is not almost one of the gateway's`);
  }
}

/** Latin letters beside Cyrillic or Greek ones, many of which look the same. */
function mixesScripts(text: string): boolean {
  return /\p{Script=Latin}/u.test(text) && /[\p{Script=Cyrillic}\p{Script=Greek}]/u.test(text);
}

/** Words and names that people read as others than they are. */
export function lintLetters(policy: Policy, error: Say, warn: Say): void {
  for (const [name, words] of Object.entries(annotationsOf(policy.json))) {
    if (words !== undefined && display(words) !== words) error(`has characters in @${name} that are not seen`, 'take them out: people read it when they are refused');
    else if (words !== undefined && words.length > mostWords) error(`has more than ${mostWords} characters in @${name}`, 'say it shorter');
  }
  for (const { type, id } of literals(policy.json)) {
    if (display(id) !== id) error(`names \`${type}::"${display(id)}"\`, with characters that are not seen`, 'take them out');
    else if (mixesScripts(id)) warn(`names \`${type}::"${id}"\`, with letters of several scripts, which look alike`, 'write it anew, by hand, in one script');
  }
}

/** Types of what is made of others, and means itself alone with `==`. */
const containers: ReadonlySet<string> = new Set(['Schema', 'Database']);

/** `resource == Schema::"db/hr"` is nearly always meant of what is in it. */
export function lintContainers({ effect, json }: Pick<Policy, 'effect' | 'json'>, warn: Say): void {
  const scope = json.resource;
  if (effect !== 'forbid' || scope.op !== '==' || !('entity' in scope)) return;
  const { type, id } = '__entity' in scope.entity ? scope.entity['__entity'] : scope.entity;
  if (containers.has(type)) warn(`is a forbid of \`${type}::"${id}"\` itself, and of nothing in it`, 'write `resource in` for what is in it, too; keep `==` where only CREATE, ALTER, DROP and GRANT of itself are meant');
}

/** Resources are compared by their whole name, as text. */
export function lintNames(policy: Policy, warn: Say): void {
  for (const { type, id } of literals(policy.json)) {
    if (!isResourceType(type)) continue;
    const written = `\`${type}::"${id}"\``;
    const named = namedResource(type, id);
    if (named === undefined) {
      const name = type === 'Thing' ? 'kind:schema.name' : 'schema.name';
      warn(`names ${written}, and no resource is named so`, `write \`${type}::"TARGET/${name}"\`, with parts in quotes only where they have dots, quotes or white space in them`);
    } else if (named.ref.path.includes(anyName) && named.ref.kind !== 'target') {
      warn(`names ${written}, where \`*\` is no pattern`, 'it is seen only where a name is not known; say all of them by type, labels or hierarchy');
    } else if (isMany(named.ref)) {
      warn(`names ${written} without its schema`, 'it is seen only where a schema is not known; write the schema too');
    }
  }
}

/** Of targets that are not there. */
export function strangers({ policies }: Pick<PolicySet, 'policies'>, targets: readonly string[] | undefined): readonly PolicyIssue[] {
  if (targets === undefined) return [];
  return [...policies.values()].flatMap((policy) => {
    const others = new Set([...literals(policy.json)].flatMap(({ type, id }) => (isResourceType(type) ? namedResource(type, id)?.target ?? [] : [])).filter((target) => !targets.includes(target)));
    return [...others].map((target) => ({ ...placeOf(policy), message: `policy \`${policy.ref.id}\` names resources of the target \`${target}\`, which the config does not have`, mend: `targets are ${targets.join(', ')}` }));
  });
}
