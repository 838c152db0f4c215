import type { CredentialRecord, GrantRecord, IdentityChange, IdentityState, PrincipalRecord } from '../../core/state.ts';
import { makeSecret } from '../secret.ts';
import { formatVerifier, makeVerifier, saltLength } from '../verifier.ts';
import { checkDeclared, checkFree, checkLife, checkName, checkOwner, checkTarget } from './checks.ts';
import type { Life } from './checks.ts';
import { makeId } from './context.ts';
import type { ChangedWithSecret, RegistryContext } from './context.ts';
import { describeGrant, makeGrant } from './grants.ts';
import type { GrantScope } from './grants.ts';
import { changedEvent, whatOf } from './event.ts';

export interface NewCredential { readonly secret: string; readonly record: CredentialRecord }

/** Costs a millisecond of CPU: made before the write lock is taken. */
export function makeCredential(context: RegistryContext, principal: string, now: number): NewCredential {
  const secret = makeSecret(context.randomBytes(32));
  const verifier = formatVerifier(makeVerifier(secret, context.randomBytes(saltLength)));
  return { secret, record: { id: makeId(context, 'cred'), principal, verifier, createdAt: now, revokedAt: undefined } };
}

/** A person. Throws `RegistryError`, `StateUnavailable`; so do all here. */
export async function createUser(context: RegistryContext, input: { readonly name: string }): Promise<ChangedWithSecret> {
  return create(context, { name: checkName(input.name), kind: 'User', owner: undefined, until: undefined, purpose: undefined }, 'a user');
}

/** A program with a standing job, for which `owner`, a user, answers. */
export async function createService(context: RegistryContext, input: { readonly name: string; readonly owner: string }): Promise<ChangedWithSecret> {
  return create(context, { name: checkName(input.name), kind: 'Service', owner: input.owner, until: undefined, purpose: undefined }, `owner ${input.owner}`);
}

export type NewAgent = Life & GrantScope & { readonly name: string; readonly owner: string; readonly purpose?: string };

export interface CreatedAgent extends ChangedWithSecret {
  readonly grant: GrantRecord;
  /** Milliseconds since the epoch, of the agent and of its grant. */
  readonly until: number;
}

/** An agent with a first grant, which ends with it. */
export async function createAgent(context: RegistryContext, input: NewAgent): Promise<CreatedAgent> {
  const now = context.clock();
  const name = checkName(input.name);
  const until = checkLife(input, now);
  const purpose = input.purpose === undefined ? undefined : checkTarget(input.purpose);
  checkDeclared(purpose === undefined ? {} : { purpose }, context.declared);
  const grant = makeGrant(context, { kind: 'principal', name }, input, until, now);
  const made = await create(context, { name, kind: 'Agent', owner: input.owner, until, purpose },
    `owner ${input.owner}, until ${new Date(until).toISOString()}, ${describeGrant(grant)}`, [{ put: 'grant', record: grant }]);
  return { ...made, grant, until };
}

type NewPrincipal = Omit<PrincipalRecord, 'enabled' | 'createdAt'>;

async function create(context: RegistryContext, principal: NewPrincipal, detail: string, more: readonly IdentityChange[] = []): Promise<ChangedWithSecret> {
  const now = context.clock();
  const { secret, record } = makeCredential(context, principal.name, now);
  return context.store.change((state: IdentityState) => {
    checkFree(state, principal.name);
    if (principal.owner !== undefined) checkOwner(state, principal.owner);
    const event = changedEvent(context, 'create', whatOf[principal.kind], principal.name, detail);
    return {
      changes: [{ put: 'principal', record: { ...principal, enabled: true, createdAt: now } }, { put: 'credential', record }, ...more],
      events: [event], result: { secret, event },
    };
  });
}
