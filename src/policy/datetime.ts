import type { CedarValueJson } from '@cedar-policy/cedar-wasm/nodejs';

/** 9999-12-31T23:59:59.999Z: the last moment that Cedar's datetime writes with four digits of year. */
const last = 253_402_300_799_999;

/** Milliseconds since the epoch as Cedar's datetime; times beyond either end are that end. Throws `RangeError` for NaN: a time that is not known must refuse. */
export function datetime(ms: number): CedarValueJson {
  const clamped = Math.trunc(Math.min(Math.max(ms, 0), last));
  return { __extn: { fn: 'datetime', arg: new Date(clamped).toISOString() } };
}

/** Throws `RangeError` for what cannot be a clock's time: before 1970 nothing would have expired yet. */
export function requireClock(ms: number): number {
  if (!(ms >= 0 && ms <= last)) throw new RangeError('the time is not known');
  return ms;
}

export const farFuture = last;
