import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { Counter, Histogram, Registry } from 'prom-client';
import { afterEach, describe, expect, test } from 'vitest';
import { bucketBounds, families, familyNames } from './families.ts';
import { renderMetrics } from './exposition.ts';
import { type CatalogState, createMetrics, type Metrics } from './metrics.ts';
import { mergeSnapshots, type Snapshot } from './snapshot.ts';

const made: Metrics[] = [];
function metrics(worker = 0): Metrics {
  const one = createMetrics({ worker, targets: [{ name: 'shop', mode: 'observe' }], build: { version: '0.1.0', configDigest: 'sha256:00' } });
  made.push(one);
  return one;
}
afterEach(() => { for (const one of made.splice(0)) one.close(); });

/** Lines of one metric, sorted, with the labels of each in order of their names. */
function linesOf(text: string, name: string): readonly string[] {
  return text.split('\n').filter((line) => line.startsWith(name))
    .map((line) => line.replace(/\{(.*)\}/, (_, labels: string) => `{${(labels.match(/[a-z_]+="(?:[^"\\]|\\.)*"/g) ?? []).toSorted().join(',')}}`)).toSorted();
}

describe('what is rendered is what prom-client renders of the same observations', () => {
  test('histograms', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.constantFrom('intent' as const, 'record' as const), fc.oneof(fc.double({ min: 0, max: 20_000, noNaN: true }), fc.constantFrom(...bucketBounds.map((bound) => bound * 1000)))), { maxLength: 40 }), async (observations) => {
      const registry = new Registry();
      const name = 'guardrails_step_duration_seconds';
      const oracle = new Histogram({ name, help: 'x', labelNames: ['step'], buckets: [...bucketBounds], registers: [registry] });
      const own = metrics();
      for (const step of ['intent', 'policy', 'record', 'target']) oracle.zero({ step });
      for (const [step, milliseconds] of observations) {
        oracle.labels(step).observe(milliseconds / 1000);
        own.step(step, milliseconds);
      }
      const notSums = (line: string): boolean => !line.startsWith(`${name}_sum`);
      expect(linesOf(renderMetrics([own.snapshot()]), name).filter(notSums)).toEqual(linesOf(await registry.metrics(), name).filter(notSums));
    }), { numRuns: 50 });
  });

  test('counters, with label values that need escapes', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.string({ unit: fc.constantFrom('a', '"', '\\', '\n', 'é', '}', ',') }), fc.constantFrom('permit' as const, 'deny' as const), fc.constantFrom(undefined, 'forbidden', 'no-permit'))), async (commands) => {
      const registry = new Registry();
      const oracle = new Counter({ name: 'guardrails_commands_total', help: 'x', labelNames: ['target', 'outcome', 'code'], registers: [registry] });
      const own = metrics();
      for (const target of ['shop', ...commands.map(([target]) => target)]) {
        oracle.inc({ target, outcome: 'permit', code: '' }, 0);
        oracle.inc({ target, outcome: 'deny', code: 'forbidden' }, 0);
      }
      for (const [target, outcome, code] of commands) {
        oracle.inc({ target, outcome, code: code ?? '' });
        own.commands(target, outcome, code).value += 1;
      }
      expect(linesOf(renderMetrics([own.snapshot()]), 'guardrails_commands_total')).toEqual(linesOf(await registry.metrics(), 'guardrails_commands_total'));
    }), { numRuns: 50 });
  });
});

test('observe mode is loud', () => {
  const own = metrics();
  expect(renderMetrics([own.snapshot()])).toContain('guardrails_target_mode{target="shop",mode="observe"} 1\n');
  own.targetMode('shop', 'enforce');
  expect(renderMetrics([own.snapshot()])).toContain('guardrails_target_mode{target="shop",mode="observe"} 0\n');
});

function catalog(relations: number): CatalogState { return { target: 'shop', database: 'shop', size: { relations, functions: 2, textBytes: 30, heapBytes: 4000 } }; }

test('workers add up, and what is each one\'s own stays apart', () => {
  const [primary, one, two] = [metrics(0), metrics(1), metrics(2)];
  primary.recordFrom(() => ({ ok: false, lag: 1500, queue: 7, walBytes: 4096 }));
  one.session('shop', 1);
  two.session('shop', 1);
  two.session('shop', 1);
  two.session('shop', -1);
  one.commands('shop', 'deny', 'no-permit').value += 1;
  two.commands('shop', 'deny', 'no-permit').value += 1;
  one.bytes('shop', 'out', 10);
  two.bytes('shop', 'out', 32);
  one.step('intent', 0.5);
  two.step('intent', 1.5);
  two.authenticationFailed('shop');
  one.catalogsFrom(() => [catalog(10)]);
  // With a role of readers it holds two.
  two.catalogsFrom(() => [catalog(11), catalog(11)]);
  // Over IPC it is JSON.
  const sent = [primary, one, two].map((each) => JSON.parse(JSON.stringify(each.snapshot())) as Snapshot);
  const text = renderMetrics(sent);
  for (const line of [
    'guardrails_sessions{target="shop"} 2', 'guardrails_sessions_total{target="shop"} 3', 'guardrails_commands_total{target="shop",outcome="deny",code="no-permit"} 2',
    'guardrails_transferred_bytes_total{target="shop",direction="out"} 42', 'guardrails_step_duration_seconds_count{step="intent"} 2', 'guardrails_step_duration_seconds_sum{step="intent"} 0.002',
    'guardrails_recording_ok 0', 'guardrails_record_lag_seconds 1.5', 'guardrails_record_queue 7', 'guardrails_wal_bytes 4096', 'guardrails_authentication_failures_total{target="shop"} 1',
    'guardrails_target_mode{target="shop",mode="observe"} 1',
    'guardrails_catalog_relations{target="shop",database="shop"} 11', 'guardrails_catalog_functions{target="shop",database="shop"} 2',
    'guardrails_catalog_text_bytes{target="shop",database="shop"} 90', 'guardrails_catalog_heap_bytes{target="shop",database="shop"} 12000',
  ]) expect(text).toContain(`${line}\n`);
  for (const worker of [0, 1, 2]) expect(text).toMatch(new RegExp(`^process_resident_memory_bytes\\{worker="${worker}"\\} \\d+$`, 'm'));
  expect(mergeSnapshots(sent.toReversed()).length).toBe(mergeSnapshots(sent).length);
});

test('the text is well-formed: every family has help and type, every line a number', () => {
  const own = metrics();
  own.recordFrom(() => ({ ok: true, lag: 0, queue: 0, walBytes: 0 }));
  own.catalogsFrom(() => [{ target: 'shop', database: 'a "b"', size: { relations: 1, functions: 0, textBytes: 0, heapBytes: 300 } }]);
  own.policyLoaded('sha256:11');
  own.policyRejected();
  own.observed('shop', 'mine/no-deletes', 'deny').value += 1;
  const text = renderMetrics([own.snapshot()]);
  expect(text.endsWith('\n')).toBe(true);
  for (const name of familyNames) {
    expect(text).toContain(`# TYPE ${name} ${families[name].type}\n`);
    expect(linesOf(text, name).length).toBeGreaterThan(0);
  }
  for (const line of text.trimEnd().split('\n')) expect(line).toMatch(/^(?:# (?:HELP|TYPE) [a-z_]+ .+|[a-z_]+(?:\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)+\})? (?:[\d.e+-]+|\+Inf|NaN))$/);
});

test('the operate guide names every metric and its type, and no other', () => {
  const guide = readFileSync(join(import.meta.dirname, '../../docs/guide/operate.md'), 'utf8');
  const rows = [...guide.matchAll(/^\| `((?:guardrails|process|nodejs)_[a-z_]+)` \| (\w+) \| ([^|]*) \|/gm)].map(([, name, type, labels]) => [name, type, labels?.replaceAll('`', '').trim()]);
  expect(rows).toEqual(familyNames.map((name) => [name, families[name].type, [...(families[name].merge === 'worker' ? ['worker'] : []), ...families[name].labels].join(', ')]));
});
