/** What makes a record this one: its time, id and place. */
export interface Stamp {
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** UUIDv7 (RFC 9562 section 5.7). */
  readonly uid: string;
  readonly sequence: number;
}

/**
 * The id of a writer's record: UUIDv7 whose 26 bits behind the time are the sequence's lowest (the counter of RFC 9562 section 6.2, method 1) and whose
 * last 48 bits, the `node` (12 hexadecimal digits), were drawn when the log was opened. So it is known from time and sequence, and ids sort as the log does.
 */
export function recordUid(time: number, sequence: number, node: string): string {
  const hex = Math.max(0, time).toString(16).padStart(12, '0').slice(-12);
  const low = sequence % 0x400_0000;
  // 12 bits, the variant `10`, 14 bits.
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7${(low >>> 14).toString(16).padStart(3, '0')}-${(0x8000 | (low & 0x3fff)).toString(16)}-${node}`;
}
