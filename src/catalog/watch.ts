import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import type { Catalog } from '../core/catalog.ts';
import { loadCatalog, type Loaded } from './load.ts';
import { type CatalogSize, sizeOf } from './size.ts';
import { catalogAfter, type Indexed } from './snapshot.ts';

const pollInterval = 1_000; // ms
const firstBackOff = 500; // ms, doubled with each failure
const longestBackOff = 30_000; // ms
const checkDeadline = 120_000; // ms; a peer that went away without a word answers nothing, ever
/** A check is followed by at least that many times its own duration without one, so that a large catalog under constant change does not load the target. */
const restShare = 4;

/** The catalog cannot be read. The message is what the server or the network said. */
export class CatalogUnavailable extends Error {
  override readonly name = 'CatalogUnavailable';
}

/** The catalog of one database of one target, kept up to date by polling. */
export interface CatalogSource {
  /** What was last read; undefined before the first time. The first call starts the reading. While `failure` is set it may be out of date. */
  current(): Catalog | undefined;
  /**
   * Resolves when `current` is at least as new as this call: whatever was committed before it is in it.
   * Rejects with `CatalogUnavailable`; at once, when the last attempt has failed and the next one is not due.
   */
  refresh(signal?: AbortSignal): Promise<void>;
  /** Why the catalog cannot be read at present. */
  readonly failure: string | undefined;
  /** When the last check began that found `current` to be true, in ms of `performance.now()`. A change made outside the gate may be unseen since. */
  readonly confirmedAt: number | undefined;
  /** How large what was last read is. */
  readonly size: CatalogSize | undefined;
  /** Called after `current` has become another. Returns how to stop. */
  onChange(listener: (catalog: Catalog) => void): () => void;
  /** Ends the connection; whoever waits is rejected. `current` stays what it was. */
  close(): Promise<void>;
}

export interface WatchOptions {
  /** A connection of the role that sessions have upstream, to the one database; secrets and TLS are the caller's. It is ended by the source. */
  readonly connect: () => Promise<Client>;
  /** Milliseconds between checks. */
  readonly interval?: number;
}

export function watchCatalog(options: WatchOptions): CatalogSource {
  return new Watch(options.connect, options.interval ?? pollInterval);
}

interface Waiter { resolve(): void; reject(error: Error): void }

class Watch implements CatalogSource {
  readonly #connect: () => Promise<Client>;
  readonly #interval: number;
  readonly #closing = new AbortController();
  readonly #listeners = new Set<(catalog: Catalog) => void>();
  #waiters: Waiter[] = [];
  #wake = new AbortController();
  #running: Promise<void> | undefined;
  #indexed: Indexed | undefined;
  #loaded: Loaded | undefined;
  /** Who waits has mostly changed something; until it was seen otherwise. */
  #waitersChange = true;
  #failure: string | undefined;
  #confirmedAt: number | undefined;

  constructor(connect: () => Promise<Client>, interval: number) {
    this.#connect = connect;
    this.#interval = interval;
  }

  get failure(): string | undefined { return this.#failure; }
  get confirmedAt(): number | undefined { return this.#confirmedAt; }

  get size(): CatalogSize | undefined { return this.#loaded === undefined ? undefined : sizeOf(this.#loaded.content); }

  current(): Catalog | undefined {
    this.#start();
    return this.#indexed?.catalog;
  }

  async refresh(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.#start();
    if (this.#closing.signal.aborted) throw new CatalogUnavailable('the catalog is closed');
    if (this.#failure !== undefined) throw new CatalogUnavailable(this.#failure);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const abandon = (): void => { reject(new CatalogUnavailable('waiting for the catalog was given up')); };
    signal?.addEventListener('abort', abandon, { once: true });
    this.#waiters.push({ resolve, reject });
    this.#wake.abort();
    try {
      await promise;
    } finally {
      signal?.removeEventListener('abort', abandon);
    }
  }

  onChange(listener: (catalog: Catalog) => void): () => void {
    this.#listeners.add(listener);
    return () => { this.#listeners.delete(listener); };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#wake.abort();
    await this.#running;
  }

  #start(): void {
    if (!this.#closing.signal.aborted) this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    let backOff = firstBackOff;
    while (!this.#closing.signal.aborted) {
      try {
        await this.#follow(() => { backOff = firstBackOff; });
      } catch (error) {
        this.#fail(describe(error));
        // Not `wake`: while it fails, callers are answered at once and must not hurry it.
        await sleep(backOff, undefined, { signal: this.#closing.signal }).catch(() => undefined);
        backOff = Math.min(backOff * 2, longestBackOff);
      }
    }
    this.#fail('the catalog is closed');
  }

  /** Follows one connection until it fails. */
  async #follow(succeeded: () => void): Promise<void> {
    const connecting = this.#connect();
    const client = await this.#bounded(connecting).catch((error: unknown) => {
      // Too late is not never: what still connects must not stay.
      void connecting.then((late) => late.end()).catch(() => undefined);
      throw error;
    });
    // Without a listener the end of an idle connection would end the process; the next check finds it broken.
    client.on('error', () => { this.#wake.abort(); });
    try {
      // Another connection may be another server.
      this.#loaded = undefined;
      while (!this.#closing.signal.aborted) {
        this.#wake = new AbortController();
        const waiting = this.#waiters;
        this.#waiters = [];
        const began = performance.now();
        try {
          await this.#bounded(this.#check(client, waiting.length > 0));
        } catch (error) {
          this.#waiters.push(...waiting);
          throw error;
        }
        this.#confirmedAt = began;
        this.#failure = undefined;
        succeeded();
        for (const waiter of waiting) waiter.resolve();
        const rest = Math.max(this.#interval, (performance.now() - began) * restShare);
        await sleep(rest, undefined, { signal: this.#wake.signal }).catch(() => undefined);
      }
    } finally {
      // Does not wait: towards a peer that is gone this takes as long as its network does. With a query in flight pg drops the connection.
      void client.end().catch(() => undefined);
    }
  }

  async #check(client: Client, waited: boolean): Promise<void> {
    const before = this.#loaded;
    const loaded = await loadCatalog(client, before, { quiet: !waited || !this.#waitersChange });
    if (waited) this.#waitersChange = loaded.changeToken !== before?.changeToken;
    const indexed = loaded.snapshot.version === this.#indexed?.catalog.version ? undefined : await catalogAfter(loaded.snapshot, this.#indexed);
    this.#loaded = loaded;
    if (indexed === undefined) return;
    this.#indexed = indexed;
    for (const listener of this.#listeners) listener(indexed.catalog);
  }

  #fail(message: string): void {
    this.#failure = message;
    const waiting = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiting) waiter.reject(new CatalogUnavailable(message));
  }

  async #bounded<T>(work: Promise<T>): Promise<T> {
    const { promise, reject } = Promise.withResolvers<never>();
    const deadline = setTimeout(() => { reject(new Error(`no answer within ${checkDeadline / 1000} s`)); }, checkDeadline);
    const closed = (): void => { reject(new Error('the catalog is closed')); };
    this.#closing.signal.addEventListener('abort', closed, { once: true });
    try {
      return await Promise.race([work, promise]);
    } catch (error) {
      void work.catch(() => undefined);
      throw error;
    } finally {
      clearTimeout(deadline);
      this.#closing.signal.removeEventListener('abort', closed);
    }
  }
}

/** Node reports a refused connection to a name with several addresses as an AggregateError without a message. */
function describe(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(describe).join('; ');
  return error instanceof Error ? error.message : String(error);
}
