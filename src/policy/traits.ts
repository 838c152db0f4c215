import type { ResourceKind } from '../core/resource.ts';
import { literals, readsContext, timeReads, typeTests, verbsSought } from './expression.ts';
import { isResourceType, kindOfType, namedResource, type NamedResource } from './named.ts';
import type { Policy, Traits } from './policy.ts';
import { isOfTable } from './reach.ts';

/** Does it name a function, a schema, or functions as such, and can it be about `execute`? */
function speaksOfCalls({ json }: Policy): boolean {
  if (![...literals(json)].some(({ type }) => type === 'Function' || type === 'Schema') && ![...typeTests(json)].includes('Function')) return false;
  const { action } = json;
  if (action.op === 'All') return true;
  const named = 'entity' in action ? [action.entity] : 'entities' in action ? action.entities : [];
  return JSON.stringify(named).includes('"execute"') || JSON.stringify(named).includes('"any"');
}

export function traits(policies: Iterable<Policy>): Traits {
  const named = new Map<string, NamedResource | undefined>();
  const kinds = new Set<ResourceKind>();
  const labels = new Set<string>();
  const ofCalls = new Set<string>();
  const readsGrant = new Set<string>();
  const moments: number[] = [];
  let verbs: Set<string> | undefined = new Set();
  let readsNow = false;
  let volatile = false;
  let observes = false;
  for (const policy of policies) {
    for (const { type, id } of literals(policy.json)) {
      if (type === 'Label') labels.add(id);
      if (isResourceType(type)) named.set(`${type}::${id}`, namedResource(type, id));
    }
    for (const type of typeTests(policy.json)) if (isResourceType(type) && type !== 'Thing') kinds.add(kindOfType[type]);
    if (policy.effect === 'forbid' && speaksOfCalls(policy)) ofCalls.add(policy.ref.id);
    if (readsContext(policy.json, 'grant')) readsGrant.add(policy.ref.id);
    const sought = verbsSought(policy.json);
    verbs = sought === undefined || verbs === undefined ? undefined : new Set([...verbs, ...sought]);
    const time = timeReads(policy.json);
    readsNow ||= time.now;
    volatile ||= time.volatile;
    observes ||= policy.mode === 'observe';
    moments.push(...time.moments);
  }
  const resources = [...named.values()].flatMap((one) => one ?? []);
  return {
    named: new Set(named.keys()), naming: { resources, inTables: resources.filter(({ ref }) => isOfTable(ref)), kinds }, ofCalls, labels: [...labels].toSorted(), verbs, readsGrant, readsNow, observes, moments, volatile,
  };
}
