import type { Insertable, Selectable } from 'kysely';
import { z } from 'zod';
import { verbs } from '../core/effect.ts';
import { entityKinds, thingKinds } from '../core/resource.ts';
import type { CredentialRecord, FreezeRecord, GrantRecord, PrincipalRecord, Unrecorded } from '../core/state.ts';
import type { Schema } from './schema.ts';

/** JSON columns are read strictly: a grant that was altered by hand and half understood could give more than was meant. */
const resources = z.array(z.strictObject({
  kind: z.enum([...entityKinds, ...thingKinds]), path: z.array(z.string()), system: z.boolean(), id: z.string().optional(),
}));
const grantVerbs = z.array(z.enum([...verbs, 'unmask']));
const labels = z.array(z.string());
const identityChanged = z.strictObject({
  type: z.literal('identity-changed'), action: z.enum(['create', 'update', 'delete', 'disable', 'rotate']),
  what: z.enum(['user', 'agent', 'service', 'group', 'grant', 'credential']), name: z.string(), by: z.string(), detail: z.string(),
});
const configChanged = z.strictObject({ type: z.literal('config-changed'), from: z.string(), to: z.string() });
const targetFrozen = z.strictObject({ type: z.literal('target-frozen'), target: z.string(), by: z.string(), why: z.string() });
const targetUnfrozen = z.strictObject({ type: z.literal('target-unfrozen'), target: z.string(), by: z.string(), since: z.number() });
const unrecorded = z.discriminatedUnion('type', [identityChanged, configChanged, targetFrozen, targetUnfrozen]);

export function principalOf(row: Selectable<Schema['principals']>): PrincipalRecord {
  return {
    name: row.name, kind: row.kind, enabled: row.enabled === 1, owner: row.owner ?? undefined, until: row.until ?? undefined,
    purpose: row.purpose ?? undefined, createdAt: row.created_at,
  };
}

export function principalRow(record: PrincipalRecord): Insertable<Schema['principals']> {
  return {
    name: record.name, kind: record.kind, enabled: record.enabled ? 1 : 0, owner: record.owner ?? null, until: record.until ?? null,
    purpose: record.purpose ?? null, created_at: record.createdAt,
  };
}

/** Throws when a JSON column is not what it must be. */
export function grantOf(row: Selectable<Schema['grants']>): GrantRecord {
  return {
    id: row.id, holder: row.principal === null ? { kind: 'group', name: row.group_name ?? '' } : { kind: 'principal', name: row.principal },
    target: row.target,
    resources: resources.parse(JSON.parse(row.resources)).map(({ id, ...rest }) => id === undefined ? rest : { ...rest, id }),
    verbs: grantVerbs.parse(JSON.parse(row.verbs)), unmask: labels.parse(JSON.parse(row.unmask)),
    until: row.until, why: row.why, createdBy: row.created_by, createdAt: row.created_at, revokedAt: row.revoked_at ?? undefined,
  };
}

export function grantRow(record: GrantRecord): Insertable<Schema['grants']> {
  return {
    id: record.id, principal: record.holder.kind === 'principal' ? record.holder.name : null,
    group_name: record.holder.kind === 'group' ? record.holder.name : null, target: record.target,
    resources: JSON.stringify(record.resources), verbs: JSON.stringify(record.verbs), unmask: JSON.stringify(record.unmask),
    until: record.until, why: record.why, created_by: record.createdBy, created_at: record.createdAt, revoked_at: record.revokedAt ?? null,
  };
}

export function credentialOf(row: Selectable<Schema['credentials']>): CredentialRecord {
  return { id: row.id, principal: row.principal, verifier: row.verifier, createdAt: row.created_at, revokedAt: row.revoked_at ?? undefined };
}

export function credentialRow(record: CredentialRecord): Insertable<Schema['credentials']> {
  return { id: record.id, principal: record.principal, verifier: record.verifier, created_at: record.createdAt, revoked_at: record.revokedAt ?? null };
}

export function freezeOf(row: Selectable<Schema['freezes']>): FreezeRecord {
  return { target: row.target, why: row.why, by: row.created_by, since: row.created_at };
}

export function freezeRow(record: FreezeRecord): Insertable<Schema['freezes']> {
  return { target: record.target, why: record.why, created_by: record.by, created_at: record.since };
}

/** Throws when the text is not an event. */
export function eventOf(text: string): Unrecorded['event'] {
  return unrecorded.parse(JSON.parse(text));
}
