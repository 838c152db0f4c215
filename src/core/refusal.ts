import type { Need, PolicyRef } from './decision.ts';
import type { Span } from './effect.ts';

/** Closed: each has a page docs/errors/<code>.md, and each connector maps each to its own protocol's error. */
export const refusalCodes = [
  'forbidden', 'no-permit', 'needs-evidence', 'indeterminate', 'not-understood', 'frozen', 'audit-unavailable', 'session-expired', 'session-revoked',
  'authentication-failed', 'too-many-attempts', 'protocol-violation', 'message-too-large', 'invalid-encoding', 'unsupported-parameter',
  'unsupported-feature', 'unknown-name', 'upstream-unavailable', 'upstream-failed', 'misread', 'catalog-unavailable', 'tls-required', 'draining', 'too-many-sessions', 'internal',
] as const;
export type RefusalCode = (typeof refusalCodes)[number];

/** What the client is told. What went wrong inside is another thing and goes to the log. Every text is safe to show: no literal, no credential. */
export interface Refusal {
  readonly refused: true;
  readonly code: RefusalCode;
  /** One line, lower-case start, no full stop; user input in backticks. */
  readonly message: string;
  /** Lines for DETAIL: policies with titles, effects. */
  readonly detail: readonly string[];
  /** The way on. */
  readonly mend: string;
  readonly policies: readonly PolicyRef[];
  readonly needs: readonly Need[];
  /** Where in the command's text, in bytes. */
  readonly span?: Span;
  /** For the record and the log only, never for the client: which of the reasons that look alike from outside it was. */
  readonly cause?: string;
  /** The record's id of it, for `guardrails why ID`. */
  readonly id?: string;
}

/** Makes a refusal; what is not given is empty. */
export function refusal(code: RefusalCode, message: string, mend: string, rest: Partial<Omit<Refusal, 'refused' | 'code' | 'message' | 'mend'>> = {}): Refusal {
  return { refused: true, code, message, mend, detail: [], policies: [], needs: [], ...rest };
}

/** Of what an `AbortSignal` was aborted with. */
export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && 'refused' in value && value.refused === true;
}
