import type { Policies } from '../cli/tools.ts';
import { checkPolicies, rewritePolicyTests, testPolicies } from '../policy/check.ts';
import { loadPolicies } from '../policy/load.ts';

export function openPolicies(): Policies {
  return {
    check: checkPolicies, test: testPolicies, rewrite: rewritePolicyTests,
    named: (folders, ids) => {
      const { set } = loadPolicies(folders, { validate: false });
      return ids.flatMap((id) => set?.policies.get(id)?.ref ?? []);
    },
  };
}
