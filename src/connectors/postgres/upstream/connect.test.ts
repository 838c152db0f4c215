import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Client } from 'pg';
import { startPostgres } from '../../../../examples/support/postgres-server.ts';
import type { PostgresServer } from '../../../../examples/support/postgres-server.ts';
import { readExactly } from '../../../wire/read-exactly.ts';
import { encodeAuthenticationSasl, encodeAuthenticationSaslContinue, authenticationOkMessage } from '../messages/authentication.ts';
import { encodeErrorResponse, errorFieldsOf } from '../messages/error-response.ts';
import { encodeParameterStatus } from '../messages/parameter-status.ts';
import { encodeQuery } from '../messages/query.ts';
import { encodeReadyForQuery } from '../messages/ready-for-query.ts';
import { decodeStartupPacket } from '../messages/startup.ts';
import { Reader } from '../../../wire/reader.ts';
import { trace } from '../messages/trace.ts';
import { cancelUpstream } from './cancel.ts';
import { connectUpstream } from './connect.ts';
import type { Upstream } from './connect.ts';
import { failureSqlstate, refusalOf, UpstreamFailure } from './failure.ts';
import type { UpstreamOptions, UpstreamTls } from './options.ts';

const pem = (name: string): string => readFileSync(new URL(`../testdata/tls/${name}`, import.meta.url), 'utf8');
const never = new AbortController().signal;
const noTls: UpstreamTls = { mode: 'disable' };
const verified: UpstreamTls = { mode: 'verify-full', direct: false, ca: pem('ca.crt'), certificate: undefined, key: undefined, serverName: 'localhost' };

let server: PostgresServer;

beforeAll(async () => {
  server = await startPostgres({
    ssl: { cert: pem('server.crt'), key: pem('server.key'), ca: pem('ca.crt') },
    settings: { unix_socket_directories: '/tmp' },
    hba: [
      'local all trust_user trust', 'host all trust_user 127.0.0.1/32 trust', 'host all clear_user 127.0.0.1/32 password', 'host all md5_user 127.0.0.1/32 md5', 'host all scram_user 127.0.0.1/32 scram-sha-256',
      'hostssl all cert_user 127.0.0.1/32 cert', 'host all postgres 127.0.0.1/32 scram-sha-256',
    ],
  });
  const admin = new Client(server.connectionString());
  await admin.connect();
  await admin.query(`
    SET password_encryption = 'md5'; CREATE ROLE md5_user LOGIN PASSWORD 'pässword';
    SET password_encryption = 'scram-sha-256'; CREATE ROLE scram_user LOGIN PASSWORD 'pa\u00A0\u2168ss';
    CREATE ROLE clear_user LOGIN PASSWORD 'clear'; CREATE ROLE cert_user LOGIN; CREATE ROLE trust_user LOGIN;
    ALTER ROLE trust_user SET standard_conforming_strings = off; ALTER ROLE trust_user SET client_encoding = 'SJIS'; ALTER ROLE trust_user SET transform_null_equals = on;
  `);
  await admin.end();
});

afterAll(async () => { await server.stop('fast'); });

function options(user: string, password?: string, tls: UpstreamTls = noTls): UpstreamOptions {
  return { address: { kind: 'tcp', host: '127.0.0.1', port: server.port }, tls, user, password, connectTimeout: 10_000 };
}

const database = new Map([['database', 'postgres']]);

/** What the server answers to a query, as a trace, up to ReadyForQuery. */
async function ask(upstream: Upstream, text: string): Promise<string> {
  upstream.socket.write(encodeQuery(text));
  const lines: string[] = [];
  while (true) {
    const head = await readExactly(upstream.socket, 5, never);
    const body = await readExactly(upstream.socket, head.readInt32BE(1) - 4, never);
    lines.push(trace('B', Buffer.concat([head, body])));
    if (head[0] === 'Z'.charCodeAt(0)) return lines.join('\n');
  }
}

async function failure(promise: Promise<Upstream>): Promise<UpstreamFailure> {
  const outcome: unknown = await promise.then((upstream) => { upstream.socket.destroy(); return 'connected'; }, (error: unknown) => error);
  if (outcome instanceof UpstreamFailure) return outcome;
  throw new Error(`expected an UpstreamFailure, got ${String(outcome)}`);
}

describe('login at a real server', () => {
  test.for([
    ['trust', 'trust_user', undefined, noTls],
    ['cleartext on loopback', 'clear_user', 'clear', noTls],
    ['md5', 'md5_user', 'pässword', noTls],
    ['SCRAM-SHA-256, password with SASLprep', 'scram_user', 'pa IXss', noTls],
    ['SCRAM-SHA-256-PLUS on TLS', 'scram_user', 'pa\u00A0\u2168ss', verified],
    ['direct TLS', 'scram_user', 'pa IXss', { ...verified, direct: true }],
    ['TLS to whoever it is', 'scram_user', 'pa IXss', { ...verified, mode: 'require', ca: undefined }],
    ['client certificate', 'cert_user', undefined, { ...verified, certificate: pem('client.crt'), key: pem('client.key') }],
  ] as const)('%s', async ([, user, password, tls], { skip }) => {
    skip('direct' in tls && Number.parseInt(server.version) < 17, 'direct TLS came with PostgreSQL 17');
    const upstream = await connectUpstream(options(user, password, tls), database, never);
    expect(upstream.parameters.get('client_encoding')).toBe('UTF8');
    expect(upstream.parameters.get('session_authorization')).toBe(user);
    expect(upstream.key?.secret.length).toBe(Number.parseInt(server.version, 10) >= 18 ? 32 : 4);
    expect(await ask(upstream, 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')).toContain(`DataRow ("${tls.mode === 'disable' ? 'f' : 't'}")`);
    upstream.socket.destroy();
  });

  test('a unix socket', async () => {
    const upstream = await connectUpstream({ ...options('trust_user'), address: { kind: 'unix', path: `/tmp/.s.PGSQL.${server.port}` } }, database, never);
    expect(upstream.parameters.get('server_encoding')).toBe('UTF8');
    upstream.socket.destroy();
  });

  test('what the role, and the client, would have it read differently is overridden', async () => {
    const hostile = new Map([...database, ['client_encoding', 'SJIS'], ['standard_conforming_strings', 'off'], ['user', 'postgres'], ['application_name', 'shop']]);
    const upstream = await connectUpstream(options('trust_user'), hostile, never);
    expect(await ask(upstream, "SELECT current_setting('client_encoding'), current_setting('standard_conforming_strings'), current_setting('transform_null_equals'), current_user, current_setting('application_name')"))
      .toContain('DataRow ("UTF8", "on", "off", "trust_user", "shop")');
    upstream.socket.destroy();
  });

  test('cancel ends what runs', async () => {
    const upstream = await connectUpstream(options('scram_user', 'pa IXss', verified), database, never);
    const answer = ask(upstream, 'SELECT pg_sleep(60)');
    await expect.poll(async () => {
      if (upstream.key !== undefined) await cancelUpstream(options('scram_user', undefined, verified), upstream.key, never);
      return Promise.race([answer, Promise.resolve('runs')]);
    }, { timeout: 20_000 }).toContain('C="57014"');
    upstream.socket.destroy();
  });
});

describe('what cannot be connected', () => {
  test.each([
    ['a wrong password', () => options('scram_user', 'wrong'), 'authentication', '28P01: password authentication failed for user "scram_user"', 'upstream-unavailable'],
    ['no password', () => options('scram_user'), 'authentication', 'the server asks for a password and none is configured', 'upstream-unavailable'],
    ['a user without a line in pg_hba', () => options('nobody'), 'authentication', /^28000: no pg_hba\.conf entry for host "127\.0\.0\.1", user "nobody", database "postgres", (?:no encryption|SSL off)$/u, 'upstream-unavailable'],
    ['a name that the certificate does not have', () => options('scram_user', 'x', { ...verified, serverName: 'db.example.test' }), 'tls', /does not match certificate's altnames/u, 'upstream-unavailable'],
    ['a certificate of a CA that is not ours', () => options('scram_user', 'x', { ...verified, ca: pem('stranger.crt') }), 'tls', /self-signed certificate in certificate chain/u, 'upstream-unavailable'],
    ['nobody listens', () => ({ ...options('x'), address: { kind: 'tcp', host: '127.0.0.1', port: 1 } as const }), 'unreachable', /ECONNREFUSED/u, 'upstream-unavailable'],
  ] as const)('%s', async (_, how, kind, why, code) => {
    const failed = await failure(connectUpstream(how(), database, never));
    expect(failed).toMatchObject({ kind });
    expect(failed.message).toMatch(why);
    const told = refusalOf(failed, 'postgres');
    expect(told.code).toBe(code);
    expect(failureSqlstate(failed)).toBeUndefined();
    expect(JSON.stringify(told)).not.toMatch(/scram_user|nobody|127\.0\.0\.1|password/u);
  });

  test('a database that is not there is told by its name', async () => {
    const failed = await failure(connectUpstream(options('trust_user'), new Map([['database', 'nowhere']]), never));
    expect(refusalOf(failed, 'nowhere')).toMatchObject({ code: 'unknown-name', message: 'database `nowhere` does not exist' });
    expect(failureSqlstate(failed)).toBe('3D000');
  });

  test('a startup parameter with a value that the server does not take', async () => {
    const failed = await failure(connectUpstream(options('trust_user'), new Map([...database, ['datestyle', 'nonsense']]), never));
    expect(refusalOf(failed, 'postgres').code).toBe('unsupported-parameter');
  });

  test('aborted: the signal’s reason', async () => {
    const controller = new AbortController();
    controller.abort(new Error('draining'));
    await expect(connectUpstream(options('trust_user'), database, controller.signal)).rejects.toThrow('draining');
  });
});

async function startup(socket: Socket): Promise<ReturnType<typeof decodeStartupPacket>> {
  const length = (await readExactly(socket, 4, never)).readInt32BE();
  return decodeStartupPacket(new Reader(await readExactly(socket, length - 4, never)));
}

describe('a server that is not what it says', () => {
  let impostor: Server;
  let conversation: (socket: Socket) => Promise<void>;
  const connections: Socket[] = [];

  beforeAll(async () => {
    impostor = createServer((socket) => {
      socket.on('error', () => undefined);
      connections.push(socket);
      conversation(socket).catch(() => socket.destroy());
    });
    await new Promise<void>((resolve) => { impostor.listen(0, '127.0.0.1', resolve); });
  });

  afterAll(async () => {
    for (const socket of connections) socket.destroy();
    await new Promise((resolve) => { impostor.close(resolve); });
  });

  function impostorOptions(tls: UpstreamTls = noTls, connectTimeout = 10_000): UpstreamOptions {
    // The type says it may be a path; a server on a port has a port.
    const { port } = impostor.address() as AddressInfo;
    return { address: { kind: 'tcp', host: '127.0.0.1', port }, tls, user: 'u', password: 'secret', connectTimeout };
  }

  const greeting = [authenticationOkMessage, encodeParameterStatus('client_encoding', 'UTF8'), encodeParameterStatus('standard_conforming_strings', 'on')];
  const cleartext = Buffer.from('520000000800000003', 'hex');
  const gss = Buffer.from('520000000800000007', 'hex');

  test.each([
    ['bytes behind the answer to SSLRequest (CVE-2021-23222)', verified, [Buffer.from('SE')], 'tls', 'the server sent unencrypted data after its answer to SSLRequest'],
    ['no TLS', verified, [Buffer.from('N')], 'tls', 'the server does not speak TLS'],
    ['an error in place of the answer', verified, [encodeErrorResponse(errorFieldsOf('FATAL', '28000', 'lies'))], 'tls', 'the server does not speak TLS'],
    ['SCRAM without the proof', noTls, [encodeAuthenticationSasl(['SCRAM-SHA-256']), authenticationOkMessage], 'authentication', 'the server did not prove that it knows the password'],
    ['a second question for the password', noTls, [encodeAuthenticationSasl(['SCRAM-SHA-256']), cleartext], 'protocol', 'the server asks twice for a password'],
    ['SCRAM with a nonce of its own', noTls, [encodeAuthenticationSasl(['SCRAM-SHA-256']), encodeAuthenticationSaslContinue('r=other,s=AAAA,i=4096')], 'protocol', 'the SCRAM nonce of the server does not continue ours'],
    ['a SASL challenge out of nowhere', noTls, [encodeAuthenticationSaslContinue('r=other,s=AAAA,i=4096')], 'protocol', 'a SASL challenge without an exchange'],
    ['mechanisms that nobody knows', noTls, [encodeAuthenticationSasl(['OAUTHBEARER'])], 'authentication', 'the server offers no SASL mechanism that is supported'],
    ['GSSAPI', noTls, [gss], 'authentication', 'the server asks for GSSAPI, which is not supported'],
    ['ready before it has asked', noTls, [encodeReadyForQuery('I')], 'protocol', 'the server goes on before it has asked who we are'],
    ['another encoding', noTls, [authenticationOkMessage, encodeParameterStatus('client_encoding', 'SJIS'), encodeReadyForQuery('I')], 'setting', 'the server has client_encoding `SJIS` where `UTF8` is required'],
    ['nothing said of strings', noTls, [...greeting.slice(0, 2), encodeReadyForQuery('I')], 'setting', 'the server has standard_conforming_strings unreported where `on` is required'],
    ['inside a transaction', noTls, [...greeting, encodeReadyForQuery('T')], 'protocol', 'the server begins inside a transaction'],
    ['a message as long as memory', noTls, [Buffer.from('457fffffff', 'hex')], 'protocol', 'a message of type `E` claims 2147483647 bytes, more than the limit of 65536'],
    ['a message of negative length', noTls, [Buffer.from('45ffffffff', 'hex')], 'protocol', 'a message of type `E` claims 4294967295 bytes, more than the limit of 65536'],
  ] as const)('%s', async (_, tls, answers, kind, why) => {
    conversation = async (socket) => {
      await startup(socket);
      socket.write(Buffer.concat(answers));
    };
    const failed = await failure(connectUpstream(impostorOptions(tls), database, never));
    expect({ kind: failed.kind, why: failed.message }).toEqual({ kind, why });
  });

  test('the password never goes in clear over a network', async () => {
    const seen: Buffer[] = [];
    conversation = async (socket) => {
      await startup(socket);
      socket.on('data', (chunk) => seen.push(Buffer.from(chunk)));
      socket.end(encodeAuthenticationSasl(['SCRAM-SHA-256']));
    };
    await failure(connectUpstream(impostorOptions(), database, never));
    expect(Buffer.concat(seen).includes('secret')).toBe(false);
  });

  test('one that turns 3.2 down is asked again with 3.0', async () => {
    const minors: number[] = [];
    conversation = async (socket) => {
      const packet = await startup(socket);
      if (packet.kind !== 'startup') return;
      minors.push(packet.minor);
      socket.write(packet.minor > 0 ? encodeErrorResponse(errorFieldsOf('FATAL', '08P01', 'unsupported frontend protocol 3.2')) : Buffer.concat([...greeting, encodeReadyForQuery('I'), Buffer.from('later')]));
    };
    const upstream = await connectUpstream(impostorOptions(), database, never);
    expect({ minors, minor: upstream.protocolMinor, key: upstream.key }).toEqual({ minors: [2, 0], minor: 0, key: undefined });
    // What came after ReadyForQuery is not lost.
    expect((await readExactly(upstream.socket, 5, never)).toString()).toBe('later');
    upstream.socket.destroy();
  });

  test('one that speaks a byte at a time', async () => {
    conversation = async (socket) => {
      await startup(socket);
      for (const byte of Buffer.concat([...greeting, encodeReadyForQuery('I')])) {
        socket.write(Buffer.from([byte]));
        await turn();
      }
    };
    const upstream = await connectUpstream(impostorOptions(), database, never);
    expect(Object.fromEntries(upstream.parameters)).toEqual({ client_encoding: 'UTF8', standard_conforming_strings: 'on' });
    upstream.socket.destroy();
  });

  test('one that never answers', async () => {
    conversation = async () => undefined;
    expect((await failure(connectUpstream(impostorOptions(noTls, 50), database, never))).kind).toBe('timeout');
  });

  test('one that hangs up', async () => {
    conversation = async (socket) => { await startup(socket); socket.end(); };
    expect((await failure(connectUpstream(impostorOptions(), database, never))).kind).toBe('unreachable');
  });
});
