import type { LifecycleEvent } from '../../core/event.ts';
import { classes, type Frame, type JsonObject, ocsfEvent, severity, status } from './base.ts';
import { leftOut } from './limits.ts';

type Of<T extends LifecycleEvent['type']> = Extract<LifecycleEvent, { type: T }>;

/** OCSF Entity Management, Update: the policy set that is in force. */
export function policyChanged(event: Of<'policy-changed'>, frame: Frame): JsonObject {
  const { fit } = frame;
  const ids = fit.list(event.ids);
  return ocsfEvent(frame, {
    class: classes.entityManagement, activity: 3, severity: severity.medium, kind: event.type,
    own: { from: fit.text(event.from), to: fit.text(event.to), policies: ids.map((id) => ({ id: fit.text(id) })), policies_left_out: leftOut(event.ids, ids) },
  }, {
    status_id: status.success,
    entity: { type_id: 5, type: 'Policy', name: 'policy set', version: fit.text(event.from) },
    entity_result: { type_id: 5, type: 'Policy', name: 'policy set', version: fit.text(event.to) },
  });
}

export function policyRejected(event: Of<'policy-rejected'>, frame: Frame): JsonObject {
  const { fit } = frame;
  const errors = fit.list(event.errors);
  return ocsfEvent(frame, {
    class: classes.entityManagement, activity: 3, severity: severity.high, kind: event.type,
    own: { in_force: fit.text(event.inForce), errors: errors.map((error) => fit.text(error)), errors_left_out: leftOut(event.errors, errors) },
  }, {
    status_id: status.failure,
    status_detail: fit.text(event.errors[0] ?? ''),
    entity: { type_id: 5, type: 'Policy', name: 'policy set', version: fit.text(event.inForce) },
  });
}

export function configChanged(event: Of<'config-changed'>, frame: Frame): JsonObject {
  const { fit } = frame;
  return ocsfEvent(frame, {
    class: classes.entityManagement, activity: 3, severity: severity.medium, kind: event.type, own: { from: fit.text(event.from), to: fit.text(event.to) },
  }, {
    status_id: status.success,
    entity: { type_id: 99, type: 'Configuration', name: 'configuration', version: fit.text(event.from) },
    entity_result: { type_id: 99, type: 'Configuration', name: 'configuration', version: fit.text(event.to) },
  });
}

/** OCSF Account Change, Group Management (of groups) or User Access Management (of grants). */
export function identityChanged(event: Of<'identity-changed'>, frame: Frame): JsonObject {
  const { fit } = frame;
  const name = fit.text(event.name);
  const head = {
    kind: event.type, severity: severity.medium,
    own: { action: event.action, what: event.what, name, by: fit.text(event.by), detail: fit.text(event.detail) },
  };
  const body: JsonObject = { status_id: status.success, actor: { user: { name: fit.text(event.by) } }, message: fit.text(`${event.action} ${event.what} ${event.name}: ${event.detail}`) };
  switch (event.what) {
    case 'user': case 'agent': case 'service': case 'credential':
      return ocsfEvent(frame, { ...head, class: classes.accountChange, activity: accountActivity(event) }, {
        ...body,
        activity_name: accountActivity(event) === 99 ? event.action : undefined,
        user: event.what === 'agent' ? { name, type_id: 99, type: 'Agent' } : { name, type_id: event.what === 'service' ? 4 : event.what === 'user' ? 1 : 0 },
      });
    case 'group':
      return ocsfEvent(frame, { ...head, class: classes.groupManagement, activity: groupActivity(event.action) }, {
        ...body, activity_name: groupActivity(event.action) === 99 ? event.action : undefined, group: { name },
      });
    case 'grant':
      return ocsfEvent(frame, { ...head, class: classes.userAccess, activity: accessActivity(event.action) }, {
        ...body, activity_name: accessActivity(event.action) === 99 ? event.action : undefined, user: { name }, privileges: [fit.text(event.detail)],
      });
  }
}

type Action = Of<'identity-changed'>['action'];

/** Account Change knows an account's credential only as its password. */
function accountActivity({ action, what }: { action: Action; what: string }): number {
  switch (action) {
    case 'create': return what === 'credential' ? 3 : 1;
    case 'delete': return what === 'credential' ? 99 : 6;
    case 'disable': return what === 'credential' ? 99 : 5;
    case 'rotate': return 3;
    case 'update': return 99;
  }
}

function groupActivity(action: Action): number {
  switch (action) {
    case 'create': return 6;
    case 'delete': return 5;
    case 'update': case 'disable': case 'rotate': return 99;
  }
}

function accessActivity(action: Action): number {
  switch (action) {
    case 'create': return 1;
    case 'delete': case 'disable': return 2;
    case 'update': case 'rotate': return 99;
  }
}
