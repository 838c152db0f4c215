import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { CommandCounter, Meter, Step } from '../core/meter.ts';
import type { Mode } from '../core/target.ts';
import type { FamilyName } from './families.ts';
import { Counter, Gauge, Histogram } from './series.ts';
import type { Sample, Snapshot } from './snapshot.ts';

/** State of the record, asked for on a scrape. `lag` in milliseconds; `queue` in records. */
export interface RecordState { readonly ok: boolean; readonly lag: number; readonly queue: number; readonly walBytes: number }

/** What the gate holds of a database. Sizes in bytes. */
export interface CatalogState {
  readonly target: string;
  readonly database: string;
  readonly size: { readonly relations: number; readonly functions: number; readonly textBytes: number; readonly heapBytes: number };
}

export interface MetricsOptions {
  /** Number of this process; 0 is the primary. */
  readonly worker: number;
  readonly targets: readonly { readonly name: string; readonly mode: Mode }[];
  readonly build: { readonly version: string; readonly configDigest: string };
}

const outcomes = ['permit', 'hold', 'deny'] as const;
const steps: readonly Step[] = ['intent', 'policy', 'record', 'target'];
const modes: readonly Mode[] = ['enforce', 'observe'];

/** Milliseconds between two looks at the event loop. */
const loopResolution = 20;
/** Nanoseconds of it; Node's histogram counts the whole time between two looks (perf_hooks, monitorEventLoopDelay). */
const loopInterval = loopResolution * 1e6;

/** Seconds of delay, of what Node counted in nanoseconds; a histogram that saw nothing yet has NaN or absurd values. */
function late(nanoseconds: number): number {
  return Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds - loopInterval) / 1e9 : 0;
}

class TargetSeries {
  readonly mode = new Map<Mode, Gauge>(modes.map((mode) => [mode, new Gauge()]));
  /** By code; the empty code is that of a permit. */
  readonly commands = {
    permit: new Map<string, Counter>([['', new Counter()]]),
    hold: new Map<string, Counter>(),
    deny: new Map<string, Counter>([['forbidden', new Counter()]]),
  };
  /** By policy and what it would have done, each part as a label. */
  readonly observed = new Map<string, { readonly labels: readonly [policy: string, would: string]; readonly counter: Counter }>();
  readonly frozen = new Gauge();
  readonly sessions = new Gauge();
  readonly opened = new Counter();
  readonly authenticationFailures = new Counter();
  readonly misread = new Counter();
  readonly bytes = { in: new Counter(), out: new Counter() };
}

/** Counts what one process does. No call builds a string or waits; text is made on a scrape. */
export class Metrics implements Meter {
  readonly #worker: number;
  readonly #targets = new Map<string, TargetSeries>();
  readonly #steps: Readonly<Record<Step, Histogram>> = { intent: new Histogram(), policy: new Histogram(), record: new Histogram(), target: new Histogram() };
  readonly #build: MetricsOptions['build'];
  readonly #loop = monitorEventLoopDelay({ resolution: loopResolution });
  readonly #policyFailures = new Counter();
  #policyVersion: string | undefined;
  #configDigest: string;
  #record: (() => RecordState) | undefined;
  #catalogs: (() => readonly CatalogState[]) | undefined;

  constructor(options: MetricsOptions) {
    this.#worker = options.worker;
    this.#build = options.build;
    this.#configDigest = options.build.configDigest;
    for (const { name, mode } of options.targets) this.targetMode(name, mode);
    this.#loop.enable();
  }

  #target(name: string): TargetSeries {
    let series = this.#targets.get(name);
    if (series === undefined) {
      series = new TargetSeries();
      this.#targets.set(name, series);
    }
    return series;
  }

  commands(target: string, outcome: 'permit' | 'hold' | 'deny', code: string | undefined): CommandCounter {
    const counters = this.#target(target).commands[outcome];
    let counter = counters.get(code ?? '');
    if (counter === undefined) {
      counter = new Counter();
      counters.set(code ?? '', counter);
    }
    return counter;
  }

  observed(target: string, policy: string, would: 'hold' | 'deny' | 'error'): CommandCounter {
    const { observed } = this.#target(target);
    const key = `${would} ${policy}`;
    let known = observed.get(key);
    if (known === undefined) {
      known = { labels: [policy, would], counter: new Counter() };
      observed.set(key, known);
    }
    return known.counter;
  }

  step(step: Step, milliseconds: number): void { this.#steps[step].observe(milliseconds); }

  session(target: string, change: 1 | -1): void {
    const series = this.#target(target);
    series.sessions.value += change;
    if (change === 1) series.opened.value += 1;
  }

  authenticationFailed(target: string): void { this.#target(target).authenticationFailures.value += 1; }

  misread(target: string): void { this.#target(target).misread.value += 1; }

  bytes(target: string, direction: 'in' | 'out', count: number): void { this.#target(target).bytes[direction].value += count; }

  targetMode(target: string, mode: Mode): void {
    for (const [name, gauge] of this.#target(target).mode) gauge.value = name === mode ? 1 : 0;
  }

  targetFrozen(target: string, frozen: boolean): void { this.#target(target).frozen.value = frozen ? 1 : 0; }

  policyLoaded(version: string): void { this.#policyVersion = version; }
  policyRejected(): void { this.#policyFailures.value += 1; }
  configLoaded(digest: string): void { this.#configDigest = digest; }
  /** Said by a process that writes a log; bytes and queues of several add up. */
  recordFrom(state: () => RecordState): void { this.#record = state; }

  /** Said by a process that serves. */
  catalogsFrom(state: () => readonly CatalogState[]): void { this.#catalogs = state; }

  /** Every series as it is now. Starts the event loop's delay anew. */
  snapshot(): Snapshot {
    const samples: Sample[] = [];
    const put = (family: FamilyName, labels: readonly string[], value: number): void => { samples.push({ family, labels, value }); };
    for (const [target, series] of this.#targets) {
      for (const outcome of outcomes) for (const [code, counter] of series.commands[outcome]) put('guardrails_commands_total', [target, outcome, code], counter.value);
      for (const { labels, counter } of series.observed.values()) put('guardrails_policy_observed_total', [target, ...labels], counter.value);
      put('guardrails_sessions', [target], series.sessions.value);
      put('guardrails_sessions_total', [target], series.opened.value);
      put('guardrails_authentication_failures_total', [target], series.authenticationFailures.value);
      put('guardrails_misread_commands_total', [target], series.misread.value);
      put('guardrails_transferred_bytes_total', [target, 'in'], series.bytes.in.value);
      put('guardrails_transferred_bytes_total', [target, 'out'], series.bytes.out.value);
      put('guardrails_target_frozen', [target], series.frozen.value);
      for (const [mode, gauge] of series.mode) put('guardrails_target_mode', [target, mode], gauge.value);
    }
    for (const step of steps) {
      const { counts, sum } = this.#steps[step];
      samples.push({ family: 'guardrails_step_duration_seconds', labels: [step], counts: Array.from(counts), sum: sum / 1000 });
    }
    for (const { target, database, size } of this.#catalogs?.() ?? []) {
      put('guardrails_catalog_relations', [target, database], size.relations);
      put('guardrails_catalog_functions', [target, database], size.functions);
      put('guardrails_catalog_text_bytes', [target, database], size.textBytes);
      put('guardrails_catalog_heap_bytes', [target, database], size.heapBytes);
    }
    this.#putRecord(put);
    put('guardrails_policy_reload_failures_total', [], this.#policyFailures.value);
    if (this.#policyVersion !== undefined) put('guardrails_policy_info', [this.#policyVersion], 1);
    put('guardrails_config_info', [this.#configDigest], 1);
    put('guardrails_build_info', [this.#build.version, process.versions.node], 1);
    this.#putProcess(put);
    return { worker: this.#worker, samples };
  }

  #putRecord(put: (family: FamilyName, labels: readonly string[], value: number) => void): void {
    if (this.#record === undefined) return;
    const { ok, lag, queue, walBytes } = this.#record();
    put('guardrails_recording_ok', [], ok ? 1 : 0);
    put('guardrails_record_lag_seconds', [], lag / 1000);
    put('guardrails_record_queue', [], queue);
    put('guardrails_wal_bytes', [], walBytes);
  }

  #putProcess(put: (family: FamilyName, labels: readonly string[], value: number) => void): void {
    put('guardrails_event_loop_delay_seconds', ['0.5'], late(this.#loop.percentile(50)));
    put('guardrails_event_loop_delay_seconds', ['0.99'], late(this.#loop.percentile(99)));
    put('guardrails_event_loop_delay_seconds', ['1'], late(this.#loop.max));
    this.#loop.reset();
    const { user, system } = process.cpuUsage();
    put('process_cpu_seconds_total', [], (user + system) / 1e6);
    const { rss, heapUsed } = process.memoryUsage();
    put('process_resident_memory_bytes', [], rss);
    put('process_start_time_seconds', [], performance.timeOrigin / 1000);
    put('nodejs_heap_size_used_bytes', [], heapUsed);
  }

  close(): void { this.#loop.disable(); }
}

export function createMetrics(options: MetricsOptions): Metrics { return new Metrics(options); }
