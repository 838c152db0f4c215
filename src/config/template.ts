import { stringify } from 'yaml';
import type { Environment } from '../core/target.ts';
import { jsonSchema } from './keys.ts';

/** What `guardrails init` asks or takes for granted. Undefined parts are written as an example to change. */
export interface TemplateTarget {
  readonly name?: string;
  readonly listen?: string;
  readonly upstream?: string;
  readonly passwordEnv?: string;
  readonly environment?: Exclude<Environment, 'unspecified'>;
}

/** Name of the editor's schema, beside guardrails.yaml. */
export const schemaFileName = 'guardrails.schema.json';

/** Content of guardrails.schema.json. */
export function schemaFile(): string { return `${JSON.stringify(jsonSchema(), null, 2)}\n`; }

function scalar(value: string): string { return stringify(value, { lineWidth: 0 }).trimEnd(); }

/** Content of guardrails.yaml: five lines of a target that work, and every other key beside them, commented out with its default. */
export function configFile(target: TemplateTarget = {}): string {
  return `# yaml-language-server: $schema=./${schemaFileName}
#
# Access Guardrails. Every key is explained in docs/guide/configure.md; editors that know the line above
# complete and check as you type. \`guardrails start --check-config\` says everything that is wrong, with its place.
# Relative paths start at the folder of this file. Secrets never stand here: only where they are.

version: 1

targets:
  # The name of a system behind the gate; it is in every record, and people grant by it.
  ${scalar(target.name ?? 'shop')}:
    protocol: postgres
    listen: ${scalar(target.listen ?? '127.0.0.1:6432')}          # what clients connect to, in place of the server
    upstream: ${scalar(target.upstream ?? 'postgres://app@127.0.0.1:5432/shop')}   # the server, and the role the gate is there; never a superuser
    password: { env: ${scalar(target.passwordEnv ?? 'SHOP_DB_PASSWORD')} }   # or { file: /run/secrets/shop }, or { credential: shop } (systemd)
    environment: ${target.environment ?? 'development'}      # production, staging, development or local; absent counts as production

    # Watch first: decide and record everything, refuse nothing. Loud in metrics and at start.
    # mode: observe

    # Databases that clients may ask for; without it, the one of \`upstream\`.
    # databases: [shop, reports]          # or "*"

    # TLS for clients. Off loopback the gate does not start without it.
    # tls:
    #   cert: ./tls/shop.crt
    #   key: ./tls/shop.key
    #   client_ca: ./tls/clients.crt      # clients must present a certificate of this authority
    # insecure_plaintext: true            # instead: plaintext off loopback, at your own risk

    # TLS to the server: verify-full, unless the server is on loopback or a Unix socket.
    # upstream_tls:
    #   mode: verify-full                 # or require (encrypted, to whoever answers), or disable
    #   ca: ./tls/server-ca.crt           # default: the system's authorities

    # Behind a TCP balancer that speaks PROXY protocol v2: whose word on the client's address is taken.
    # proxy_protocol: { trusted: [10.0.0.0/8] }

    # limits:
    #   text: 256KiB                      # longest command that is read; a longer one is not understood, so refused
    #   message: 1GiB                     # longest wire message; results stream, whatever their size
    #   sessions: 1000
    #   statement_bytes: 16MiB            # prepared statements that one session may hold
    #   startup_timeout: 10s

    # Startup parameters that clients may set beyond the built-in list.
    # allow_parameters: [jit]

    # With \`strict\` the record of a read, too, is on disk before the read is sent.
    # durability: normal

    # With \`strict\` the target is asked before each command whether its catalog has changed: a round trip more.
    # catalog: follow

# What sessions may say they are for, and what that allows at most; policy decides within it.
# A client picks one at login; one that picks none has \`general\`, which allows every verb unless it is written here.
# purposes:
#   general: { verbs: [read, execute] }
#   reporting: { verbs: [read], labels: [pii.email] }

# policy: ./policies/baseline             # or a list of folders; changes are taken up without a restart

# gateway:
#   name: guardrails                      # in records, and in the origin of the log; keep it
#   data: ./guardrails-data               # state and log; back it up
#   admin: 127.0.0.1:7432                 # /healthz, /readyz, /metrics; or off
#   workers: 1                            # processes; auto: one a core
#   drain: 30s                            # what open sessions get to end after SIGTERM
#   log: { level: info, format: auto }
#   id: 1                                 # with several gateways behind one balancer: 1 to 1023, each its own
#   peers: [{ id: 2, address: "10.0.0.2:6432" }]   # the others; cancel requests are forwarded to them
`;
}
