import { literals, readsContext, timeReads, verbsSought } from './expression.ts';
import type { Policy, Traits } from './policy.ts';

const resourceTypes: ReadonlySet<string> = new Set(['Target', 'Database', 'Schema', 'Table', 'Column', 'Function', 'Path', 'Host', 'Endpoint', 'Tool', 'Thing']);

export function traits(policies: Iterable<Policy>): Traits {
  const named = new Set<string>();
  const readsGrant = new Set<string>();
  const moments: number[] = [];
  let verbs: Set<string> | undefined = new Set();
  let readsNow = false;
  let volatile = false;
  let observes = false;
  for (const policy of policies) {
    for (const { type, id } of literals(policy.json)) if (resourceTypes.has(type)) named.add(`${type}::${id}`);
    if (readsContext(policy.json, 'grant')) readsGrant.add(policy.ref.id);
    const sought = verbsSought(policy.json);
    verbs = sought === undefined || verbs === undefined ? undefined : new Set([...verbs, ...sought]);
    const time = timeReads(policy.json);
    readsNow ||= time.now;
    volatile ||= time.volatile;
    observes ||= policy.mode === 'observe';
    moments.push(...time.moments);
  }
  return { named, verbs, readsGrant, readsNow, observes, moments, volatile };
}
