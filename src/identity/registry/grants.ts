import { formatResource } from '../../core/format.ts';
import type { GrantRecord, Holder, PrincipalRecord } from '../../core/state.ts';
import { checkDeclared, checkLife, checkResources, checkTarget, checkText, checkUnmask, checkVerbs, findGroup, findPrincipal, quoted } from './checks.ts';
import type { Life } from './checks.ts';
import { makeId } from './context.ts';
import type { Changed, RegistryContext } from './context.ts';
import { RegistryError } from './error.ts';
import { changedEvent } from './event.ts';

/** What is granted, as a person writes it. */
export interface GrantScope {
  readonly target: string;
  readonly verbs: readonly string[];
  /** Text forms, `table:public.users`; none is the whole target. */
  readonly resources?: readonly string[];
  readonly unmask?: readonly string[];
  readonly why?: string;
}

export function makeGrant(context: RegistryContext, holder: Holder, scope: GrantScope, until: number, now: number): GrantRecord {
  const [verbs, target] = [checkVerbs(scope.verbs), checkTarget(scope.target)];
  checkDeclared({ target, unmask: scope.unmask ?? [] }, context.declared);
  return {
    id: makeId(context, 'grant'), holder, target, resources: checkResources(scope.resources ?? [], target, verbs, context.declared),
    verbs, unmask: checkUnmask(scope.unmask ?? [], verbs), until, why: checkText(scope.why ?? ''), createdBy: context.by, createdAt: now, revokedAt: undefined,
  };
}

/** One line: `grant-…: read,update on prod-db (table:public.users) until 2026-01-01T00:00:00.000Z`. */
export function describeGrant(grant: GrantRecord): string {
  const where = grant.resources.length === 0 ? '' : ` (${grant.resources.map(formatResource).join(' ')})`;
  const clear = grant.unmask.length === 0 ? '' : ` unmask ${grant.unmask.join(',')}`;
  return `${grant.id}: ${grant.verbs.join(',')} on ${grant.target}${where}${clear} until ${new Date(grant.until).toISOString()}`;
}

export interface Granted extends Changed { readonly grant: GrantRecord }

/** Gives a principal or a group rights that it has until then. */
export async function grant(context: RegistryContext, input: Life & GrantScope & { readonly holder: Holder }): Promise<Granted> {
  const now = context.clock();
  const made = makeGrant(context, input.holder, input, checkLife(input, now), now);
  return context.store.change((state) => {
    if (made.holder.kind === 'group') findGroup(state, made.holder.name);
    else checkLiving(findPrincipal(state, made.holder.name), now);
    const event = changedEvent(context, 'create', 'grant', made.id, `to ${made.holder.kind} ${made.holder.name}, ${describeGrant(made)}`);
    return { changes: [{ put: 'grant', record: made }], events: [event], result: { grant: made, event } };
  });
}

/** Of an agent that has ended nothing is permitted, whatever it is granted. */
function checkLiving({ name, until }: PrincipalRecord, now: number): void {
  if (until !== undefined && until <= now) throw new RegistryError('holder-ended', `the agent ${quoted(name)} ended ${new Date(until).toISOString()}`, 'give it a new end first: `guardrails agent extend`');
}

export function revokeGrant(context: RegistryContext, input: { readonly id: string }): Promise<Changed> {
  const now = context.clock();
  return context.store.change((state) => {
    const found = state.grants.find((grant) => grant.id === input.id);
    if (found === undefined) throw new RegistryError('unknown-grant', `there is no grant ${quoted(input.id)}`, 'see `guardrails grant list`');
    if (found.revokedAt !== undefined) throw new RegistryError('no-change', `the grant ${quoted(input.id)} is revoked already`, 'nothing to do');
    const event = changedEvent(context, 'delete', 'grant', found.id, `of ${found.holder.kind} ${found.holder.name}, ${describeGrant(found)}`);
    return { changes: [{ put: 'grant', record: { ...found, revokedAt: now } }], events: [event], result: { event } };
  });
}
