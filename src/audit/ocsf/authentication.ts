import type { LifecycleEvent } from '../../core/event.ts';
import { formatPrincipal } from '../../core/format.ts';
import { classes, countOf, type Frame, type JsonObject, ocsfEvent, severity, status } from './base.ts';
import { actor, destination, ownSession, ownTarget, source, user } from './session.ts';

type Of<T extends LifecycleEvent['type']> = Extract<LifecycleEvent, { type: T }>;

/** OCSF Authentication: Logon and Logoff. */
export function sessionOpened(event: Of<'session-opened'>, frame: Frame): JsonObject {
  const { fit } = frame;
  const { session } = event;
  return ocsfEvent(frame, {
    class: classes.authentication, activity: 1, severity: severity.informational, kind: event.type, session: session.id, profiles: ['security_control'],
    own: {
      ...ownSession(session, fit),
      method: fit.text(event.method),
      tls: event.tls,
      application: session.application === undefined ? undefined : fit.text(session.application),
    },
  }, {
    action_id: 1, disposition_id: 1, status_id: status.success,
    actor: actor(session, fit),
    user: user(session.principal, fit),
    session: { uid: fit.text(session.id) },
    auth_protocol_id: 99,
    auth_protocol: fit.text(event.method),
    is_cleartext: !event.tls,
    src_endpoint: source(session.client, fit),
    dst_endpoint: destination(session.target, fit),
  });
}

export function sessionRefused(event: Of<'session-refused'>, frame: Frame): JsonObject {
  const { fit } = frame;
  return ocsfEvent(frame, {
    class: classes.authentication, activity: 1, severity: severity.medium, kind: event.type, profiles: ['security_control'],
    own: { user: fit.text(event.user), target: ownTarget(event.target, fit), outcome: 'deny', code: event.code, why: fit.text(event.why) },
  }, {
    action_id: 2, disposition_id: 2, is_alert: true, status_id: status.failure,
    status_code: event.code,
    status_detail: fit.text(event.why),
    // As claimed: nobody was proven.
    user: { name: fit.text(event.user), type_id: 0 },
    src_endpoint: source(event.client, fit),
    dst_endpoint: destination(event.target, fit),
  });
}

export function sessionClosed(event: Of<'session-closed'>, frame: Frame): JsonObject {
  const { fit } = frame;
  const { session } = event;
  return ocsfEvent(frame, {
    class: classes.authentication, activity: 2, severity: severity.informational, kind: event.type, session: session.id,
    own: { ...ownSession(session, fit), why: fit.text(event.why), commands: countOf(event.commands), refused: countOf(event.refused) },
  }, {
    status_id: status.success,
    status_detail: fit.text(event.why),
    message: fit.text(`${formatPrincipal(session.principal)} left ${session.target.name}: ${event.why}`),
    actor: actor(session, fit),
    user: user(session.principal, fit),
    session: { uid: fit.text(session.id) },
    src_endpoint: source(session.client, fit),
    dst_endpoint: destination(session.target, fit),
  });
}
