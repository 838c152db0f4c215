import { hierarchyTests, presenceTests, readsContext } from './expression.ts';
import type { Mode } from '../core/target.ts';
import { placeOf, type PolicyIssue } from './issue.ts';
import { lintAnnotations, lintContainers, lintLetters, lintNames } from './lint-names.ts';
import { canOverflow } from './overflow.ts';
import { annotationsOf, evidenceKinds, type Policy } from './policy.ts';

/** Their absence refuses, so a forbid may ask for them. */
const optional: ReadonlySet<string> = new Set(['context.grant', 'context.approval', 'context.justification']);

/** As the gateway makes groups. */
const groupName = /^[a-z][a-z0-9_-]{0,62}$/;

function isMode(text: string): text is Mode {
  return text === 'observe' || text === 'enforce';
}

interface Findings { readonly errors: PolicyIssue[]; readonly warnings: PolicyIssue[] }

/** What Cedar's validator cannot know: our laws, and annotations that the decision function acts on. */
export function lint(policy: Policy): Findings {
  const errors: PolicyIssue[] = [];
  const warnings: PolicyIssue[] = [];
  const at = placeOf(policy);
  const error = (message: string, mend: string): void => { errors.push({ ...at, message: `policy \`${policy.ref.id}\` ${message}`, mend }); };
  const warn = (message: string, mend: string): void => { warnings.push({ ...at, message: `policy \`${policy.ref.id}\` ${message}`, mend }); };
  const annotations = annotationsOf(policy.json);

  if (policy.ref.title.trim() === '') error('has no @title', 'say in a sentence what it is for: people read it when they are refused');
  const mode = annotations['mode'];
  if (mode !== undefined && !isMode(mode)) error(`has the mode \`${mode}\`, which is none`, `use @mode("observe") to record what it would refuse, and no @mode to refuse it`);
  // An observed permit would be one that permits nothing: what it is for is another thing.
  else if (mode !== undefined && policy.effect === 'permit') error('is a permit with @mode', 'only what refuses can be observed first; remove @mode');
  if (annotations['hold'] !== undefined) {
    if (policy.effect === 'permit') error('is a permit with @hold', 'a hold is what a forbid becomes; remove @hold, or make it a forbid');
    const named = annotations['hold'].split(/\s+/).filter((word) => word !== '');
    const unknown = named.filter((word) => !(evidenceKinds as readonly string[]).includes(word));
    if (named.length === 0) error('has an empty @hold', `name evidence: ${evidenceKinds.join(', ')}`);
    if (unknown.length > 0) error(`holds for \`${unknown.join(' ')}\`, which is no evidence`, `use ${evidenceKinds.join(' or ')}`);
    // Such a hold could never be lifted: everyone would be sent to ask for what does not help.
    for (const kind of policy.hold) {
      if (!readsContext(policy.json, kind)) error(`holds for ${kind} but never reads context.${kind}`, `add \`unless { context has ${kind} && ... }\``);
    }
  } else if (policy.effect === 'forbid') {
    for (const kind of evidenceKinds) {
      if (readsContext(policy.json, kind)) warn(`reads context.${kind} but has no @hold`, `add @hold("${kind}"), else people are refused and not asked`);
    }
  }
  if (policy.hold.includes('approval')) {
    const noGroup = policy.approvers.find((group) => !groupName.test(group));
    if (noGroup !== undefined) error(`has the approvers \`${noGroup}\`, which is no name of a group`, 'names are of small letters, digits, `_` and `-`, with blanks between them and nothing else');
    if (policy.approvers.length === 0) error('holds for approval without @approvers', 'name the groups that may approve: @approvers("data-owners")');
    if (!Number.isInteger(policy.quorum) || policy.quorum < 1 || policy.quorum > 9) error('holds for approval without a @quorum of 1 to 9', 'say how many people: @quorum("1")');
  } else if (annotations['approvers'] !== undefined || annotations['quorum'] !== undefined) {
    error('has @approvers or @quorum without @hold("approval")', 'add @hold("approval"), or remove them');
  }

  lintAnnotations(policy, error);
  lintLetters(policy, error, warn);
  lintNames(policy, warn);
  lintContainers(policy, warn);
  if (canOverflow(policy.json)) warn('computes what can be more than an integer holds', 'that is an error, and an error of one policy refuses everything that it is asked about; compare without arithmetic');
  // The gate's own plane is asked of the same policies.
  if (policy.effect === 'permit' && policy.json.action.op === 'All') warn('permits every action, and so to approve one\'s own holds', 'write action in Action::"any", which is all that is done to a target');
  if (policy.effect === 'forbid') {
    // Law 1: a missing edge makes such a forbid not fire.
    for (const variable of new Set(hierarchyTests(policy.json))) {
      warn(`is a forbid that tests the hierarchy of \`${variable}\` with \`in\` (law 1)`, 'where an edge is missing it does not fire; test a required attribute: labels, system, resource.target.environment');
    }
    // Law 2: so does an attribute that is not there.
    for (const path of presenceTests(policy.json)) {
      const name = path.slice(0, 2).join('.');
      if (!optional.has(name)) error(`is a forbid that asks \`has\` of \`${path.join('.')}\` (law 2)`, 'only grant, approval and justification may be absent; what may be unknown says so in its value');
    }
    if (JSON.stringify(policy.json.conditions).includes('"hasTag"')) error('is a forbid that reads tags (law 2)', 'use required attributes');
    // Evidence only ever makes a refusal into a permit.
    const whens = policy.json.conditions.filter((clause) => clause.kind === 'when');
    for (const kind of evidenceKinds) {
      if (readsContext(whens, kind)) warn(`reads context.${kind} in \`when\``, 'move it to `unless`: evidence may lift a forbid, and never be what makes it fire');
    }
  }
  return { errors, warnings };
}
