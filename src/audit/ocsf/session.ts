import { isIP } from 'node:net';
import type { SessionFacts } from '../../core/event.ts';
import { formatPrincipal } from '../../core/format.ts';
import type { PrincipalRef } from '../../core/principal.ts';
import type { Target } from '../../core/target.ts';
import type { JsonObject } from './base.ts';
import type { Fit } from './limits.ts';

/** OCSF 1.8 has no agents among its users: the one whom an agent acts for is the user, the agent the application (reference: audit.md C.2). */
export function actor(session: SessionFacts, fit: Fit): JsonObject {
  const { principal, owner } = session;
  const asOwner = principal.kind === 'Agent' && owner !== undefined;
  return {
    user: user(asOwner ? { kind: 'User', name: owner } : principal, fit),
    session: { uid: fit.text(session.id) },
    ...(principal.kind === 'Agent' ? { app_name: fit.text(principal.name), app_uid: fit.text(formatPrincipal(principal)) } : {}),
  };
}

/** OCSF `user.type_id`; it has none for agents. */
const userTypes: Readonly<Record<PrincipalRef['kind'], JsonObject>> = {
  User: { type_id: 1 }, Service: { type_id: 4 }, Agent: { type_id: 99, type: 'Agent' },
};

export function user(ref: PrincipalRef, fit: Fit): JsonObject {
  return { ...userTypes[ref.kind], name: fit.text(ref.name), uid: fit.text(formatPrincipal(ref)) };
}

/** OCSF 1.8, ip_t: max_len. An address as the kernel writes it always fits; one that somebody wrote out with all its zeros may not. */
const mostIpCharacters = 40;

/** Addresses that are none (a socket's path, what a fault left empty) go by name: a record is not refused for them. */
export function source(client: SessionFacts['client'], fit: Fit): JsonObject {
  const { address, port } = client;
  const validPort = Number.isInteger(port) && port >= 0 && port <= 65_535 ? port : undefined;
  return isIP(address) !== 0 && !address.includes('%') && address.length <= mostIpCharacters
    ? { ip: address, port: validPort }
    : { name: address === '' ? 'local' : fit.text(address), port: validPort };
}

export function destination(target: Target, fit: Fit): JsonObject {
  return { name: fit.text(target.name), svc_name: target.protocol };
}

/** What every record of a session repeats for our own reader. */
export function ownSession(session: SessionFacts, fit: Fit): JsonObject {
  return {
    principal: fit.text(formatPrincipal(session.principal)),
    owner: session.owner === undefined ? undefined : fit.text(session.owner),
    target: ownTarget(session.target, fit),
    database: session.database === undefined ? undefined : fit.text(session.database),
    purpose: fit.text(session.purpose),
    session: fit.text(session.id),
  };
}

export function ownTarget(target: Target, fit: Fit): JsonObject {
  return { name: fit.text(target.name), environment: target.environment, mode: target.mode };
}
