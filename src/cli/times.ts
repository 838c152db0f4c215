/** ISO 8601 in UTC, to the second, for people. Milliseconds since the epoch in. */
export function timeText(at: number): string { return new Date(at).toISOString().replace(/\.\d{3}Z$/, 'Z'); }

/** ISO 8601 for `--json`. */
export function isoTime(at: number): string { return new Date(at).toISOString(); }

const units: readonly (readonly [name: string, ms: number])[] = [['d', 86_400_000], ['h', 3_600_000], ['m', 60_000], ['s', 1000]];

/** `in 7h 59m`, `ended 3d 1h ago`: how far from now, with at most two units. */
export function distance(at: number, now: number): string {
  let rest = Math.abs(at - now);
  const words: string[] = [];
  for (const [name, ms] of units) {
    if (words.length === 2) break;
    const amount = Math.floor(rest / ms);
    if (amount === 0) {
      if (words.length === 1) break;
      continue;
    }
    words.push(`${amount}${name}`);
    rest -= amount * ms;
  }
  const text = words.length === 0 ? '0s' : words.join(' ');
  return at > now ? `in ${text}` : `ended ${text} ago`;
}
