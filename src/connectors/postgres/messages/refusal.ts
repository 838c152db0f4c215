import { display, truncate } from '../../../core/display.ts';
import type { Refusal, RefusalCode } from '../../../core/refusal.ts';
import { encodeErrorResponse, errorFieldsOf } from './error-response.ts';

/**
 * SQLSTATEs of PostgreSQL 18 documentation, appendix A. An ended session is 28000 and not 57P01 (admin_shutdown):
 * drivers and pools reconnect at once on 57P01, and would storm the gate with a credential that is good no more.
 */
const sqlstates: { readonly [code in RefusalCode]: string } = {
  'forbidden': '42501', 'no-permit': '42501', 'needs-evidence': '42501', 'indeterminate': '42501', 'not-understood': '42501',
  // read_only_sql_transaction: what a client meets on a standby, and drivers with several hosts know.
  'frozen': '25006',
  'audit-unavailable': '58030', 'session-expired': '28000', 'session-revoked': '28000', 'authentication-failed': '28P01', 'too-many-attempts': '28000',
  'protocol-violation': '08P01', 'message-too-large': '54000', 'invalid-encoding': '22021', 'unsupported-parameter': '22023', 'unsupported-feature': '0A000',
  'unknown-name': '26000', 'upstream-unavailable': '57P03', 'upstream-failed': '08006', 'misread': '25006', 'catalog-unavailable': '58000', 'tls-required': '28000',
  'draining': '57P01', 'too-many-sessions': '53300', 'internal': 'XX000',
};

export function sqlstateOf(code: RefusalCode): string { return sqlstates[code]; }

/** Characters of each field at most. libpq takes an ErrorResponse beyond 30,000 bytes during startup for one of protocol 2. */
const longestMessage = 1_000;
const longestDetail = 4_000;
const longestHint = 1_000;

/** 1-based position in characters (section 54.8, field P) of a byte offset; undefined when it is not inside the text. */
export function characterPosition(text: string, byteOffset: number): number | undefined {
  let bytes = 0;
  let position = 1;
  for (const character of text) {
    if (bytes >= byteOffset) return position;
    bytes += Buffer.byteLength(character);
    position += 1;
  }
  return undefined;
}

/**
 * The ErrorResponse that tells a client of a refusal. Total: what a terminal or the frame could not carry is made visible or cut.
 * `sqlstate` where a closer one than the code's own is known: tools look for 3D000 or 34000.
 */
export function encodeRefusal(refusal: Refusal, text: string | undefined, severity: 'ERROR' | 'FATAL', sqlstate: string = sqlstates[refusal.code]): Buffer {
  const lines = refusal.id === undefined ? refusal.detail : [...refusal.detail, `more: guardrails why ${refusal.id}`];
  return encodeErrorResponse(errorFieldsOf(severity, sqlstate, safe(refusal.message, longestMessage), {
    detail: lines.length === 0 ? undefined : safe(lines.join('\n'), longestDetail),
    hint: refusal.mend === '' ? undefined : safe(refusal.mend, longestHint),
    position: refusal.span === undefined || text === undefined ? undefined : characterPosition(text, refusal.span.start),
  }));
}

function safe(text: string, width: number): string {
  return truncate(display(text, { lines: true }), width);
}
