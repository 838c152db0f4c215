import type { CedarValueJson, EntityJson } from '@cedar-policy/cedar-wasm/nodejs';
import type { Principal } from '../core/principal.ts';
import { ask, type Slot } from './cedar.ts';
import { datetime, requireClock } from './datetime.ts';
import { ref, refs } from './slice.ts';

/** A person asks to approve a hold. */
export interface ApprovalRequest {
  readonly approver: Principal;
  /** Names of users: who asked, and for whom. */
  readonly requester: string;
  readonly beneficiary: string;
  /** Groups that the hold names. */
  readonly approvers: readonly string[];
  readonly strongAuth: boolean;
  readonly channel: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Decided by the same engine as everything else. Whatever goes wrong is a no. */
export function mayApprove(slot: Slot, request: ApprovalRequest): boolean {
  try {
    const { approver, requester, beneficiary } = request;
    if (approver.ref.kind !== 'User') return false;
    const self = { type: 'User', id: approver.ref.name };
    const users = new Map<string, EntityJson>();
    const none: Record<string, CedarValueJson> = { enabled: false, strongAuth: false };
    for (const id of [requester, beneficiary]) users.set(id, { uid: { type: 'User', id }, attrs: none, parents: [] });
    users.set(self.id, { uid: self, attrs: { enabled: approver.enabled, strongAuth: approver.strongAuth }, parents: approver.groups.map((id) => ({ type: 'Group', id })) });
    const groups = [...new Set([...approver.groups, ...request.approvers])].map((id): EntityJson => ({ uid: { type: 'Group', id }, attrs: {}, parents: [] }));
    const hold: EntityJson = { uid: { type: 'Hold', id: 'hold' }, attrs: { requester: ref('User', requester), beneficiary: ref('User', beneficiary), approvers: refs('Group', request.approvers) }, parents: [] };
    const answer = ask(slot, {
      principal: self, action: 'approve', resource: { type: 'Hold', id: 'hold' },
      context: { now: datetime(requireClock(request.now)), strongAuth: request.strongAuth, channel: request.channel }, entities: [...users.values(), ...groups, hold],
    });
    return !answer.failed && answer.allow;
  } catch { return false; }
}
