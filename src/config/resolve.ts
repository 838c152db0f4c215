import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { verbs } from '../core/effect.ts';
import type { Purpose } from '../core/principal.ts';
import { generalPurpose, type Config, type GatewayConfig, type SecretRef, type TargetConfig, type Upstream } from './config.ts';
import { isLoopback } from './scalars.ts';
import { mostWorkers, type FileConfig, type FileTarget } from './schema.ts';

/** The upstream cannot be reached, or watched, from other hosts. */
export function isLocalUpstream(upstream: Upstream): boolean {
  return upstream.address.kind === 'unix' || isLoopback(upstream.address.host);
}

type At = (path: string) => string;

function secret(value: FileTarget['password'], at: At): SecretRef | undefined {
  if (value?.env !== undefined) return { kind: 'env', name: value.env };
  if (value?.file !== undefined) return { kind: 'file', path: at(value.file) };
  if (value?.credential !== undefined) return { kind: 'credential', name: value.credential };
  return undefined;
}

function maybe(path: string | undefined, at: At): string | undefined { return path === undefined ? undefined : at(path); }

/** One target with every default filled in; paths absolute. */
export function resolveTarget(name: string, file: FileTarget, at: At): TargetConfig {
  const tls = file.upstream_tls;
  return {
    target: { name, protocol: file.protocol, environment: file.environment ?? 'unspecified', mode: file.mode },
    listen: file.listen,
    upstream: file.upstream,
    password: secret(file.password, at),
    reader: file.reader === undefined ? undefined : { role: file.reader.role, password: secret(file.reader.password, at) },
    databases: file.databases ?? [file.upstream.database],
    tls: file.tls === undefined ? undefined : { cert: at(file.tls.cert), key: at(file.tls.key), required: file.tls.required, clientCa: maybe(file.tls.client_ca, at) },
    insecurePlaintext: file.insecure_plaintext,
    upstreamTls: {
      mode: tls.mode ?? (isLocalUpstream(file.upstream) ? 'disable' : 'verify-full'),
      ca: maybe(tls.ca, at), cert: maybe(tls.cert, at), key: maybe(tls.key, at), serverName: tls.server_name, direct: tls.direct,
    },
    proxyProtocol: file.proxy_protocol,
    limits: {
      text: file.limits.text, message: file.limits.message, sessions: file.limits.sessions,
      statementBytes: file.limits.statement_bytes, startupTimeout: file.limits.startup_timeout,
    },
    allowParameters: file.allow_parameters,
    durability: file.durability,
    catalogMode: file.catalog,
    enforceReads: file.enforce_reads,
    onAuditFailure: file.on_audit_failure,
  };
}

function gatewayOf(file: FileConfig['gateway'], at: At): GatewayConfig {
  return {
    name: file.name, id: file.id, data: at(file.data),
    admin: file.admin === 'off' ? undefined : { listen: file.admin, offLoopback: file.admin_off_loopback, hosts: file.admin_hosts },
    workers: file.workers === 'auto' ? Math.min(mostWorkers, availableParallelism()) : file.workers,
    log: file.log, drain: file.drain, peers: file.peers,
  };
}

/** The file with every default filled in. Relative paths start at `folder`. */
export function resolveConfig(file: FileConfig, folder: string): Config {
  const at: At = (path) => resolve(folder, path);
  const all: Purpose['verbs'] = [...verbs, 'unmask'];
  const purposes = new Map<string, Purpose>([[generalPurpose, { name: generalPurpose, verbs: all, labels: [] }]]);
  for (const [name, purpose] of Object.entries(file.purposes)) {
    purposes.set(name, { name, verbs: purpose.verbs === 'all' ? all : purpose.verbs, labels: purpose.labels });
  }
  return {
    gateway: gatewayOf(file.gateway, at),
    policy: (typeof file.policy === 'string' ? [file.policy] : file.policy).map(at),
    purposes,
    targets: Object.entries(file.targets).map(([name, target]) => resolveTarget(name, target, at)),
  };
}
