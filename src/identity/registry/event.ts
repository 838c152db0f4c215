import type { PrincipalKind } from '../../core/principal.ts';
import type { IdentityChanged } from '../../core/state.ts';
import type { RegistryContext } from './context.ts';

export function changedEvent(context: RegistryContext, action: IdentityChanged['action'], what: IdentityChanged['what'], name: string, detail: string): IdentityChanged {
  return { type: 'identity-changed', action, what, name, by: context.by, detail };
}

/** The record's word for each kind. */
export const whatOf = { User: 'user', Agent: 'agent', Service: 'service' } as const satisfies Record<PrincipalKind, IdentityChanged['what']>;
