import type { LifecycleEvent } from '../../core/event.ts';
import { classes, countOf, type Frame, type JsonObject, ocsfEvent, severity, status } from './base.ts';
import { leftOut } from './limits.ts';

type Of<T extends LifecycleEvent['type']> = Extract<LifecycleEvent, { type: T }>;

/** OCSF Application Lifecycle: Start and Stop. */
export function gatewayStarted(event: Of<'gateway-started'>, frame: Frame): JsonObject {
  const { fit, origin } = frame;
  const targets = fit.list(event.targets);
  const binaries = fit.list(event.binaries);
  return ocsfEvent(frame, {
    class: classes.applicationLifecycle, activity: 3, severity: severity.informational, kind: event.type,
    own: {
      version: fit.text(event.version),
      config: fit.text(event.configDigest),
      policy_version: fit.text(event.policyVersion),
      targets: targets.map((name) => fit.text(name)),
      targets_left_out: leftOut(event.targets, targets),
      binaries: binaries.map(({ name, sha256 }) => ({ name: fit.text(name), sha256: fit.text(sha256) })),
      binaries_left_out: leftOut(event.binaries, binaries),
    },
  }, {
    status_id: status.success,
    app: { name: fit.text(origin.product.name), vendor_name: fit.text(origin.product.vendor), version: fit.text(event.version) },
  });
}

export function gatewayStopped(event: Of<'gateway-stopped'>, frame: Frame): JsonObject {
  const { fit, origin } = frame;
  return ocsfEvent(frame, {
    class: classes.applicationLifecycle, activity: 4, severity: severity.informational, kind: event.type, own: { why: fit.text(event.why) },
  }, {
    status_id: status.success,
    status_detail: fit.text(event.why),
    app: { name: fit.text(origin.product.name), vendor_name: fit.text(origin.product.vendor), version: fit.text(origin.product.version) },
  });
}

/** OCSF Event Log Activity: Stop and Start of our own log. */
export function recordingFailed(event: Of<'recording-failed'>, frame: Frame): JsonObject {
  const { fit, origin } = frame;
  return ocsfEvent(frame, {
    class: classes.eventLog, activity: 7, severity: severity.high, kind: event.type, own: { error: fit.text(event.error) },
  }, {
    log_name: 'guardrails', log_type_id: 2, log_provider: origin.writer, status_id: status.failure, status_detail: fit.text(event.error),
  });
}

export function recordingRecovered(event: Of<'recording-recovered'>, frame: Frame): JsonObject {
  const { fit, origin } = frame;
  return ocsfEvent(frame, {
    class: classes.eventLog, activity: 6, severity: event.missed > 0 ? severity.high : severity.low, kind: event.type,
    own: { missed: countOf(event.missed), detail: fit.text(event.detail) },
  }, {
    log_name: 'guardrails', log_type_id: 2, log_provider: origin.writer, status_id: status.success, status_detail: fit.text(event.detail),
  });
}
