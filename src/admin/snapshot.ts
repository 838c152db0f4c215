import { families, type Family, type FamilyName } from './families.ts';

/** One series. Label values stand in the order of the family's labels. */
export type Sample =
  | { readonly family: FamilyName; readonly labels: readonly string[]; readonly value: number }
  | { readonly family: FamilyName; readonly labels: readonly string[]; readonly counts: readonly number[]; /** Seconds. */ readonly sum: number };

/** All series of one process at one time; plain JSON, to be sent to the primary. */
export interface Snapshot { readonly worker: number; readonly samples: readonly Sample[] }

function combine(family: Family, a: Sample, b: Sample): Sample {
  if ('counts' in a && 'counts' in b) return { ...a, counts: a.counts.map((count, index) => count + (b.counts[index] ?? 0)), sum: a.sum + b.sum };
  if ('value' in a && 'value' in b) {
    switch (family.merge) {
      case 'sum': return { ...a, value: a.value + b.value };
      case 'max': return { ...a, value: Math.max(a.value, b.value) };
      case 'min': return { ...a, value: Math.min(a.value, b.value) };
      case 'worker': return b;
    }
  }
  return a;
}

/** Several processes as one. Order of the snapshots does not matter. */
export function mergeSnapshots(snapshots: readonly Snapshot[]): readonly Sample[] {
  const merged = new Map<string, Sample>();
  for (const { worker, samples } of snapshots) {
    for (const sample of samples) {
      const family: Family = families[sample.family];
      const own: Sample = family.merge === 'worker' ? { ...sample, labels: [String(worker), ...sample.labels] } : sample;
      const key = JSON.stringify([own.family, ...own.labels]);
      const earlier = merged.get(key);
      merged.set(key, earlier === undefined ? own : combine(family, earlier, own));
    }
  }
  return [...merged.values()];
}
