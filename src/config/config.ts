import type { Purpose } from '../core/principal.ts';
import type { Target } from '../core/target.ts';

/** Where a secret is; the secret itself is never in the config. `name` of a credential is a file in $CREDENTIALS_DIRECTORY (systemd.exec(5), LoadCredential). */
export type SecretRef =
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'credential'; readonly name: string };

/** `host` is an IP address without brackets, or a name; `*` in the file became `::`. */
export interface HostPort { readonly host: string; readonly port: number }

/** `unix`: path of the socket itself, such as /run/postgresql/.s.PGSQL.5432. */
export type UpstreamAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

export interface Upstream { readonly address: UpstreamAddress; readonly user: string; readonly database: string }

/** PEM files of a listener; absolute paths. `required: false` lets clients go on in plaintext. */
export interface ListenerTls {
  readonly cert: string;
  readonly key: string;
  readonly required: boolean;
  /** With it, clients must present a certificate that this authority signed. */
  readonly clientCa: string | undefined;
}

/** `verify-full`: the chain, and the name. `require`: encrypted, to whoever answers. */
export interface UpstreamTls {
  readonly mode: 'disable' | 'require' | 'verify-full';
  /** PEM; undefined: the system's authorities. */
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  /** The name that the certificate must carry; undefined: the upstream's host. */
  readonly serverName: string | undefined;
  /** TLS from the first byte, ALPN `postgresql` (PostgreSQL 17, sslnegotiation=direct). */
  readonly direct: boolean;
}

export interface TargetLimits {
  /** Bytes of one command that is to be understood; what is longer is `opaque`, reason `too-large`. */
  readonly text: number;
  /** Bytes of one wire message of any kind. */
  readonly message: number;
  /** Sessions at one time. */
  readonly sessions: number;
  /** Bytes of statement text that one session may hold prepared. */
  readonly statementBytes: number;
  /** Milliseconds from accept until the session is open. */
  readonly startupTimeout: number;
}

export interface TargetConfig {
  readonly target: Target;
  readonly listen: HostPort;
  readonly upstream: Upstream;
  readonly password: SecretRef | undefined;
  /** The role for sessions of who may only read. */
  readonly reader: { readonly role: string; readonly password: SecretRef | undefined } | undefined;
  /** Databases that a client may ask for. */
  readonly databases: readonly string[] | '*';
  readonly tls: ListenerTls | undefined;
  readonly insecurePlaintext: boolean;
  readonly upstreamTls: UpstreamTls;
  /** PROXY protocol v2 is demanded from these peers (CIDR), and from nobody else accepted. */
  readonly proxyProtocol: { readonly trusted: readonly string[] } | undefined;
  readonly limits: TargetLimits;
  /** Startup parameters that are passed on beyond the built-in list, in lower case. */
  readonly allowParameters: readonly string[];
  readonly durability: 'normal' | 'strict';
  readonly catalogMode: 'follow' | 'strict';
  readonly enforceReads: 'off' | 'on' | 'everywhere';
  readonly onAuditFailure: 'block';
}

export interface Peer { readonly id: number; readonly address: HostPort }

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];
export const logFormats = ['auto', 'json', 'pretty'] as const;
export type LogFormat = (typeof logFormats)[number];

export interface AdminConfig {
  readonly listen: HostPort;
  /** The listener may be reached from other hosts, although it asks for no credential. */
  readonly offLoopback: boolean;
  /** Names, beside IP addresses and `localhost`, that the Host header may carry when `offLoopback`. */
  readonly hosts: readonly string[];
}

export interface GatewayConfig {
  readonly name: string;
  /** 1 to 1023: the part of a cancel key that says which gateway made it. */
  readonly id: number;
  /** Folder of state and log; absolute. */
  readonly data: string;
  /** Undefined: no health and metrics listener. */
  readonly admin: AdminConfig | undefined;
  /** Processes that serve clients. */
  readonly workers: number;
  readonly log: { readonly level: LogLevel; readonly format: LogFormat };
  /** Milliseconds that open sessions get to end after SIGTERM. */
  readonly drain: number;
  /** Other gateways, to which cancel requests with their id are forwarded. */
  readonly peers: readonly Peer[];
}

export interface Config {
  readonly gateway: GatewayConfig;
  /** Folders of policies; absolute. */
  readonly policy: readonly string[];
  /** By name; always holds `general`, which a session has that names none. */
  readonly purposes: ReadonlyMap<string, Purpose>;
  /** In the order of the file. */
  readonly targets: readonly TargetConfig[];
}

/** The purpose of a session that names none. */
export const generalPurpose = 'general';
