import { readFileSync } from 'node:fs';
import { BlockList, connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { readExactly } from '../../../wire/read-exactly.ts';
import { encodeCancelRequest, encodeGssRequest, encodeSslRequest, encodeStartup } from '../messages/startup.ts';
import { trace } from '../messages/trace.ts';
import { accept } from './accept.ts';
import type { Accepted, AcceptOptions } from './accept.ts';
import { dismiss } from './dismiss.ts';
import { makeServerTls } from './server-tls.ts';

const pem = (name: string): string => readFileSync(new URL(`../testdata/tls/${name}`, import.meta.url), 'utf8');
const never = new AbortController().signal;
const tls = makeServerTls({ certificate: pem('server.crt'), key: pem('server.key') });
const plain: AcceptOptions = { tls: undefined, requireTls: false, proxies: undefined, startupTimeout: 20_000, extraParameters: new Set() };
const startup = encodeStartup(0, new Map([['user', 'ada'], ['database', 'shop']]));
const closing: (() => void)[] = [];

afterEach(() => { for (const close of closing.splice(0)) close(); });

/** One listener, one client: what the gate makes of it. */
async function meet(options: AcceptOptions, signal: AbortSignal = never): Promise<{ client: Socket; accepted: Promise<Accepted> }> {
  const server = createServer();
  const arrival = new Promise<Socket>((resolve) => { server.once('connection', resolve); });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  // The type says it may be a path; a server on a port has a port.
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.setNoDelay(true);
  client.on('error', () => undefined);
  const socket = await arrival;
  closing.push(() => { client.destroy(); socket.destroy(); server.close(); });
  const accepted = accept(socket, options, signal);
  accepted.catch(() => undefined);
  return { client, accepted };
}

async function encrypt(client: Socket, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const secured = connectTls({ socket: client, ca: pem('ca.crt'), servername: 'localhost', ...options });
  secured.on('error', () => undefined);
  await new Promise((resolve) => { secured.once('secureConnect', resolve).once('close', resolve); });
  return secured;
}

function summary(accepted: Accepted): string {
  switch (accepted.kind) {
    case 'arrived': {
      const { user, database, settings } = accepted.parameters;
      return `arrived ${user} at ${database ?? '?'} ${JSON.stringify(Object.fromEntries(settings))} 3.${accepted.minor}${accepted.tls ? ' tls' : ''}${accepted.binding === undefined ? '' : ' bound'}`;
    }
    case 'cancel': return `cancel ${accepted.key.process} ${accepted.key.secret.toString('hex')}`;
    case 'refused': return `refused ${accepted.refusal.code}: ${accepted.refusal.message}`;
    case 'closed': return `closed: ${accepted.why}`;
    default: return accepted satisfies never;
  }
}

async function send(bytes: Buffer, options: AcceptOptions = plain, end = false): Promise<string> {
  const { client, accepted } = await meet(options);
  if (end) client.end(bytes);
  else client.write(bytes);
  return summary(await accepted);
}

const u32 = (...values: number[]): Buffer => Buffer.concat(values.map((value) => { const bytes = Buffer.alloc(4); bytes.writeUInt32BE(value); return bytes; }));

describe('in the clear', () => {
  test.each([
    ['a startup', startup, 'arrived ada at shop {} 3.0'],
    ['3.2', encodeStartup(2, new Map([['user', 'ada']])), 'arrived ada at ? {} 3.2'],
    ['a minor version from the future', encodeStartup(9, new Map([['user', 'ada']])), 'arrived ada at ? {} 3.2'],
    ['a cancel request', encodeCancelRequest({ process: 7, secret: Buffer.from('0102030405', 'hex') }), 'cancel 7 0102030405'],
    ['a parameter that is not allowed', encodeStartup(0, new Map([['user', 'ada'], ['role', 'postgres']])), 'refused unsupported-parameter: the startup parameter `role` is not supported'],
    ['protocol 2', u32(8, 0x0002_0000), 'refused unsupported-feature: unsupported frontend protocol 2.0: server supports 3.0 to 3.2'],
    ['a packet without its end', Buffer.concat([u32(9, 0x0003_0000), Buffer.from('a')]), 'refused protocol-violation: parameter name has no end'],
    ['a user that is not UTF-8', Buffer.concat([u32(16, 0x0003_0000), Buffer.from('75736572_00_ff_00_00'.replaceAll('_', ''), 'hex')]), 'refused protocol-violation: parameter value is not valid UTF-8'],
  ])('%s', async (_, bytes, expected) => {
    expect(await send(bytes)).toBe(expected);
  });

  test.each([
    ['10,001 bytes', u32(10_005, 0x0003_0000)],
    ['4 GiB', u32(0xffff_ffff, 0x0003_0000)],
    ['a length of nothing', u32(0, 0x0003_0000)],
    ['a length of itself', u32(4, 0x0003_0000)],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['a query at once', Buffer.from('Q\0\0\0\x0dSELECT 1\0')],
  ])('closed without a word, nothing allocated: %s', async (_, bytes) => {
    expect(await send(bytes)).toBe('closed: invalid length of startup packet');
  });

  test.each([0, 1, 3, 4, 5, startup.length - 1])('a client that leaves after %i bytes', async (length) => {
    expect(await send(startup.subarray(0, length), plain, true)).toMatch(/^closed: the connection ended/u);
  });

  test('split at every byte, after an answered SSLRequest', async () => {
    for (let at = 1; at < startup.length; at += 1) {
      const { client, accepted } = await meet(plain);
      client.write(encodeSslRequest());
      expect((await readExactly(client, 1, never)).toString()).toBe('N');
      client.write(startup.subarray(0, at));
      await turn();
      client.write(startup.subarray(at));
      expect(summary(await accepted)).toBe('arrived ada at shop {} 3.0');
    }
  });

  test('what comes after the startup packet is left in the stream', async () => {
    const { client, accepted } = await meet(plain);
    client.write(Buffer.concat([startup, Buffer.from('later')]));
    const arrived = await accepted;
    expect(arrived.kind === 'arrived' ? (await readExactly(arrived.stream, 5, never)).toString() : arrived).toBe('later');
  });

  test('options and newer versions are negotiated', async () => {
    const { client, accepted } = await meet(plain);
    client.write(encodeStartup(9, new Map([['user', 'ada'], ['_pq_.a', '1'], ['_pq_.b', '2']])));
    await accepted;
    expect(trace('B', await readExactly(client, 27, never))).toBe('B NegotiateProtocolVersion 3.2 unsupported=[_pq_.a _pq_.b]');
  });

  test('a startup that never ends', async () => {
    const { client, accepted } = await meet({ ...plain, startupTimeout: 50 });
    client.write(startup.subarray(0, 10));
    expect(summary(await accepted)).toBe('closed: the startup took too long');
  });

  test('aborted: the signal’s reason, and the socket is closed', async () => {
    const controller = new AbortController();
    const { client, accepted } = await meet(plain, controller.signal);
    controller.abort(new Error('draining'));
    await expect(accepted).rejects.toThrow('draining');
    await new Promise((resolve) => { client.resume().once('close', resolve); });
  });

  test('whatever comes, it ends in one of the four', async () => {
    const packet = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 4, maxLength: 40 }).map((body) => Buffer.concat([u32(body.length + 4), body])),
      fc.uint8Array({ maxLength: 30 }).map((body) => Buffer.concat([u32(body.length + 8, 0x0003_0000), body])), fc.constantFrom(encodeSslRequest(), encodeGssRequest()));
    await fc.assert(fc.asyncProperty(fc.array(packet, { minLength: 1, maxLength: 3 }), async (packets) => {
      expect(await send(Buffer.concat(packets), { ...plain, tls }, true)).toMatch(/^(?:closed|refused|cancel|arrived)/u);
    }), { numRuns: 60 });
  });
});

async function negotiated(options: AcceptOptions, clientOptions: ConnectionOptions = {}): Promise<{ secured: TLSSocket; accepted: Promise<Accepted> }> {
  const { client, accepted } = await meet(options);
  client.write(encodeSslRequest());
  expect((await readExactly(client, 1, never)).toString()).toBe('S');
  return { secured: await encrypt(client, clientOptions), accepted };
}

describe('TLS', () => {
  const optional: AcceptOptions = { ...plain, tls };
  const required: AcceptOptions = { ...optional, requireTls: true };

  test('asked for', async () => {
    const { secured, accepted } = await negotiated(required);
    secured.write(startup);
    expect(summary(await accepted)).toBe('arrived ada at shop {} 3.0 tls bound');
  });

  test('asked for, after GSSAPI was', async () => {
    const { client, accepted } = await meet(required);
    client.write(encodeGssRequest());
    expect((await readExactly(client, 1, never)).toString()).toBe('N');
    client.write(encodeSslRequest());
    expect((await readExactly(client, 1, never)).toString()).toBe('S');
    (await encrypt(client)).write(startup);
    expect(summary(await accepted)).toBe('arrived ada at shop {} 3.0 tls bound');
  });

  test('at once, with ALPN', async () => {
    const { client, accepted } = await meet(required);
    const secured = await encrypt(client, { ALPNProtocols: ['postgresql'] });
    secured.write(startup);
    expect(summary(await accepted)).toBe('arrived ada at shop {} 3.0 tls bound');
  });

  test.each([['none', {}], ['another', { ALPNProtocols: ['http/1.1'] }]])('at once, with ALPN %s: closed', async (_, clientOptions) => {
    const { client, accepted } = await meet(required);
    await encrypt(client, clientOptions);
    expect(summary(await accepted)).toMatch(/^closed: (?:direct TLS without the ALPN protocol|TLS handshake failed)/u);
  });

  test('at once where none is configured: closed', async () => {
    const { client, accepted } = await meet(plain);
    await encrypt(client, { ALPNProtocols: ['postgresql'] });
    expect(summary(await accepted)).toBe('closed: TLS is not configured');
  });

  test('bytes sent before the handshake are never read as a command (CVE-2021-23214)', async () => {
    const { client, accepted } = await meet(optional);
    client.write(Buffer.concat([encodeSslRequest(), startup]));
    expect(summary(await accepted)).toBe('refused protocol-violation: received unencrypted data after SSL request');
  });

  test('the same after GSSENCRequest, and where TLS is turned down', async () => {
    expect(await send(Buffer.concat([encodeGssRequest(), startup]))).toBe('refused protocol-violation: received unencrypted data after GSSAPI encryption request');
    expect(await send(Buffer.concat([encodeSslRequest(), startup]))).toBe('refused protocol-violation: received unencrypted data after SSL request');
  });

  test('bytes in the clear in place of the handshake', async () => {
    const { client, accepted } = await meet(optional);
    client.write(encodeSslRequest());
    await readExactly(client, 1, never);
    client.write(startup);
    expect(summary(await accepted)).toMatch(/^closed: TLS handshake failed/u);
  });

  test('a handshake that never ends', async () => {
    const { client, accepted } = await meet({ ...optional, startupTimeout: 50 });
    client.write(encodeSslRequest());
    expect(summary(await accepted)).toBe('closed: the startup took too long');
  });

  test.each([['SSLRequest', encodeSslRequest(), '1234.5679'], ['GSSENCRequest', encodeGssRequest(), '1234.5680']])('%s inside TLS', async (_, request, version) => {
    const { secured, accepted } = await negotiated(optional);
    secured.write(request);
    expect(summary(await accepted)).toBe(`refused unsupported-feature: unsupported frontend protocol ${version}: server supports 3.0 to 3.2`);
  });

  test('SSLRequest twice where it was turned down', async () => {
    const { client, accepted } = await meet(plain);
    client.write(encodeSslRequest());
    await readExactly(client, 1, never);
    client.write(encodeSslRequest());
    expect(summary(await accepted)).toBe('refused unsupported-feature: unsupported frontend protocol 1234.5679: server supports 3.0 to 3.2');
  });

  test('required: a startup in the clear is refused, a cancel request is not', async () => {
    expect(await send(startup, required)).toBe('refused tls-required: this listener takes TLS connections only');
    expect(await send(encodeCancelRequest({ process: 1, secret: Buffer.alloc(4) }), required)).toBe('cancel 1 00000000');
  });

  describe('client certificates', () => {
    const mutual: AcceptOptions = { ...required, tls: makeServerTls({ certificate: pem('server.crt'), key: pem('server.key'), clientCa: pem('ca.crt') }) };

    test('of ours', async () => {
      const { secured, accepted } = await negotiated(mutual, { cert: pem('client.crt'), key: pem('client.key') });
      secured.write(startup);
      expect(summary(await accepted)).toBe('arrived ada at shop {} 3.0 tls bound');
    });

    test.each([['none', {}], ['a stranger’s', { cert: pem('stranger.crt'), key: pem('stranger.key') }]])('%s: closed', async (_, clientOptions) => {
      for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
        const { secured, accepted } = await negotiated(mutual, { ...clientOptions, maxVersion });
        secured.write(startup);
        expect(summary(await accepted)).toMatch(/^closed: TLS handshake failed/u);
      }
    });
  });
});

describe('behind a balancer', () => {
  const proxies = new BlockList();
  proxies.addSubnet('127.0.0.0', 8, 'ipv4');
  const trusting: AcceptOptions = { ...plain, proxies };
  const header = Buffer.from('0d0a0d0a000d0a515549540a2111000cc00002010a000001d4311538', 'hex');

  test('the client’s address is the one that it tells, split at every byte', async () => {
    const bytes = Buffer.concat([header, startup]);
    for (let at = 1; at <= header.length; at += 1) {
      const { client, accepted } = await meet(trusting);
      client.write(bytes.subarray(0, at));
      await turn();
      client.write(bytes.subarray(at));
      expect((await accepted)).toMatchObject({ kind: 'arrived', client: { address: '192.0.2.1', port: 54321 } });
    }
  });

  test('no header: closed', async () => {
    expect(await send(Buffer.concat([startup, startup]), trusting)).toBe('closed: the connection does not begin with a PROXY protocol v2 header');
  });

  test('a header from whoever: closed', async () => {
    expect(await send(Buffer.concat([header, startup]), { ...plain, proxies: new BlockList() })).toBe('closed: the peer is not a trusted balancer');
  });

  test('a header where none is expected: closed', async () => {
    expect(await send(Buffer.concat([header, startup]), plain)).toBe('closed: invalid length of startup packet');
  });
});

test('who is dismissed reads why, and is closed', async () => {
  const { client, accepted } = await meet(plain);
  client.write(Buffer.concat([encodeStartup(0, new Map([['user', 'ada'], ['replication', 'true']])), Buffer.alloc(100_000)]));
  const refused = await accepted;
  if (refused.kind !== 'refused') throw new Error(summary(refused));
  const chunks: Buffer[] = [];
  client.on('data', (chunk) => { chunks.push(Buffer.from(chunk)); });
  const closed = new Promise((resolve) => { client.once('end', resolve); });
  const dismissed = dismiss(refused.stream, refused.refusal);
  await closed;
  client.end();
  await dismissed;
  expect(trace('B', Buffer.concat(chunks))).toMatch(/^B ErrorResponse S="FATAL" V="FATAL" C="0A000" M="replication connections are not supported" H=/u);
});
