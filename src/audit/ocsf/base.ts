import type { Json } from '../../core/canonical.ts';
import type { Stamp } from '../stamp.ts';
import type { Fit } from './limits.ts';

export type JsonObject = { readonly [key: string]: Json | undefined };

/** Who made the records: the product (OCSF `metadata.product`) and the writer within it. */
export interface Origin {
  readonly product: { readonly name: string; readonly vendor: string; readonly version: string };
  readonly writer: string;
}

/** What every mapping gets. */
export interface Frame { readonly stamp: Stamp; readonly origin: Origin; readonly fit: Fit }

/** Classes of OCSF 1.8.0 that we write: uid, category. */
export const classes = {
  eventLog: { uid: 1008, category: 1 },
  accountChange: { uid: 3001, category: 3 },
  authentication: { uid: 3002, category: 3 },
  entityManagement: { uid: 3004, category: 3 },
  userAccess: { uid: 3005, category: 3 },
  groupManagement: { uid: 3006, category: 3 },
  applicationLifecycle: { uid: 6002, category: 6 },
  apiActivity: { uid: 6003, category: 6 },
  datastoreActivity: { uid: 6005, category: 6 },
} as const;

/** OCSF `severity_id`. */
export const severity = { informational: 1, low: 2, medium: 3, high: 4 } as const;
/** OCSF `status_id`. */
export const status = { success: 1, failure: 2, other: 99 } as const;

export interface Head {
  readonly class: (typeof classes)[keyof typeof classes];
  readonly activity: number;
  readonly severity: number;
  /** Our own name of the kind: `metadata.event_code`. */
  readonly kind: string;
  /** UUIDv7 of the session. */
  readonly session?: string;
  readonly profiles?: readonly string[];
  /** Goes to `unmapped.guardrails`, with `kind`: what OCSF has no place for, and what our own reader reads. */
  readonly own: JsonObject;
}

/** The attributes that every class has (reference: OCSF 1.8.0, base event), around those of the class. */
export function ocsfEvent(frame: Frame, head: Head, body: JsonObject): JsonObject {
  const { stamp, origin, fit } = frame;
  return {
    ...body,
    activity_id: head.activity,
    category_uid: head.class.category,
    class_uid: head.class.uid,
    type_uid: head.class.uid * 100 + head.activity,
    severity_id: head.severity,
    time: stamp.time,
    metadata: {
      version: '1.8.0',
      uid: stamp.uid,
      sequence: stamp.sequence,
      event_code: head.kind,
      log_name: 'guardrails',
      log_provider: origin.writer,
      product: { name: fit.text(origin.product.name), vendor_name: fit.text(origin.product.vendor), version: fit.text(origin.product.version) },
      correlation_uid: head.session === undefined ? undefined : fit.text(head.session),
      profiles: head.profiles,
      is_truncated: fit.cut ? true : undefined,
    },
    unmapped: { guardrails: { ...head.own, kind: head.kind } },
  };
}

/** A count that is none (a fault elsewhere) is not a reason to lose the record. */
export function countOf(value: number): number {
  return Number.isSafeInteger(value) && value >= 0 ? value : 0;
}
