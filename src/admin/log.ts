import { pino, destination, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';
import type { Log } from '../core/log.ts';
import type { LogFormat, LogLevel } from '../config/config.ts';
import { prettyLine } from './log-line.ts';
import { safeFields, safeText } from './redact.ts';

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** On every line, such as `{ gateway: 'guardrails', worker: 1 }`. */
  readonly base?: Readonly<Record<string, string | number>>;
}

/** The log itself, and one for each part of the house. */
export interface RootLog extends Log {
  /** `component` is on each of its lines. */
  child(component: string): Log;
}

/** Where finished lines go; stderr, except in tests. */
export interface Sink { write(line: string): void; readonly isTerminal: boolean }

function stderrSink(): Sink {
  // Synchronous: the last line before a crash is the one that is needed.
  const stderr = destination({ dest: 2, sync: true });
  // Who reads our log has gone; that is no reason to stop guarding.
  stderr.on('error', () => {});
  return { write: (line) => { stderr.write(line); }, isTerminal: process.stderr.isTTY };
}

class PinoLog implements Log {
  readonly #logger: Logger;
  constructor(logger: Logger) { this.#logger = logger; }
  debug(message: string, fields: Readonly<Record<string, unknown>> = {}): void { if (this.#logger.isLevelEnabled('debug')) this.#logger.debug(safeFields(fields), safeText(message)); }
  info(message: string, fields: Readonly<Record<string, unknown>> = {}): void { this.#logger.info(safeFields(fields), safeText(message)); }
  warn(message: string, fields: Readonly<Record<string, unknown>> = {}): void { this.#logger.warn(safeFields(fields), safeText(message)); }
  error(message: string, fields: Readonly<Record<string, unknown>> = {}): void { this.#logger.error(safeFields(fields), safeText(message)); }
}

class PinoRoot extends PinoLog implements RootLog {
  readonly #root: Logger;
  constructor(root: Logger) { super(root); this.#root = root; }
  child(component: string): Log { return new PinoLog(this.#root.child({ component })); }
}

/** One line an event: JSON, or readable on a terminal. What looks like a secret is taken out, see redact.ts. Never throws for what a field holds. */
export function createLog(options: LogOptions, sink: Sink = stderrSink()): RootLog {
  const pretty = options.format === 'pretty' || (options.format === 'auto' && sink.isTerminal);
  const stream: DestinationStream = { write: (line) => { sink.write(pretty ? prettyLine(line, sink.isTerminal) : line); } };
  return new PinoRoot(pino({
    level: options.level, base: options.base ?? {}, messageKey: 'message', timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (level) => ({ level }) },
  }, stream));
}
