import type { ResourceKind } from '../core/resource.ts';
import { literals, readsContext, timeReads, typeTests, verbsSought } from './expression.ts';
import { isResourceType, kindOfType, namedResource, type NamedResource } from './named.ts';
import type { Policy, Traits } from './policy.ts';
import { isOfTable } from './reach.ts';

export function traits(policies: Iterable<Policy>): Traits {
  const named = new Map<string, NamedResource | undefined>();
  const kinds = new Set<ResourceKind>();
  const labels = new Set<string>();
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
    named: new Set(named.keys()), naming: { resources, inTables: resources.filter(({ ref }) => isOfTable(ref)), kinds }, labels: [...labels].toSorted(), verbs, readsGrant, readsNow, observes, moments, volatile,
  };
}
