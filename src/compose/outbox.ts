import type { AuditLog } from '../core/audit-log.ts';
import type { Log } from '../core/log.ts';
import type { IdentityStore } from '../core/state.ts';

export interface OutboxParts {
  readonly store: IdentityStore;
  readonly audit: Pick<AuditLog, 'event' | 'durable'>;
  readonly log: Log;
  readonly configDigest: string;
  /** One process of a gateway takes what all have left; the others only leave. */
  readonly takes: boolean;
}

/** Milliseconds between two looks for what was left to be recorded. */
const OUTBOX_MS = 500;
/** The most taken at a time. */
const OUTBOX_LIMIT = 500;

/** What was committed in the state file together with its event: here the event reaches the log, at least once. */
export class Outbox {
  readonly #parts: OutboxParts;
  #configNoted = false;

  constructor(parts: OutboxParts) { this.#parts = parts; }

  /**
   * One look. Never rejects: a state file or a log that fails now may work at the next. True when there may be more.
   * The first one leaves word of a config that is not that of the start before.
   */
  async look(signal?: AbortSignal): Promise<boolean> {
    const { store, audit, log, configDigest, takes } = this.#parts;
    try {
      if (!this.#configNoted) {
        const from = await store.noteConfig(configDigest);
        this.#configNoted = true;
        if (from !== undefined) log.warn('the config is not that of the start before', { from, to: configDigest });
      }
      if (!takes) return false;
      const waiting = await store.unrecorded(OUTBOX_LIMIT);
      let newest = 0;
      for (const { event } of waiting) newest = audit.event(event);
      if (waiting.length === 0) return false;
      await audit.durable(newest);
      await store.markRecorded(waiting.map(({ id }) => id));
      return true;
    } catch (error) {
      // After the end the state file is closed, and what waits does so for the next start.
      if (signal?.aborted !== true) log.warn('changes wait to be recorded', { error: String(error) });
      return false;
    }
  }

  /** Looks every half second until `signal` aborts, or as long as there is something to do. */
  async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && (this.#parts.takes || !this.#configNoted)) {
      if (await this.look(signal)) continue;
      await new Promise<void>((resolve) => { setTimeout(resolve, OUTBOX_MS).unref(); });
    }
  }
}
