/** How long the offset between the two clocks is trusted. Milliseconds. */
const trustedFor = 1000;

/**
 * A clock that tells the time and measures: milliseconds since the epoch, in fractions. The system's clock as of at most a second ago, and what the
 * monotonic one counted since; so one look at one clock serves a decision, its record and its meter. Follows the system's clock when that is set.
 */
export function fineClock(wall: () => number = Date.now, monotonic: { now: () => number } = performance): () => number {
  let offset = 0;
  let until = Number.NEGATIVE_INFINITY;
  return () => {
    const ticks = monotonic.now();
    if (ticks > until) {
      offset = wall() - ticks;
      until = ticks + trustedFor;
    }
    return offset + ticks;
  };
}
