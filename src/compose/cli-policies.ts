import type { Policies } from '../cli/tools.ts';
import { checkPolicies, rewritePolicyTests, testPolicies } from '../policy/check.ts';
import { readOwnSchema } from '../policy/files.ts';
import { loadPolicies } from '../policy/load.ts';

export function openPolicies(): Policies {
  return {
    check: checkPolicies, test: testPolicies, rewrite: rewritePolicyTests, schema: () => readOwnSchema().text,
    named: (folders, ids) => {
      const { set } = loadPolicies(folders, { validate: false });
      return ids.flatMap((id) => set?.policies.get(id)?.ref ?? []);
    },
  };
}
