import type { CedarValueJson } from '@cedar-policy/cedar-wasm/nodejs';
import { ancestry } from '../ancestry.ts';
import { facetNames, type Facet } from './circumstances.ts';
import { context } from '../context.ts';
import { covering } from '../coverage.ts';
import { objects, member } from '../expression.ts';
import { residuals, type Fact } from './partial.ts';
import { evidenceKinds, type PolicySet } from '../policy.ts';
import type { Question } from '../question.ts';
import { reached } from '../reach.ts';
import { conditionText } from './simplify.ts';
import { slice } from '../slice.ts';
import { vocabularyOf } from './vocabulary.ts';

/** What is left of a policy once who and what are known. */
export interface Remaining {
  readonly id: string;
  readonly title: string;
  readonly says: 'permits' | 'refuses' | 'holds' | 'would refuse';
  /** Undefined: always. */
  readonly where: string | undefined;
}

/** Is it known only once the command is? */
function isOpen(name: string, verb: Question['verb']): boolean {
  return name === 'sink' ? verb === 'export' : ['extent', 'reversible', 'derived'].includes(name);
}

function readsUnknown(condition: unknown): readonly string[] {
  return [...objects(condition)].flatMap((object) => {
    const call = object['unknown'];
    const name = Array.isArray(call) ? member(call[0], 'Value') : undefined;
    return typeof name === 'string' ? [name] : [];
  });
}

/** By partial evaluation, for every grant that may serve, and for all that the effect may reach beside its resource. */
export function remaining(set: PolicySet, question: Question): { readonly policies: readonly Remaining[]; readonly facets: readonly string[] } {
  const { asker: { principal, target, database, now }, verb } = question;
  const facts = vocabularyOf(set.schema).actions.get(verb);
  if (facts === undefined) return { policies: [], facets: [] };
  const widest: Question = { ...question, extent: 'all', columns: 'all' };
  const beside = reached(widest, set.traits.naming);
  const facets = new Set<string>(beside.length > 0 ? ['extent', 'columns'] : []);
  const found = new Map<string, Remaining>();
  for (const resource of [question.resource, ...beside]) {
    const asked = { ...question, resource };
    const nodes = ancestry(resource, target, database);
    const self = nodes[0];
    if (self === undefined) continue;
    const grants = covering(principal, verb, nodes, target, database).flatMap((index) => principal.grants[index] ?? []).filter(({ until }) => now < until);
    for (const grant of grants.length === 0 ? [undefined] : grants) {
      const known = new Map<string, Fact>(Object.entries(context(asked, grant)).filter(([name]) => !isOpen(name, verb)).map(([name, value]: [string, CedarValueJson]) => [name, { value }]));
      for (const kind of [...evidenceKinds, 'grant'] as const) if (!known.has(kind)) known.set(kind, 'absent');
      const left = residuals([...set.policies.values()].map((policy) => ({ id: policy.ref.id, policy, known: { context: known } })), {
        action: verb, facts, parties: { principal: { type: principal.ref.kind, id: principal.ref.name }, resource: { type: self.type, id: self.id }, entities: slice(asked, grant, set.traits) },
      });
      for (const policy of set.policies.values()) {
        const residual = left.get(policy.ref.id);
        if (residual === undefined || residual.kind === 'never') continue;
        if (residual.kind === 'where') for (const name of readsUnknown(residual.condition)) facets.add(name);
        // What could not be told may depend on anything.
        if (residual.kind === 'untold') for (const facet of facetNames) facets.add(facet);
        const where = residual.kind === 'where' ? conditionText(residual.condition) : residual.kind === 'untold' ? `it cannot be told where: ${residual.why}` : undefined;
        const says = policy.effect === 'permit' ? 'permits' : policy.mode === 'observe' ? 'would refuse' : policy.hold.length > 0 ? 'holds' : 'refuses';
        found.set(`${policy.ref.id} ${where ?? ''}`, { id: policy.ref.id, title: policy.ref.title, says, where });
      }
    }
  }
  return { policies: [...found.values()], facets: [...facets] };
}

export function mattering(names: readonly string[]): ReadonlySet<Facet> {
  return new Set(facetNames.filter((facet) => names.includes(facet)));
}
