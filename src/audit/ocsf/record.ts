import type { AuditEvent, OutcomeEvent, DecisionEvent } from '../../core/event.ts';
import { canonicalJson } from '../../core/canonical.ts';
import { mostRecordBytes } from '../wal-format.ts';
import type { Stamp } from '../stamp.ts';
import { sessionClosed, sessionOpened, sessionRefused } from './authentication.ts';
import type { Frame, JsonObject, Origin } from './base.ts';
import { configChanged, identityChanged, policyChanged, policyRejected, targetExamined, targetFrozen, targetUnfrozen } from './change.ts';
import { type DecisionReference, decisionRecord, outcomeRecord } from './command.ts';
import { gatewayStarted, gatewayStopped, recordingFailed, recordingRecovered } from './lifecycle.ts';
import { Fit, type Limits, limitSteps } from './limits.ts';

type Mappings = { readonly [T in AuditEvent['type']]: (event: Extract<AuditEvent, { type: T }>, frame: Frame) => JsonObject };

const mappings: Mappings = {
  'decision': decisionRecord,
  'session-opened': sessionOpened,
  'session-refused': sessionRefused,
  'session-closed': sessionClosed,
  'gateway-started': gatewayStarted,
  'gateway-stopped': gatewayStopped,
  'policy-changed': policyChanged,
  'policy-rejected': policyRejected,
  'config-changed': configChanged,
  'identity-changed': identityChanged,
  'target-frozen': targetFrozen,
  'target-unfrozen': targetUnfrozen,
  'target-examined': targetExamined,
  'recording-failed': recordingFailed,
  'recording-recovered': recordingRecovered,
};

/** The OCSF 1.8.0 event of an event of ours (reference: audit.md C.2). */
export function ocsfOf<T extends AuditEvent['type']>(event: Extract<AuditEvent, { type: T }>, frame: Frame): JsonObject {
  const map: Mappings[T] = mappings[event.type];
  return map(event, frame);
}

/** The record's bytes as text: at most 65,535 in UTF-8, whatever the event holds. */
export function recordText(event: AuditEvent, stamp: Stamp, origin: Origin): string {
  return fitting((limits) => ocsfOf(event, { stamp, origin, fit: new Fit(limits) }));
}

export function outcomeText(event: DecisionEvent, outcome: OutcomeEvent, decision: DecisionReference, stamp: Stamp, origin: Origin): string {
  return fitting((limits) => outcomeRecord(event, outcome, decision, { stamp, origin, fit: new Fit(limits) }));
}

/** Room that a template's numbers may grow by after it was measured. */
const spareBytes = 256;

function fitting(build: (limits: Limits) => JsonObject): string {
  let text = '';
  for (const limits of limitSteps) {
    text = canonicalJson(build(limits));
    if (Buffer.byteLength(text) <= mostRecordBytes - spareBytes) return text;
  }
  throw new RangeError(`a record of ${text.length} characters after every cut`);
}
