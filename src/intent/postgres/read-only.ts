import type { Effect } from '../../core/effect.ts';
import type { ReadsOnly } from '../../core/interpretation.ts';

/** The settings of a transaction's access mode: what a read-only transaction is, and whether the next ones are. */
const accessModes: ReadonlySet<string> = new Set(['transaction_read_only', 'default_transaction_read_only']);

export function isAccessMode(setting: string): boolean { return accessModes.has(setting.toLowerCase()); }

/** What returns rows. SHOW does, and of settings. */
const queries: ReadonlySet<string> = new Set(['SelectStmt', 'CopyStmt', 'ExplainStmt', 'ExecuteStmt', 'FetchStmt']);
/** These end transactions, or ask for a block. */
const alone: ReadonlySet<string> = new Set(['DeclareCursorStmt', 'CallStmt', 'DoStmt']);

/**
 * Not where it locks rows (ExecCheckXactReadOnly, src/backend/executor/execMain.c), and not where it shows settings, of which the mode of its
 * transaction is one.
 */
export function readsOnly(kind: string, effects: readonly Effect[]): ReadsOnly {
  if (!queries.has(kind) && !alone.has(kind)) return 'no';
  for (const { verb, resource, sink, locks } of effects) {
    if (verb === 'export' && sink === 'client') continue;
    if (verb !== 'read' || locks === true || resource.kind === 'setting' || resource.path.at(-1) === 'pg_settings') return 'no';
  }
  return alone.has(kind) ? 'alone' : 'yes';
}
