import { setTimeout as sleep } from 'node:timers/promises';
import type { Authenticator, ChannelBinding, Directory } from '../core/identity.ts';
import type { Principal, PrincipalRef } from '../core/principal.ts';
import { StateUnavailable } from '../core/state.ts';
import type { FreezeRecord, IdentityStore } from '../core/state.ts';
import { Attempts } from './attempts.ts';
import { ResolvedState } from './resolve.ts';
import { ScramServer } from './scram.ts';

export interface DirectoryOptions {
  readonly store: IdentityStore;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly randomBytes: (length: number) => Buffer;
}

/** Milliseconds between two looks at the store. With the store's patience of 500 a change, or that it cannot be seen, is known within a second. */
const pollInterval = 250;
/** Milliseconds for which ended agents and grants stay known, so that refusals can say that they ended. */
const keepEnded = 7 * 86_400_000;

/** Bytes; PostgreSQL's SCRAM_RAW_NONCE_LEN. */
const nonceLength = 18;

/** Follows the store until `signal` aborts. A store that cannot be read is no error here: `failure` says so, and it is tried again. */
export async function openDirectory(options: DirectoryOptions, signal: AbortSignal): Promise<StoreDirectory> {
  const directory = new StoreDirectory(options);
  await directory.refresh();
  void directory.follow(signal);
  return directory;
}

export class StoreDirectory implements Directory {
  readonly #store: IdentityStore;
  readonly #clock: () => number;
  readonly #randomBytes: (length: number) => Buffer;
  readonly #attempts = new Attempts();
  readonly #listeners = new Set<() => void>();
  #generation = 0;
  #failure: StateUnavailable | undefined = new StateUnavailable('missing', 'the state file was not read yet', 'wait');
  #state: ResolvedState | undefined;
  /** What `#state` was made of, as text. */
  #content = '';
  #revision = '';
  /** Of `#state`; its objects may be older than it, where nothing about them has changed. */
  #principals = new Map<string, Principal>();
  #before: ReadonlyMap<string, Principal> = new Map();
  #refreshing: Promise<void> = Promise.resolve();

  constructor(options: DirectoryOptions) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#randomBytes = options.randomBytes;
  }

  get generation(): number { return this.#generation; }

  get failure(): string | undefined { return this.#failure?.message; }

  /** With its mend, for `/readyz` and the log. */
  get unavailable(): StateUnavailable | undefined { return this.#failure; }

  /** The same object for as long as nothing about that principal has changed: it may be used as a key. */
  principal(ref: PrincipalRef): Principal | undefined {
    if (this.#state === undefined) return undefined;
    const known = this.#principals.get(ref.name);
    if (known !== undefined) return known.ref.kind === ref.kind ? known : undefined;
    const resolved = this.#state.principal(ref);
    if (resolved === undefined) return undefined;
    const before = this.#before.get(ref.name);
    const principal = before !== undefined && JSON.stringify(before) === JSON.stringify(resolved) ? before : resolved;
    this.#principals.set(ref.name, principal);
    return principal;
  }

  frozen(target: string): FreezeRecord | undefined { return this.#state?.frozen(target); }

  authenticate(user: string, address: string, binding: ChannelBinding | undefined): Authenticator {
    return new ScramServer({
      user, address, binding, attempts: this.#attempts, clock: this.#clock,
      nonce: () => this.#randomBytes(nonceLength).toString('base64'),
      account: (name) => this.#state?.account(name, this.#clock()),
    });
  }

  onChange(listener: () => void): () => void {
    const own = (): void => listener();
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** Reads the store if it has changed: what was committed before the call is seen when it resolves. Never rejects: what fails is `failure`. */
  refresh(): Promise<void> {
    this.#refreshing = this.#refreshing.then(() => this.#load());
    return this.#refreshing;
  }

  /** Looks every quarter of a second until `signal` aborts, then resolves. */
  async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      // An aborted sleep rejects, and that is how it ends.
      await sleep(pollInterval, undefined, { signal, ref: false }).catch(() => undefined);
      if (!signal.aborted) await this.refresh();
    }
  }

  async #load(): Promise<void> {
    try {
      const revision = await this.#store.revision();
      if (this.#state === undefined || revision !== this.#revision) {
        const state = await this.#store.read(this.#clock() - keepEnded);
        this.#revision = revision;
        const content = JSON.stringify(state);
        // A commit that changed nothing of this (an event that was recorded) must not empty everybody's caches.
        if (this.#state === undefined || content !== this.#content) {
          this.#content = content;
          this.#failure = undefined;
          this.#replace(new ResolvedState(state));
        }
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    const known = this.#state !== undefined || this.#generation === 0;
    this.#failure = error instanceof StateUnavailable ? error
      : new StateUnavailable('corrupt', 'the state file cannot be understood', 'report this; restart the gateway');
    if (known) this.#replace(undefined);
  }

  #replace(state: ResolvedState | undefined): void {
    this.#state = state;
    const seen = [...this.#before, ...this.#principals];
    // While the store cannot be read all are kept, so that they are the same objects when it can be again.
    this.#before = new Map(state === undefined ? seen : seen.filter(([name]) => state.has(name)));
    this.#principals = new Map();
    this.#generation += 1;
    for (const listener of this.#listeners) {
      try {
        listener();
      } catch { /* one that fails must not keep the others from hearing of a revocation */ }
    }
  }
}
