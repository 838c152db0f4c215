import { BlockList, isIP } from 'node:net';
import type { HostPort, Upstream } from './config.ts';

/** Either the value, or what is wrong with the text; the words never repeat the text, which may hold a secret. */
export type Read<T> = { readonly value: T } | { readonly problem: string; readonly mend: string };

const sizeUnits = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 } as const;
const durationUnits = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
export const sizePattern = /^(\d{1,9})(B|KiB|MiB|GiB)$/;
export const durationPattern = /^(\d{1,9})(ms|s|m|h|d)$/;

function measured(text: string, pattern: RegExp, units: Readonly<Record<string, number>>): number | undefined {
  const [, amount = '', unit = ''] = pattern.exec(text) ?? [];
  const factor = units[unit];
  return factor === undefined ? undefined : Number(amount) * factor;
}

/** `256KiB` to bytes; undefined when it is not of that form. */
export function parseSize(text: string): number | undefined { return measured(text, sizePattern, sizeUnits); }

/** `30s` to milliseconds; undefined when it is not of that form. */
export function parseDuration(text: string): number | undefined { return measured(text, durationPattern, durationUnits); }

function largestUnit(value: number, units: Record<string, number>): string {
  if (value === 0) return '0';
  const [name, factor] = Object.entries(units).findLast(([, factor]) => value % factor === 0) ?? ['', 1];
  return `${value / factor}${name}`;
}

export function formatSize(bytes: number): string { return largestUnit(bytes, sizeUnits); }
export function formatDuration(milliseconds: number): string { return largestUnit(milliseconds, durationUnits); }

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Only this host can reach it. A name is loopback only when it is `localhost`: any other is for a resolver to say, that is for others. */
export function isLoopback(host: string): boolean {
  const family = isIP(host);
  return family === 0 ? host.toLowerCase() === 'localhost' : loopback.check(host, family === 6 ? 'ipv6' : 'ipv4');
}

const hostName = /^(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?$/;
export function isHostName(text: string): boolean { return hostName.test(text) && !/^[\d.]+$/.test(text); }

/**
 * `127.0.0.1:6432`, `[::1]:6432`, `db.internal:5432`; where `listening`, also `*:6432`, and port 0 for any free one.
 * `localhost` is read as 127.0.0.1, so that no resolver decides whether a listener is on loopback.
 */
export function parseHostPort(text: string, listening = false): Read<HostPort> {
  const mend = 'write `127.0.0.1:6432`, `[::1]:6432` or `name:6432`';
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]\s/@]+)):(\d{1,5})$/.exec(text);
  if (match === null) return { problem: 'is not an address with a port', mend };
  const port = Number(match[3]);
  if (port > 65_535 || (port === 0 && !listening)) return { problem: 'has a port outside 1 to 65535', mend };
  if (match[1] !== undefined) return isIP(match[1]) === 6 ? { value: { host: match[1], port } } : { problem: 'has no IPv6 address in its brackets', mend };
  const host = match[2] ?? '';
  if (host === '*' && listening) return { value: { host: '::', port } };
  if (host.toLowerCase() === 'localhost') return { value: { host: '127.0.0.1', port } };
  return isIP(host) === 4 || isHostName(host) ? { value: { host, port } } : { problem: 'has no address or host name before the port', mend };
}

/** `10.0.0.0/8`, `fd00::/8`, or one address. */
export function isCidr(text: string): boolean {
  const [, address = '', bits] = /^([0-9A-Fa-f:.]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = isIP(address);
  return family !== 0 && (bits === undefined || Number(bits) <= (family === 4 ? 32 : 128));
}

/** The addresses of ranges that `isCidr` has accepted. */
export function addressSet(ranges: readonly string[]): BlockList {
  const set = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    set.addSubnet(address, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family);
  }
  return set;
}

const upstreamMend = 'write `postgres://ROLE@HOST:5432/DATABASE`, or for a Unix socket `postgres://ROLE@/DATABASE?host=/run/postgresql`';

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function wrong(problem: string, mend = upstreamMend): Read<Upstream> { return { problem, mend }; }

/** Where the real server is, and as whom the gate logs in. The URI form of libpq (PostgreSQL 18, 32.1.1.2), one host, without parameters but `host`. */
export function parseUpstream(text: string): Read<Upstream> {
  // Before the URL parser: a password with `#`, `/` or `@` in it makes a URL that reads as something else.
  const password = /^[A-Za-z]+:\/\/[^/?#@]*:[^@]*@/;
  if (password.test(text)) return wrong('holds a password', 'take it out of the URL and say where it is: `password: { env: NAME }`, `{ file: PATH }` or `{ credential: NAME }`');
  if (!/^postgres(?:ql)?:\/\//.test(text)) return wrong('is not a postgres:// URL');
  // `ROLE@/DATABASE` has no host, which the URL standard does not allow after a user.
  const url = URL.parse(text.replace(/^([a-z]+:\/\/[^@/?#]*@)\//, '$1localhost.socket/'));
  if (url === null) return wrong('is not a URL that can be read: a comma (several hosts) or a character that needs percent-encoding');
  if (url.hash !== '') return wrong('has a `#` part');
  const user = decoded(url.username);
  const database = decoded(url.pathname.replace(/^\//, ''));
  let host = decoded(url.hostname.replace(/^\[(.*)\]$/, '$1'));
  if (user === undefined || database === undefined || host === undefined) return wrong('has percent-encoding that cannot be read');
  if (user === '') return wrong('names no role to log in as');
  if (database === '' || database.includes('/')) return wrong('names no database');
  for (const key of new Set(url.searchParams.keys())) {
    if (key === 'password') return wrong('holds a password', 'take it out of the URL and say where it is: `password: { env: NAME }`, `{ file: PATH }` or `{ credential: NAME }`');
    if (key.startsWith('ssl')) return wrong('has parameters of TLS', 'say them in `upstream_tls`');
    if (key !== 'host') return wrong('has a parameter that is not read here: only `host` with a socket folder may follow the `?`');
  }
  const folder = url.searchParams.get('host');
  if (folder !== null) {
    if (host !== 'localhost.socket' || !folder.startsWith('/')) return wrong('names two hosts, or a `host` parameter that is not an absolute folder');
    host = folder;
  } else if (host === 'localhost.socket') {
    return wrong('names no host');
  }
  if ([user, database, host].some((part) => /\p{Cc}/u.test(part))) return wrong('has a control character');
  const port = url.port === '' ? 5432 : Number(url.port);
  if (port === 0) return wrong('has port 0');
  // unix(7): sun_path is 108 bytes with its NUL.
  if (host.startsWith('/')) {
    const path = `${host.replace(/\/+$/, '')}/.s.PGSQL.${port}`;
    return Buffer.byteLength(path) > 107 ? wrong('has a socket folder whose path is too long') : { value: { address: { kind: 'unix', path }, user, database } };
  }
  return isIP(host) !== 0 || isHostName(host) ? { value: { address: { kind: 'tcp', host, port }, user, database } } : wrong('has no host name that can be read');
}
