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
  const until = checkLife(input, context.clock());
  return context.store.change((state) => {
    const record = findPrincipal(state, input.name);
    if (record.kind !== 'Agent' || record.until === undefined)
      throw new RegistryError('not-agent', `${quoted(input.name)} is not an agent`, 'only agents have an end; disable a user or service instead');
    const grants = state.grants.filter((grant) => grant.revokedAt === undefined
      && grant.holder.kind === 'principal' && grant.holder.name === input.name && grant.until === record.until);
    const event = changedEvent(context, 'update', 'agent', input.name, `until ${new Date(until).toISOString()}${grants.map((grant) => `, ${grant.id}`).join('')}`);
    return {
      changes: [{ put: 'principal', record: { ...record, until } }, ...grants.map((grant) => ({ put: 'grant', record: { ...grant, until } } as const))],
      events: [event], result: { event, until },
    };
  });
}

function liveCredentials(state: IdentityState, name: string): readonly CredentialRecord[] {
  return state.credentials.filter((credential) => credential.principal === name && credential.revokedAt === undefined);
}

/**
 * Takes the secret away, gives no other, and ends live sessions as soon as the gateways see it; an agent's time is over, too. In one commit: a gateway
 * that saw only half of it would tell the sessions that they had expired. `rotate` (of an agent also `extend`) brings it back.
 */
export function revoke(context: RegistryContext, input: Named): Promise<Changed> {
  const now = context.clock();
  return context.store.change((state): ChangeSet<Changed> => {
    const { name } = input;
    const record = findPrincipal(state, name);
    const live = liveCredentials(state, name);
    const ends = record.until !== undefined && record.until > now;
    if (live.length === 0 && !ends) throw new RegistryError('no-change', `${quoted(name)} is revoked already`, 'nothing to do');
    const event = changedEvent(context, 'disable', whatOf[record.kind], name, 'revoked');
    const taken = live.length === 0 ? [] : [changedEvent(context, 'delete', 'credential', name, live.map((credential) => credential.id).join(' '))];
    return {
      changes: [
        ...(ends ? [{ put: 'principal', record: { ...record, until: now } } as const] : []),
        ...live.map((credential) => ({ put: 'credential', record: { ...credential, revokedAt: now } } as const)),
      ],
      events: [event, ...taken], result: { event },
    };
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
