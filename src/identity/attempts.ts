import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';

/** Wrong guesses are free up to a number, then each one locks for twice as long as the one before. Times in milliseconds. */
interface Ladder { readonly free: number; readonly first: number; readonly longest: number }

/** One name from one address. */
const pairLadder: Ladder = { free: 5, first: 1000, longest: 15 * 60_000 };
/** All names together from one address; many people may share it, so it is wider and shorter. */
const addressLadder: Ladder = { free: 50, first: 1000, longest: 60_000 };
/** Without a failure for so long, all is forgotten. */
const forgetAfter = 60 * 60_000;
/** Entries of each kind; the one that was used longest ago goes first. Some 200 bytes each. */
const mostEntries = 16_384;

interface Entry { readonly failures: number; readonly lastFailure: number; readonly lockedUntil: number; readonly proven: boolean }

const fresh: Entry = { failures: 0, lastFailure: 0, lockedUntil: 0, proven: false };

/**
 * Limits on attempts to log in, per address and name and per address: never per name alone, so that nobody locks out a name from elsewhere.
 * A name that was proven from an address before is not held up by what others do from there (an address may be a balancer's, or loopback).
 * Secrets have 256 bits: this is against noise and cost, and for any weaker secret that is still to come.
 */
export class Attempts {
  readonly #pairs = new Map<string, Entry>();
  readonly #addresses = new Map<string, Entry>();

  /** Milliseconds until this name may try from this address; 0 is now. */
  wait(address: string, user: string, now: number): number {
    const from = addressKey(address);
    const pair = this.#pairs.get(pairKey(from, user)) ?? fresh;
    const shared = pair.proven ? fresh : this.#addresses.get(from) ?? fresh;
    return Math.max(0, pair.lockedUntil - now, shared.lockedUntil - now);
  }

  failed(address: string, user: string, now: number): void {
    const from = addressKey(address);
    count(this.#pairs, pairKey(from, user), pairLadder, now);
    count(this.#addresses, from, addressLadder, now);
  }

  /** Forgets the name's own failures there; not the address's, or one known secret would pay for endless guesses at others. */
  succeeded(address: string, user: string): void {
    put(this.#pairs, pairKey(addressKey(address), user), { ...fresh, proven: true });
  }

  /** Entries held, for tests and metrics. */
  get size(): number { return this.#pairs.size + this.#addresses.size; }
}

function count(entries: Map<string, Entry>, key: string, ladder: Ladder, now: number): void {
  const before = entries.get(key) ?? fresh;
  const failures = (now - before.lastFailure > forgetAfter ? 0 : before.failures) + 1;
  const over = failures - ladder.free;
  const lock = over < 0 ? 0 : Math.min(ladder.longest, ladder.first * 2 ** Math.min(over, 30));
  put(entries, key, { failures, lastFailure: now, lockedUntil: Math.max(before.lockedUntil, now + lock), proven: before.proven });
}

function put(entries: Map<string, Entry>, key: string, entry: Entry): void {
  entries.delete(key);
  entries.set(key, entry);
  if (entries.size <= mostEntries) return;
  const oldest = entries.keys().next();
  if (oldest.done !== true) entries.delete(oldest.value);
}

function pairKey(from: string, user: string): string {
  // A name is at most as long as the client likes: held by digest when it is longer than any of ours.
  return `${from} ${user.length <= 63 ? user : `#${createHash('sha256').update(user).digest('base64')}`}`;
}

/** IPv4 as it is, also when mapped into IPv6; IPv6 by its /64, of which one customer has all addresses. */
export function addressKey(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped !== null) return mapped[1] ?? '';
  if (!isIPv6(address)) return address.slice(0, 64);
  const [head = '', tail] = (address.split('%')[0] ?? '').toLowerCase().split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  // A dotted tail stands for two groups.
  const width = left.length + right.length + (address.includes('.') ? 1 : 0);
  const groups = tail === undefined ? left : [...left, ...Array.from({ length: Math.max(0, 8 - width) }, () => '0'), ...right];
  return `${groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}
