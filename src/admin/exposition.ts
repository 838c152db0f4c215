import { bucketBounds, families, familyNames, type Family } from './families.ts';
import { mergeSnapshots, type Sample, type Snapshot } from './snapshot.ts';

/** Prometheus text format 0.0.4, "Comments, help text, and type information". */
export const expositionType = 'text/plain; version=0.0.4; charset=utf-8';

function escapeLabel(value: string): string { return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"'); }
function escapeHelp(value: string): string { return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n'); }

function number(value: number): string {
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  return Number.isNaN(value) ? 'NaN' : String(value);
}

function braces(pairs: readonly (readonly [string, string])[]): string {
  return pairs.length === 0 ? '' : `{${pairs.map(([name, value]) => `${name}="${escapeLabel(value)}"`).join(',')}}`;
}

function lines(name: string, family: Family, sample: Sample): readonly string[] {
  const names = family.merge === 'worker' ? ['worker', ...family.labels] : family.labels;
  const pairs = names.map((label, index) => [label, sample.labels[index] ?? ''] as const);
  if ('value' in sample) return [`${name}${braces(pairs)} ${number(sample.value)}`];
  let total = 0;
  const text = sample.counts.map((count, index) => {
    total += count;
    return `${name}_bucket${braces([...pairs, ['le', number(bucketBounds[index] ?? Infinity)]])} ${total}`;
  });
  return [...text, `${name}_sum${braces(pairs)} ${number(sample.sum)}`, `${name}_count${braces(pairs)} ${total}`];
}

/** What /metrics answers, of one process or of several. */
export function renderMetrics(snapshots: readonly Snapshot[]): string {
  const samples = Map.groupBy(mergeSnapshots(snapshots), (sample) => sample.family);
  const text: string[] = [];
  for (const name of familyNames) {
    const family: Family = families[name];
    text.push(`# HELP ${name} ${escapeHelp(family.help)}`, `# TYPE ${name} ${family.type}`);
    for (const sample of samples.get(name) ?? []) text.push(...lines(name, family, sample));
  }
  return `${text.join('\n')}\n`;
}
