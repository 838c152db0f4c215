import type { ChangeSet, CredentialRecord, IdentityState } from '../../core/state.ts';
import { checkLife, findPrincipal, quoted } from './checks.ts';
import type { Life } from './checks.ts';
import type { Changed, ChangedWithSecret, RegistryContext } from './context.ts';
import { makeCredential } from './create.ts';
import { RegistryError } from './error.ts';
import { changedEvent, whatOf } from './event.ts';

interface Named { readonly name: string }

/** Ends live sessions, of what it owns too, as soon as the gateways see it. */
export function disable(context: RegistryContext, input: Named): Promise<Changed> {
  return setEnabled(context, input.name, false);
}

export function enable(context: RegistryContext, input: Named): Promise<Changed> {
  return setEnabled(context, input.name, true);
}

function setEnabled(context: RegistryContext, name: string, enabled: boolean): Promise<Changed> {
  return context.store.change((state) => {
    const record = findPrincipal(state, name);
    if (record.enabled === enabled) throw new RegistryError('no-change', `${quoted(name)} is ${enabled ? 'enabled' : 'disabled'} already`, 'nothing to do');
    const event = changedEvent(context, enabled ? 'update' : 'disable', whatOf[record.kind], name, enabled ? 'enabled' : 'disabled');
    return { changes: [{ put: 'principal', record: { ...record, enabled } }], events: [event], result: { event } };
  });
}

export interface Extended extends Changed { readonly until: number }

/** Gives an agent, live or ended, a new end. Grants that were to end with it move along. */
export async function extend(context: RegistryContext, input: Life & Named): Promise<Extended> {
  const now = context.clock();
  return moveEnd(context, input.name, checkLife(input, now), now);
}

/** Ends an agent now. */
export function expire(context: RegistryContext, input: Named): Promise<Extended> {
  const now = context.clock();
  return moveEnd(context, input.name, now, now);
}

function moveEnd(context: RegistryContext, name: string, until: number, now: number): Promise<Extended> {
  return context.store.change((state) => {
    const record = findPrincipal(state, name);
    if (record.kind !== 'Agent' || record.until === undefined)
      throw new RegistryError('not-agent', `${quoted(name)} is not an agent`, 'only agents have an end; disable a user or service instead');
    const grants = until === now ? [] : state.grants.filter((grant) => grant.revokedAt === undefined
      && grant.holder.kind === 'principal' && grant.holder.name === name && grant.until === record.until);
    const event = changedEvent(context, 'update', 'agent', name, `until ${new Date(until).toISOString()}${grants.map((grant) => `, ${grant.id}`).join('')}`);
    return {
      changes: [{ put: 'principal', record: { ...record, until } }, ...grants.map((grant) => ({ put: 'grant', record: { ...grant, until } } as const))],
      events: [event], result: { event, until },
    };
  });
}

function liveCredentials(state: IdentityState, name: string): readonly CredentialRecord[] {
  return state.credentials.filter((credential) => credential.principal === name && credential.revokedAt === undefined);
}

/** Takes the secret away and gives no other. Whoever has no secret cannot log in until `rotate`. */
export function revokeCredential(context: RegistryContext, input: Named): Promise<Changed> {
  const now = context.clock();
  return context.store.change((state): ChangeSet<Changed> => {
    findPrincipal(state, input.name);
    const live = liveCredentials(state, input.name);
    if (live.length === 0) throw new RegistryError('no-change', `${quoted(input.name)} has no secret`, 'make one with `guardrails agent rotate`');
    const event = changedEvent(context, 'delete', 'credential', input.name, live.map((credential) => credential.id).join(' '));
    return { changes: live.map((credential) => ({ put: 'credential', record: { ...credential, revokedAt: now } })), events: [event], result: { event } };
  });
}

/** A new secret; the old one is good for nothing from now on. */
export async function rotate(context: RegistryContext, input: Named): Promise<ChangedWithSecret> {
  const now = context.clock();
  const { secret, record } = makeCredential(context, input.name, now);
  return context.store.change((state): ChangeSet<ChangedWithSecret> => {
    findPrincipal(state, input.name);
    const old = liveCredentials(state, input.name);
    const event = changedEvent(context, 'rotate', 'credential', input.name, `${record.id}, replaces ${old.map((credential) => credential.id).join(' ') || 'none'}`);
    return {
      changes: [...old.map((credential) => ({ put: 'credential', record: { ...credential, revokedAt: now } } as const)), { put: 'credential', record }],
      events: [event], result: { secret, event },
    };
  });
}
