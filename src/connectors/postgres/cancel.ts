import { randomBytes, timingSafeEqual } from 'node:crypto';
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

interface Slot { readonly secret: Buffer; readonly cancel: () => Promise<void> }

/** Wrong keys that one address may show in a minute; nothing is answered to a CancelRequest either way, so a guess costs only this. */
const GUESSES_PER_MINUTE = 30;
const MINUTE_MS = 60_000;
/** The same for keys that others passed on, which come without an address: more than any balancer's clients cancel by mistake, far fewer than guessing takes. */
const FORWARDED_GUESSES_PER_MINUTE = 600;
const forwardedFrom = 'forwarded';
/** Addresses remembered at most. */
const MOST_ADDRESSES = 10_000;

/** Where a CancelRequest that is for somebody else goes: another worker, another gateway. */
export type ForwardCancel = (to: CancelAddress, key: CancelKey) => void;

/** Sessions of this process that can be cancelled, by slot. */
export class CancelRegistry {
  readonly #gateway: number;
  readonly #worker: number;
  readonly #forward: ForwardCancel;
  readonly #clock: () => number;
  readonly #slots = new Map<number, Slot>();
  #nextSlot = 0;
  #wrong = new Map<string, number>();
  #since = 0;

  constructor(parts: { readonly gateway: number; readonly worker: number; readonly forward: ForwardCancel; readonly clock: () => number }) {
    this.#gateway = parts.gateway;
    this.#worker = parts.worker;
    this.#forward = parts.forward;
    this.#clock = parts.clock;
  }

  /** Undefined when all 65,536 slots are taken. Slots are not taken again before all others were. */
  register(minor: number, cancel: () => Promise<void>): { readonly key: CancelKey; readonly release: () => void } | undefined {
    if (this.#slots.size >= SLOTS) return undefined;
    while (this.#slots.has(this.#nextSlot)) this.#nextSlot = (this.#nextSlot + 1) % SLOTS;
    const slot = this.#nextSlot;
    this.#nextSlot = (slot + 1) % SLOTS;
    const secret = randomBytes(secretLength(minor));
    this.#slots.set(slot, { secret, cancel });
    return { key: { process: packAddress({ gateway: this.#gateway, worker: this.#worker, slot }), secret }, release: () => this.#slots.delete(slot) };
  }

  /** Resolves when the cancel has arrived at the target, or at once when there is nothing to do; says nothing of which. */
  async request(key: CancelKey, address: string): Promise<void> {
    const to = unpackAddress(key.process);
    if (to.gateway === this.#gateway && to.worker === this.#worker) await this.#try(key, address, GUESSES_PER_MINUTE);
    else if (this.#guesses(address) < GUESSES_PER_MINUTE) this.#forward(to, key);
  }

  /** A request that another worker or gateway passed on. Who guesses is counted here, where it is known what is right. */
  async forwarded(key: CancelKey): Promise<void> {
    const to = unpackAddress(key.process);
    if (to.gateway === this.#gateway && to.worker === this.#worker) await this.#try(key, forwardedFrom, FORWARDED_GUESSES_PER_MINUTE);
  }

  async #try(key: CancelKey, from: string, most: number): Promise<void> {
    const guesses = this.#guesses(from);
    if (guesses >= most) return;
    const slot = this.#slots.get(unpackAddress(key.process).slot);
    if (slot === undefined || slot.secret.length !== key.secret.length || !timingSafeEqual(slot.secret, key.secret)) {
      this.#wrong.set(from, guesses + 1);
      return;
    }
    await slot.cancel();
  }

  /** Wrong keys from there in this minute. */
  #guesses(from: string): number {
    const now = this.#clock();
    if (now - this.#since > MINUTE_MS || this.#wrong.size > MOST_ADDRESSES) {
      this.#since = now;
      this.#wrong = new Map();
    }
    return this.#wrong.get(from) ?? 0;
  }
}
