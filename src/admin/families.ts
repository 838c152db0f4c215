/** How the values of several workers become one: counters and `sum` add up; `max`/`min` take the extreme; `worker` keeps them apart by a label. */
export type Merge = 'sum' | 'max' | 'min' | 'worker';

export interface Family {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly merge: Merge;
  readonly labels: readonly string[];
  readonly help: string;
}

/** Every metric that /metrics shows; docs/guide/operate.md is tested against it. Units are base units: seconds, bytes. */
export const families = {
  guardrails_commands_total: { type: 'counter', merge: 'sum', labels: ['target', 'outcome', 'code'], help: 'Commands decided, by outcome and refusal code. On a target in observe mode hold and deny were forwarded all the same.' },
  guardrails_policy_observed_total: { type: 'counter', merge: 'sum', labels: ['target', 'policy', 'would'], help: 'Commands that a policy in observe mode would have refused, held, or could not be evaluated for.' },
  guardrails_step_duration_seconds: { type: 'histogram', merge: 'sum', labels: ['step'], help: 'Time one step of a command took: intent, policy, record (waiting for the disk), target (sent to answered).' },
  guardrails_sessions: { type: 'gauge', merge: 'sum', labels: ['target'], help: 'Open sessions.' },
  guardrails_sessions_total: { type: 'counter', merge: 'sum', labels: ['target'], help: 'Sessions opened.' },
  guardrails_authentication_failures_total: { type: 'counter', merge: 'sum', labels: ['target'], help: 'Logins that failed.' },
  guardrails_misread_commands_total: { type: 'counter', merge: 'sum', labels: ['target'], help: 'Commands that were decided as reads and that the target refused because they write: the gate was wrong. Alert on any.' },
  guardrails_transferred_bytes_total: { type: 'counter', merge: 'sum', labels: ['target', 'direction'], help: 'Bytes exchanged with clients: in is from them, out is to them.' },
  guardrails_target_mode: { type: 'gauge', merge: 'max', labels: ['target', 'mode'], help: '1 for the mode a target is in. observe refuses nothing: alert on it.' },
  guardrails_target_frozen: { type: 'gauge', merge: 'max', labels: ['target'], help: '1 while a target is frozen: it lets nothing but reads through.' },
  guardrails_catalog_relations: { type: 'gauge', merge: 'max', labels: ['target', 'database'], help: 'Relations in the catalog that the gate holds of a database: tables, views, indexes, sequences.' },
  guardrails_catalog_functions: { type: 'gauge', merge: 'max', labels: ['target', 'database'], help: 'Functions in it.' },
  guardrails_catalog_text_bytes: { type: 'gauge', merge: 'sum', labels: ['target', 'database'], help: 'Texts of views, rules and functions in it.' },
  guardrails_catalog_heap_bytes: { type: 'gauge', merge: 'sum', labels: ['target', 'database'], help: 'What it takes of the heap, by estimate; each worker holds one, and one more for a role of readers.' },
  guardrails_recording_ok: { type: 'gauge', merge: 'min', labels: [], help: '1 while decisions can be recorded; at 0 every command is refused (audit-unavailable).' },
  guardrails_record_lag_seconds: { type: 'gauge', merge: 'max', labels: [], help: 'Age of the oldest record that is written and not yet synced to disk.' },
  guardrails_record_queue: { type: 'gauge', merge: 'sum', labels: [], help: 'Records that are written and not yet synced to disk.' },
  guardrails_wal_bytes: { type: 'gauge', merge: 'sum', labels: [], help: 'Bytes of the write-ahead log on disk.' },
  guardrails_policy_reload_failures_total: { type: 'counter', merge: 'sum', labels: [], help: 'Policy sets that were broken and not taken; the old one stayed in force.' },
  guardrails_policy_info: { type: 'gauge', merge: 'max', labels: ['version'], help: '1 for the policy set in force.' },
  guardrails_config_info: { type: 'gauge', merge: 'max', labels: ['digest'], help: '1 for the config in force.' },
  guardrails_build_info: { type: 'gauge', merge: 'max', labels: ['version', 'node'], help: '1 for the running build.' },
  guardrails_event_loop_delay_seconds: { type: 'gauge', merge: 'worker', labels: ['quantile'], help: 'How late the event loop ran since the last scrape: quantile 0.5, 0.99 and 1.' },
  process_cpu_seconds_total: { type: 'counter', merge: 'worker', labels: [], help: 'CPU time, user and system.' },
  process_resident_memory_bytes: { type: 'gauge', merge: 'worker', labels: [], help: 'Resident memory.' },
  process_start_time_seconds: { type: 'gauge', merge: 'worker', labels: [], help: 'When the process started, in Unix time.' },
  nodejs_heap_size_used_bytes: { type: 'gauge', merge: 'worker', labels: [], help: 'JavaScript heap in use.' },
} as const satisfies Record<string, Family>;

export type FamilyName = keyof typeof families;

/** The names in a fixed order: the order of the text. */
export const familyNames = Object.keys(families) as readonly FamilyName[];

/** Upper bounds in seconds, ascending; 1 µs, for a cached decision, to 10 s, for a slow target. */
export const bucketBounds: readonly number[] = [
  1e-6, 2e-6, 5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];
