import type { Holder, IdentityState, MembershipRecord } from '../../core/state.ts';
import { checkName, findGroup, findPrincipal, quoted } from './checks.ts';
import type { Changed, RegistryContext } from './context.ts';
import { RegistryError } from './error.ts';
import { changedEvent } from './event.ts';

export async function createGroup(context: RegistryContext, input: { readonly name: string }): Promise<Changed> {
  const name = checkName(input.name);
  const now = context.clock();
  return context.store.change((state) => {
    if (state.groups.some((group) => group.name === name))
      throw new RegistryError('name-taken', `there is a group ${quoted(name)} already`, 'use it, or choose another name');
    const event = changedEvent(context, 'create', 'group', name, 'a group');
    return { changes: [{ put: 'group', record: { name, createdAt: now } }], events: [event], result: { event } };
  });
}

/** `member` gets all that the group has, now and later. A group may be in a group, never in itself by any way. */
export function addToGroup(context: RegistryContext, input: MembershipRecord): Promise<Changed> {
  return context.store.change((state) => {
    const { group, member } = input;
    checkKnown(state, group, member);
    if (isMember(state, group, member)) throw new RegistryError('no-change', `${quoted(member.name)} is in ${quoted(group)} already`, 'nothing to do');
    if (member.kind === 'group' && reaches(state, member.name, group))
      throw new RegistryError('group-ring', `${quoted(group)} is in ${quoted(member.name)} already`, 'put one in the other, not both');
    const event = changedEvent(context, 'update', 'group', group, `added ${member.kind} ${member.name}`);
    return { changes: [{ put: 'membership', record: { group, member } }], events: [event], result: { event } };
  });
}

export function removeFromGroup(context: RegistryContext, input: MembershipRecord): Promise<Changed> {
  return context.store.change((state) => {
    const { group, member } = input;
    checkKnown(state, group, member);
    if (!isMember(state, group, member)) throw new RegistryError('no-change', `${quoted(member.name)} is not itself in ${quoted(group)}`, 'see which group it is in with `guardrails group list`');
    const event = changedEvent(context, 'update', 'group', group, `removed ${member.kind} ${member.name}`);
    return { changes: [{ put: 'no-membership', record: { group, member } }], events: [event], result: { event } };
  });
}

function checkKnown(state: IdentityState, group: string, member: Holder): void {
  findGroup(state, group);
  if (member.kind === 'group') findGroup(state, member.name);
  else findPrincipal(state, member.name);
}

function isMember(state: IdentityState, group: string, member: Holder): boolean {
  return state.memberships.some((record) => record.group === group && record.member.kind === member.kind && record.member.name === member.name);
}

/** Whether `inner` is `outer` or contains it, through any number of groups. */
function reaches(state: IdentityState, inner: string, outer: string): boolean {
  const found = new Set([outer]);
  for (const name of found)
    for (const record of state.memberships) if (record.member.kind === 'group' && record.member.name === name) found.add(record.group);
  return found.has(inner);
}
