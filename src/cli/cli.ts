import type { EventEmitter } from 'node:events';
import type { Terminal } from './terminal.ts';
import type { Tools } from './tools.ts';

/** What every verb is handed. */
export interface Cli {
  readonly tools: Tools;
  readonly terminal: Terminal;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Emits `SIGTERM` and the like as they come: the process, except in tests. */
  readonly signals: EventEmitter;
}
