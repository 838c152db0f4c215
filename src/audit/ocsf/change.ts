import type { LifecycleEvent } from '../../core/event.ts';
import { classes, countOf, type Frame, type Head, type JsonObject, ocsfEvent, severity, status } from './base.ts';
import { leftOut } from './limits.ts';

type Of<T extends LifecycleEvent['type']> = Extract<LifecycleEvent, { type: T }>;

/** OCSF Entity Management, Update: the policy set that is in force. */
export function policyChanged(event: Of<'policy-changed'>, frame: Frame): JsonObject {
  const { fit } = frame;
  const ids = fit.list(event.ids);
  const [added, changed, removed] = [fit.list(event.added), fit.list(event.changed), fit.list(event.removed)];
  return ocsfEvent(frame, {
    class: classes.entityManagement, activity: 3, severity: severity.medium, kind: event.type,
    own: {
      from: fit.text(event.from), to: fit.text(event.to),
      added: added.map((id) => fit.text(id)), added_left_out: leftOut(event.added, added),
      changed: changed.map((id) => fit.text(id)), changed_left_out: leftOut(event.changed, changed),
      removed: removed.map((id) => fit.text(id)), removed_left_out: leftOut(event.removed, removed),
      policies: ids.map((id) => ({ id: fit.text(id) })), policies_left_out: leftOut(event.ids, ids),
    },
  }, {
    status_id: status.success,
    entity: { type_id: 5, type: 'Policy', name: 'policy set', version: fit.text(event.from) },
    entity_result: { type_id: 5, type: 'Policy', name: 'policy set', version: fit.text(event.to) },
    message: fit.text(`policies: ${event.added.length} added, ${event.changed.length} changed, ${event.removed.length} removed`),
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

/** OCSF Entity Management, Update: a target, from here on for reads alone. */
export function targetFrozen(event: Of<'target-frozen'>, frame: Frame): JsonObject {
  return targetChanged({ ...event, since: undefined }, 'frozen', frame);
}

export function targetUnfrozen(event: Of<'target-unfrozen'>, frame: Frame): JsonObject {
  return targetChanged({ ...event, why: undefined }, 'unfrozen', frame);
}

function targetChanged(event: { readonly type: string; readonly target: string; readonly by: string; readonly why: string | undefined; readonly since: number | undefined }, now: string, { fit, ...frame }: Frame): JsonObject {
  const target = fit.text(event.target);
  const by = fit.text(event.by);
  return ocsfEvent({ ...frame, fit }, {
    class: classes.entityManagement, activity: 3, severity: severity.high, kind: event.type,
    own: { target: { name: target }, by, why: event.why === undefined ? undefined : fit.text(event.why), since: event.since === undefined ? undefined : countOf(event.since) },
  }, {
    status_id: status.success,
    actor: { user: { name: by } },
    entity: { type_id: 99, type: 'Target', name: target },
    message: fit.text(`${now} ${event.target}`),
  });
}

/** OCSF Entity Management, Read: what a target was found to be. */
export function targetExamined(event: Of<'target-examined'>, frame: Frame): JsonObject {
  const { fit } = frame;
  const weaknesses = fit.list(event.weaknesses);
  const target = fit.text(event.target);
  return ocsfEvent(frame, {
    class: classes.entityManagement, activity: 2, severity: event.weaknesses.length === 0 ? severity.informational : severity.medium, kind: event.type,
    own: { target: { name: target }, database: fit.text(event.database), weaknesses: weaknesses.map((text) => fit.text(text)), weaknesses_left_out: leftOut(event.weaknesses, weaknesses) },
  }, {
    status_id: status.success,
    entity: { type_id: 99, type: 'Target', name: target },
    message: fit.text(`${event.weaknesses.length} weaknesses of ${event.target}/${event.database}`),
  });
}

type Identity = Of<'identity-changed'>;
type Activities = Readonly<Record<Identity['action'], number>>;

/** `activity_id`s; 99 where OCSF has none, then the action's own name stands beside it. */
const accountActivities: Activities = { create: 1, delete: 6, disable: 5, rotate: 3, update: 99 };
/** Account Change knows an account's credential only as its password. */
const credentialActivities: Activities = { create: 3, rotate: 3, delete: 99, disable: 99, update: 99 };
const groupActivities: Activities = { create: 6, delete: 5, update: 99, disable: 99, rotate: 99 };
const accessActivities: Activities = { create: 1, delete: 2, disable: 2, update: 99, rotate: 99 };

/** Which class a change of each kind is of, and what the class says of it. */
const identityClasses = {
  user: { class: classes.accountChange, activities: accountActivities, body: (name: string) => ({ user: { name, type_id: 1 } }) },
  agent: { class: classes.accountChange, activities: accountActivities, body: (name: string) => ({ user: { name, type_id: 99, type: 'Agent' } }) },
  service: { class: classes.accountChange, activities: accountActivities, body: (name: string) => ({ user: { name, type_id: 4 } }) },
  credential: { class: classes.accountChange, activities: credentialActivities, body: (name: string) => ({ user: { name, type_id: 0 } }) },
  group: { class: classes.groupManagement, activities: groupActivities, body: (name: string) => ({ group: { name } }) },
  grant: { class: classes.userAccess, activities: accessActivities, body: (name: string, detail: string) => ({ user: { name }, privileges: [detail] }) },
} satisfies Record<Identity['what'], { class: Head['class']; activities: Activities; body: (name: string, detail: string) => JsonObject }>;

/** OCSF Account Change, Group Management (of groups) or User Access Management (of grants). */
export function identityChanged(event: Identity, frame: Frame): JsonObject {
  const { fit } = frame;
  const kind = identityClasses[event.what];
  const activity = kind.activities[event.action];
  const name = fit.text(event.name);
  const detail = fit.text(event.detail);
  const by = fit.text(event.by);
  return ocsfEvent(frame, {
    class: kind.class, activity, severity: severity.medium, kind: event.type, own: { action: event.action, what: event.what, name, by, detail },
  }, {
    ...kind.body(name, detail),
    activity_name: activity === 99 ? event.action : undefined,
    status_id: status.success,
    actor: { user: { name: by } },
    message: fit.text(`${event.action} ${event.what} ${event.name}: ${event.detail}`),
  });
}
