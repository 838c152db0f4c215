import { hash, timingSafeEqual } from 'node:crypto';
import type { Log } from '../../core/log.ts';
import { pooledRandom } from '../../wire/random.ts';
import type { CancelKey } from './messages/startup.ts';

/**
 * The layout of the process id in our BackendKeyData, the only 31 bits that protocol 3.0 lets us choose beside the secret: with several
 * gateways behind one balancer, and several workers in each, a CancelRequest comes on a new connection and so anywhere.
 *
 *     bit 30..21  gateway (1 to 1023)
 *     bit 20..16  worker  (0 to 31)
 *     bit 15..0   slot in that worker
 */
export interface CancelAddress { readonly gateway: number; readonly worker: number; readonly slot: number }

const SLOTS = 1 << 16;

export function packAddress({ gateway, worker, slot }: CancelAddress): number {
  return gateway * (1 << 21) + worker * SLOTS + slot;
}

export function unpackAddress(process: number): CancelAddress {
  return { gateway: process >>> 21, worker: (process >>> 16) & 0x1f, slot: process & 0xffff };
}

/** Secret bytes: all that 3.0 has room for; in 3.2 what cannot be guessed. */
const secretLength = (minor: number): number => (minor >= 2 ? 32 : 4);

/** What a CancelRequest may cancel. */
export interface Cancellable { cancel(): Promise<void> }

/** The digest as text, a byte a character: of thousands of idle sessions a Buffer each would take ten times the room. */
interface Slot { readonly digest: string; readonly session: Cancellable }

/** Wrong keys in a minute that are worth a word in the log: more than clients show by mistake, far fewer than guessing takes. */
const SUSPICIOUS = 100;
const MINUTE_MS = 60_000;

/** Where a CancelRequest that is for somebody else goes: another worker, another gateway. */
export type ForwardCancel = (to: CancelAddress, key: CancelKey) => void;

/**
 * Sessions of this process that can be cancelled, by slot.
 *
 * A right key works, whatever else comes from its address: a limit on wrong ones would let anybody behind the same NAT, balancer or peer take from all
 * others the means to stop a statement. What keeps keys from being guessed is that slots are taken at random, too: of a key of protocol 3.0 nothing is
 * known of 48 bits, 16 more than PostgreSQL hides, whose process ids are shown in pg_stat_activity (and which has no limit either). With a thousand
 * sessions and ten thousand guesses a second a guesser stops somebody's statement once in ten months. Keys of 3.2 have 32 bytes.
 */
export class CancelRegistry {
  readonly #gateway: number;
  readonly #worker: number;
  readonly #forward: ForwardCancel;
  readonly #clock: () => number;
  readonly #log: Log;
  readonly #random = pooledRandom();
  readonly #slots = new Map<number, Slot>();
  /** Stands for the secret of a slot that nobody has: whether somebody has it must not show in how long an answer takes. */
  readonly #nobodys: string = this.#random(32).toString('latin1');
  #wrong = 0;
  #since = 0;

  constructor(parts: { readonly gateway: number; readonly worker: number; readonly forward: ForwardCancel; readonly clock: () => number; readonly log: Log }) {
    this.#gateway = parts.gateway;
    this.#worker = parts.worker;
    this.#forward = parts.forward;
    this.#clock = parts.clock;
    this.#log = parts.log;
  }

  /** Undefined when all 65,536 slots are taken. */
  register(minor: number, session: Cancellable): CancelKey | undefined {
    if (this.#slots.size >= SLOTS) return undefined;
    let slot = this.#random(2).readUInt16BE();
    while (this.#slots.has(slot)) slot = (slot + 1) % SLOTS;
    const secret = this.#random(secretLength(minor));
    this.#slots.set(slot, { digest: digestOf(secret).toString('latin1'), session });
    return { process: packAddress({ gateway: this.#gateway, worker: this.#worker, slot }), secret };
  }

  /** The session whose key has this process number has ended: its slot is free. */
  release(process: number): void { this.#slots.delete(unpackAddress(process).slot); }

  /** Resolves when the cancel has arrived at the target, or at once when there is nothing to do; says nothing of which. */
  async request(key: CancelKey, address: string): Promise<void> {
    const to = unpackAddress(key.process);
    if (to.gateway === this.#gateway && to.worker === this.#worker) await this.#try(key, address);
    else this.#forward(to, key);
  }

  /** A request that another worker of this gateway passed on. */
  async forwarded(key: CancelKey): Promise<void> {
    const to = unpackAddress(key.process);
    if (to.gateway === this.#gateway && to.worker === this.#worker) await this.#try(key, 'another worker');
  }

  async #try(key: CancelKey, from: string): Promise<void> {
    const slot = this.#slots.get(unpackAddress(key.process).slot);
    // By digest: secrets have two lengths, and the time to compare them must not tell which.
    const right = timingSafeEqual(Buffer.from(slot?.digest ?? this.#nobodys, 'latin1'), digestOf(key.secret));
    if (slot === undefined || !right) this.#countWrong(from);
    else await slot.session.cancel();
  }

  #countWrong(from: string): void {
    const now = this.#clock();
    if (now - this.#since > MINUTE_MS) {
      this.#since = now;
      this.#wrong = 0;
    }
    this.#wrong++;
    if (this.#wrong === SUSPICIOUS) this.#log.warn('somebody may be guessing cancel keys', { wrong: this.#wrong, lastFrom: from });
  }
}

function digestOf(secret: Buffer): Buffer { return hash('sha256', secret, 'buffer'); }
