import { z } from 'zod';
import { verbs } from '../core/effect.ts';
import { logFormats, logLevels } from './config.ts';
import { durationPattern, formatDuration, formatSize, isCidr, parseDuration, parseHostPort, parseSize, parseUpstream, sizePattern, type Read } from './scalars.ts';

/** Every text of a rule here is `what is wrong; mend`. It never repeats the value: a value in the wrong place may be a secret. */
export function says(problem: string, mend: string): string { return `${problem}; ${mend}`; }

const nameText = says('is not a name', 'use letters, digits, `-` and `_`, a letter first, at most 63');
const nameRule = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/;
const name = z.string(nameText).regex(nameRule, nameText);

function text(expected: string, mend: string): z.ZodString {
  return z.string(says(`expected ${expected}`, mend)).min(1, says(`expected ${expected}, found nothing`, mend));
}

function read<T>(base: z.ZodString, parse: (text: string) => Read<T>): z.ZodPipe<z.ZodString, z.ZodTransform<T, string>> {
  return base.transform((value, context) => {
    const result = parse(value);
    if ('value' in result) return result.value;
    context.addIssue({ code: 'custom', message: says(result.problem, result.mend) });
    return z.NEVER;
  });
}

function duration(least: number, most: number): z.ZodPipe<z.ZodString, z.ZodTransform<number, string>> {
  const mend = `write a whole number with its unit (ms, s, m, h, d), from ${formatDuration(least)} to ${formatDuration(most)}`;
  const wrong = says('is not a duration', mend);
  return read(z.string(wrong).regex(durationPattern, wrong), (value) => {
    const milliseconds = parseDuration(value) ?? -1;
    return milliseconds < least || milliseconds > most ? { problem: 'is out of range', mend } : { value: milliseconds };
  });
}

function size(least: number, most: number): z.ZodPipe<z.ZodString, z.ZodTransform<number, string>> {
  const mend = `write a whole number with its unit (B, KiB, MiB, GiB), from ${formatSize(least)} to ${formatSize(most)}`;
  const wrong = says('is not a size', mend);
  return read(z.string(wrong).regex(sizePattern, wrong), (value) => {
    const bytes = parseSize(value) ?? -1;
    return bytes < least || bytes > most ? { problem: 'is out of range', mend } : { value: bytes };
  });
}

function whole(least: number, most: number): z.ZodInt {
  const wrong = says('is not a whole number in range', `write one from ${least} to ${most}`);
  return z.int(wrong).min(least, wrong).max(most, wrong);
}

const flag = z.boolean(says('is not a switch', 'write true or false'));
const path = text('a path', 'write a path; a relative one starts at the folder of this file');
const object = says('expected keys with values under it', 'see docs/guide/configure.md');
const list = says('expected a list', 'write `[a, b]`, or one `- a` a line');
const address = read(text('an address with a port', 'write `127.0.0.1:6432`'), (value) => parseHostPort(value));
const listenAddress = read(text('an address with a port', 'write `127.0.0.1:6432`'), (value) => parseHostPort(value, true));

/** Startup parameters that change what the gate or the server reads into a text, or who runs it (reference: postgres A1, A2): never passed on. */
export const parametersNeverPassed: ReadonlySet<string> = new Set([
  'client_encoding', 'standard_conforming_strings', 'backslash_quote', 'escape_string_warning', 'transform_null_equals', 'array_nulls',
  'session_preload_libraries', 'local_preload_libraries', 'session_replication_role', 'row_security', 'track_counts', 'role',
  'session_authorization', 'replication', 'options', 'user', 'database',
]);

export const secretMend = 'write where the secret is: `{ env: NAME }`, `{ file: PATH }` or `{ credential: NAME }`';
const secretRef = z.strictObject({
  env: text('the name of a variable', 'write `{ env: SHOP_DB_PASSWORD }`').regex(/^[A-Za-z_][A-Za-z0-9_]*$/, says('is not the name of an environment variable', 'use letters, digits and `_`')).optional().describe('Name of an environment variable that holds the secret.'),
  file: path.optional().describe('Path of a file that holds the secret; one newline at its end is taken off.'),
  credential: text('the name of a credential', 'write `{ credential: shop-db }`').regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}$/, says('is not the name of a credential', 'use letters, digits, `.`, `-` and `_`')).optional().describe('Name of a file in $CREDENTIALS_DIRECTORY (systemd LoadCredential=).'),
}, says('a secret is never written in this file', secretMend)).superRefine((value, context) => {
  const given = Object.values(value).filter((part) => part !== undefined).length;
  if (given !== 1) context.addIssue({ code: 'custom', message: says(given === 0 ? 'says nowhere where the secret is' : 'says more than one place', secretMend) });
}).meta({ minProperties: 1, maxProperties: 1 });

const certificate = path.describe('PEM file with the certificate, and the chain after it.');
const privateKey = path.describe('PEM file with the private key of `cert`, not encrypted, for nobody else to read.');

const listenerTls = z.strictObject({
  cert: certificate,
  key: privateKey,
  required: flag.default(true).describe('Turn away clients that go on without TLS.'),
  client_ca: path.optional().describe('PEM file with the authorities of client certificates; with it every client must present one.'),
}, object);

const upstreamTls = z.strictObject({
  mode: z.enum(['disable', 'require', 'verify-full']).optional().describe('verify-full checks chain and name; require encrypts without knowing to whom; disable sends in the clear. Default: verify-full, or disable when the upstream is on loopback or a Unix socket.'),
  ca: path.optional().describe('PEM file with the authorities that are trusted, instead of the system\'s.'),
  cert: path.optional().describe('PEM file with the certificate that the gate presents; together with `key`.'),
  key: path.optional().describe('PEM file with the private key of `cert`.'),
  server_name: text('a host name', 'write the name that the certificate carries').optional().describe('Name that the certificate must carry, and that is sent (SNI). Default: the upstream\'s host.'),
  direct: flag.default(false).describe('TLS from the first byte (PostgreSQL 17 and newer, sslnegotiation=direct).'),
}, object);

const KiB = 2 ** 10;
const MiB = 2 ** 20;
const GiB = 2 ** 30;

const limits = z.strictObject({
  text: size(KiB, 16 * MiB).prefault('256KiB').describe('Longest command that is read and understood; a longer one is opaque (too-large), which baseline policy refuses.'),
  message: size(64 * KiB, GiB).prefault('1GiB').describe('Longest single wire message. Results stream, whatever their size.'),
  sessions: whole(1, 100_000).default(1000).describe('Sessions at one time; the next one is refused (too-many-sessions).'),
  statement_bytes: size(64 * KiB, GiB).prefault('16MiB').describe('Statement text that one session may hold prepared.'),
  startup_timeout: duration(100, 300_000).prefault('10s').describe('From accept until the session is open: TLS, login, upstream login.'),
}, object);

const target = z.strictObject({
  protocol: z.enum(['postgres']).describe('Protocol that clients speak.'),
  listen: listenAddress.describe('Address that clients connect to: `127.0.0.1:6432`, `[::1]:6432`, `*:6432`. Port 0 takes any free one.').meta({ examples: ['127.0.0.1:6432'] }),
  upstream: read(text('a postgres:// URL', 'write `postgres://ROLE@HOST:5432/DATABASE`'), parseUpstream).describe('The real server, and the role that the gate logs in as; never with a password in it.').meta({ examples: ['postgres://app@db.internal:5432/shop'] }),
  password: secretRef.optional().describe('Where the upstream role\'s password is. Absent: none is sent (client certificate, peer, trust).'),
  reader: z.strictObject({
    role: text('the name of a role', 'write the name of the role, such as `shop_reader`').describe('Role of the target that such sessions log in as; one that may only read.'),
    password: secretRef.optional().describe('Where its password is. Absent: none is sent.'),
  }, says('expected a role and where its password is', 'write `reader: { role: shop_reader, password: { env: SHOP_READER_PASSWORD } }`')).optional().describe('Another role for sessions of principals who were granted nothing beyond reading. Absent: they log in as all do.'),
  environment: z.enum(['production', 'staging', 'development', 'local']).optional().describe('What the target is for. Absent counts as production.'),
  mode: z.enum(['enforce', 'observe']).default('enforce').describe('observe decides and records, and forwards what it would have refused.'),
  databases: z.union([z.literal('*'), z.array(text('the name of a database', 'write its name'), list).min(1, says('is an empty list', 'name a database, or take the key away'))], says('is neither a list of databases nor "*"', 'write `[shop, reports]` or `"*"`')).optional().describe('Databases that clients may ask for; "*" for every one. Default: the upstream\'s.'),
  tls: listenerTls.optional().describe('TLS for clients. Absent: plaintext, which is for loopback only.'),
  insecure_plaintext: flag.default(false).describe('Allow plaintext off loopback: passwords stay safe (SCRAM), everything else can be read and changed on the way.'),
  upstream_tls: upstreamTls.prefault({}).describe('TLS to the upstream.'),
  proxy_protocol: z.strictObject({
    trusted: z.array(text('an address range', 'write `10.0.0.0/8`').refine(isCidr, says('is not an address range', 'write `10.0.0.0/8` or one address')), list).min(1, says('is an empty list', 'name the balancers\' addresses, or take `proxy_protocol` away')).describe('Addresses (CIDR) of the balancers; only they may connect, and each must send the header.'),
  }, says('expected the list of who may send it', 'write `proxy_protocol: { trusted: [10.0.0.0/8] }`, or take the key away')).optional().describe('PROXY protocol v2 before the first byte, so that records carry the client\'s own address.'),
  limits: limits.prefault({}).describe('Bounds on what one client may take.'),
  allow_parameters: z.array(text('the name of a parameter', 'write its name')
    .regex(/^[A-Za-z_][A-Za-z0-9_.]*$/, says('is not the name of a parameter', 'use letters, digits, `_` and `.`'))
    .transform((value) => value.toLowerCase())
    .refine((value) => !parametersNeverPassed.has(value), says('names a parameter that is never passed on: it changes what a text means or who runs it', 'take it off the list')), list)
    .prefault([]).describe('Startup parameters (also inside `options`) that are passed on beyond the built-in list.'),
  catalog: z.enum(['follow', 'strict']).default('follow').describe('How new the catalog is that a command is read with. follow: up to a second old, and as new as the session\'s own changes; strict: asked for before each command, at the price of a round trip.'),
  durability: z.enum(['normal', 'strict']).default('normal').describe('strict syncs the record of reads, too, to disk before they are forwarded.'),
  enforce_reads: z.enum(['off', 'on', 'everywhere']).default('on').describe('on: what was taken for reads runs read-only at the target (PostgreSQL 14 and newer), so that a mistake of the gate\'s cannot write; everywhere: inside of transaction blocks, too.'),
  on_audit_failure: z.enum(['block']).default('block').describe('What happens to commands while nothing can be recorded. There is one answer.'),
}, object);

/** A cancel key has five bits for the worker, of which 0 is the primary. */
export const mostWorkers = 31;

const gateway = z.strictObject({
  name: name.default('guardrails').describe('Name of this gateway in records and in the origin of its log; keep it for the life of the data folder.'),
  id: whole(1, 1023).default(1).describe('Number of this gateway in cancel keys; different for each one behind the same balancer.'),
  data: path.default('./guardrails-data').describe('Folder of state and log.'),
  admin: z.union([z.literal('off'), listenAddress], says('is not an address with a port', 'write `127.0.0.1:7432`, or `off`')).prefault('127.0.0.1:7432').describe('Health and metrics listener, or `off`.'),
  admin_off_loopback: flag.default(false).describe('Allow `admin` to be reached from other hosts. It asks for no credential.'),
  admin_hosts: z.array(text('a host name', 'write the name that is in the scraper\'s URL'), list).default([]).describe('Names that the Host header may carry, beside addresses and localhost, when `admin_off_loopback`.'),
  workers: z.union([z.literal('auto'), whole(1, mostWorkers)], says('is neither a whole number nor `auto`', 'write one from 1 to 31, or `auto` for one a core')).default(1).describe('Processes that serve clients; `auto`: one a core.'),
  log: z.strictObject({
    level: z.enum(logLevels).default('info').describe('Least severe lines that are written.'),
    format: z.enum(logFormats).default('auto').describe('auto: one readable line on a terminal, JSON else.'),
  }, object).prefault({}).describe('The operational log, on stderr.'),
  drain: duration(0, 3_600_000).prefault('30s').describe('Time that open sessions get to end after SIGTERM.'),
  peers: z.array(z.strictObject({
    id: whole(1, 1023).describe('`gateway.id` of the other gateway.'),
    address: address.describe('An address of its, where PostgreSQL clients are served.'),
  }, object), list).prefault([]).describe('Other gateways behind the same balancer: cancel requests that carry their id are forwarded.'),
}, object);

const purpose = z.strictObject({
  verbs: z.union([z.literal('all'), z.array(z.enum([...verbs, 'unmask']), list)], says('is neither a list of verbs nor `all`', `write \`[read, insert]\` or \`all\`; verbs are ${[...verbs, 'unmask'].join(', ')}`)).describe('What a session with this purpose may do, as far as policy allows it too.'),
  labels: z.array(text('a label', 'write its name, such as `pii.email`'), list).default([]).describe('Labels whose data the purpose covers.'),
}, object);

/** One target of the file, for the checks that hold it against others even when something else in the file is wrong. */
export const targetSchema: typeof target = target;

/** guardrails.yaml. Every key has a description: they make the editor's schema, and docs/guide/configure.md is tested against them. */
export const fileSchema = z.strictObject({
  version: z.literal(1, says('is not a version that is known', 'write `version: 1`')).describe('Version of this file\'s form.'),
  gateway: gateway.prefault({}).describe('The gateway itself.'),
  policy: z.union([path, z.array(path, list).min(1, says('is an empty list', 'name a folder of policies'))], says('is neither a folder nor a list of folders', 'write `./policies/baseline`')).default('./policies/baseline').describe('Folder or folders of policies.'),
  purposes: z.record(name, purpose, object).default({}).describe('What sessions may say they are for. `general`, with every verb, is there unless it is written otherwise.'),
  targets: z.record(name, target, says('expected at least one target by name', 'see docs/guide/configure.md')).refine((value) => Object.keys(value).length > 0, says('names no target', 'add one: a name, and under it protocol, listen, upstream, password, environment')).describe('The systems behind the gate, by name.'),
}, says('expected `version` and `targets`', '`guardrails init` writes a file to start from'));

export type FileConfig = z.output<typeof fileSchema>;
export type FileTarget = z.output<typeof target>;
