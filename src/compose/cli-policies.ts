import type { Could, Policies } from '../cli/tools.ts';
import { isSystemSchema } from '../intent/postgres/resources.ts';
import { askCould, checkPolicies, rewritePolicyTests, testPolicies } from '../policy/check.ts';
import type { CouldAnswer } from '../policy/review/could.ts';
import { grantEverything } from '../policy/everything.ts';
import { readOwnSchema } from '../policy/files.ts';
import { loadPolicies } from '../policy/load.ts';

function couldOf({ cases, granted, ...answer }: CouldAnswer): Could {
  return {
    ...answer, granted: granted === undefined ? undefined : couldOf(granted),
    cases: cases.map(({ circumstances, ...one }) => ({
      ...one, when: circumstances.map(({ purpose, from, facets }) => ({ purposes: [...purpose], from, facets: Object.fromEntries([...facets].map(([facet, values]) => [facet, [...values]])) })),
    })),
  };
}

export function openPolicies(): Policies {
  return {
    check: checkPolicies, test: testPolicies, rewrite: rewritePolicyTests, schema: () => readOwnSchema().text,
    could: (folders, { principal, resource, ...wish }) => {
      const everything = grantEverything(wish.target.name);
      const answer = askCould(folders, {
        ...wish, principal: principal ?? everything.principal, presence: principal === undefined || principal.ref.kind === 'User' ? 'unknown' : 'unattended',
        language: 'sql/postgres', resource: { ...resource, system: resource.system || isSystemSchema(resource.path.length > 1 ? resource.path[0] ?? '' : '') }, now: Date.now(),
      });
      return 'errors' in answer ? answer : couldOf(answer);
    },
    named: (folders, ids) => {
      const { set } = loadPolicies(folders, { validate: false });
      return ids.flatMap((id) => set?.policies.get(id)?.ref ?? []);
    },
  };
}
