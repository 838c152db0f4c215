/** The value below which that part (0 to 1) of all lies. NaN of nothing. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : (high + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** The middle of what the rounds said, and how far they lay apart. */
export interface Spread { readonly median: number; readonly low: number; readonly high: number }

export function spread(values: readonly number[]): Spread { return { median: median(values), low: Math.min(...values), high: Math.max(...values) }; }
