import type { Generated } from 'kysely';
import type { PrincipalKind } from '../core/principal.ts';

/** The tables of migrations.ts as Kysely sees them. */
export interface Schema {
  principals: { name: string; kind: PrincipalKind; enabled: number; owner: string | null; until: number | null; purpose: string | null; created_at: number };
  groups: { name: string; created_at: number };
  principal_memberships: { group_name: string; member: string };
  group_memberships: { group_name: string; member: string };
  /** `resources`, `verbs` and `unmask` are JSON. */
  grants: {
    id: string; principal: string | null; group_name: string | null; target: string; resources: string; verbs: string; unmask: string;
    until: number; why: string; created_by: string; created_at: number; revoked_at: number | null;
  };
  credentials: { id: string; principal: string; verifier: string; created_at: number; revoked_at: number | null };
  freezes: { target: string; why: string; created_by: string; created_at: number };
  meta: { name: string; value: string };
  unrecorded: { id: Generated<number>; at: number; event: string };
}
