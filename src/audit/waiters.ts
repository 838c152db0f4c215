import { AuditUnavailable, type Sequence } from '../core/audit-log.ts';

interface Waiter { readonly sequence: Sequence; readonly resolve: () => void; readonly reject: (error: AuditUnavailable) => void }

/** Those who wait for records to be durable. */
export class Waiters {
  #waiting: Waiter[] = [];

  get any(): boolean { return this.#waiting.length > 0; }

  wait(sequence: Sequence): Promise<void> {
    return new Promise((resolve, reject) => { this.#waiting.push({ sequence, resolve, reject }); });
  }

  /** All up to it are durable. */
  resolve(durable: Sequence): void {
    const waiting: Waiter[] = [];
    for (const waiter of this.#waiting) {
      if (waiter.sequence <= durable) waiter.resolve();
      else waiting.push(waiter);
    }
    this.#waiting = waiting;
  }

  /** Each gets an error of its own: they may add to it. */
  reject(failure: AuditUnavailable): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const waiter of waiting) waiter.reject(new AuditUnavailable(failure.message, failure.mend));
  }
}
