import { hostname } from 'node:os';
import type { TargetConfig } from '../config/config.ts';

/** Listeners on every address are reached by this host's name. */
const everywhere: ReadonlySet<string> = new Set(['::', '0.0.0.0']);

/** `postgres://NAME:SECRET@HOST:PORT/DB`, as every client of PostgreSQL reads it. Names and secrets need no escaping (registry checks, identity/secret). */
export function connectionString(target: TargetConfig, name: string, secret: string): string {
  const host = everywhere.has(target.listen.host) ? hostname() : target.listen.host;
  const tls = target.tls?.required === true ? '?sslmode=require' : '';
  return `postgres://${name}:${secret}@${host.includes(':') ? `[${host}]` : host}:${target.listen.port}/${encodeURIComponent(target.upstream.database)}${tls}`;
}
