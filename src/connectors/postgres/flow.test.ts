import { connect as connectSocket, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type PostgresServer, startPostgres } from '../../../examples/support/postgres-server.ts';
import { type Harness, openHarness } from '../../../test/support/gate-harness.ts';
import { RawClient, say } from '../../../test/support/raw-client.ts';
import { message, ready, scriptedUpstream, type ScriptedUpstream } from '../../../test/support/scripted-upstream.ts';
import { connect } from '../../../test/support/servers.ts';
import { wordsInterpreter } from '../../../test/support/words-interpreter.ts';

let server: PostgresServer;
let harness: Harness;
let scripted: ScriptedUpstream | undefined;

beforeAll(async () => {
  server = await startPostgres({ auth: 'trust' });
});
afterAll(() => server.stop());
afterEach(async () => {
  await harness.stop();
  await scripted?.stop();
  scripted = undefined;
});

async function real(): Promise<void> {
  harness = await openHarness({ upstream: { port: server.port, user: server.superuser, password: server.password }, interpreter: wordsInterpreter, refuses: ({ verb }) => verb === 'destroy' });
}

async function against(script: Parameters<typeof scriptedUpstream>[0]): Promise<ScriptedUpstream> {
  scripted = await scriptedUpstream(script);
  harness = await openHarness({ upstream: { port: scripted.port, user: 'u', password: 'p' }, interpreter: wordsInterpreter, refuses: ({ verb }) => verb === 'destroy', startupTimeout: 2_000 });
  return scripted;
}

const MiB = 1 << 20;

/** Reads and counts only; `RawClient` keeps all. */
async function counting(client: RawClient, until: (bytes: number, tail: Buffer) => boolean): Promise<number> {
  client.socket.removeAllListeners('data');
  let bytes = 0;
  let tail = Buffer.alloc(0);
  await new Promise<void>((resolve, reject) => {
    client.socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      tail = Buffer.concat([tail, chunk]).subarray(-64);
      if (until(bytes, tail)) resolve();
    });
    client.socket.once('close', () => { reject(new Error(`closed after ${bytes} bytes`)); });
  });
  return bytes;
}

const idle = ready('I');
const endsIdle = (_: number, tail: Buffer): boolean => tail.subarray(-idle.length).equals(idle);

describe('both directions at once', () => {
  test('large results while large data is being sent: no dead-lock', async () => {
    await real();
    const client = await RawClient.login(harness.port);
    // 24 MB each way, more than all buffers on the way hold.
    const value = 'x'.repeat(200_000);
    const one = Buffer.concat([say.bind('', 'echo', value), say.execute('')]);
    client.send(say.parse('echo', 'SELECT $1::text'));
    for (let i = 0; i < 120; i++) client.socket.write(one);
    client.socket.write(say.sync);
    const bytes = await counting(client, endsIdle);
    expect(bytes).toBeGreaterThan(120 * value.length);
    client.end();
  });

  test('a long pipeline without waiting is answered whole', async () => {
    await real();
    const client = await RawClient.login(harness.port);
    const one = Buffer.concat([say.parse('', 'SELECT 1'), say.bind('', ''), say.execute('')]);
    client.send(Buffer.concat(Array.from({ length: 20_000 }, () => one)), say.sync);
    await counting(client, endsIdle);
    await expect.poll(() => harness.log.outcomes.length, { timeout: 10_000 }).toBe(20_000);
    client.end();
  });
});

describe('memory', () => {
  test('a large result for a client that reads nothing is not taken in', async () => {
    await real();
    const client = await RawClient.login(harness.port);
    client.socket.pause();
    const before = process.memoryUsage.rss();
    client.send(say.query("SELECT repeat('x', 10000) FROM generate_series(1, 20000)"));
    // Until the kernel's buffers are full, and then some.
    await new Promise((resolve) => { setTimeout(resolve, 500); });
    expect(process.memoryUsage.rss() - before).toBeLessThan(64 * MiB);
    client.socket.resume();
    expect(await counting(client, endsIdle)).toBeGreaterThan(190 * MiB);
    expect(process.memoryUsage.rss() - before).toBeLessThan(96 * MiB);
    client.end();
  });

  test('refusals for a client that reads nothing do not pile up: it is not heard', async () => {
    await real();
    const client = await RawClient.login(harness.port);
    client.socket.pause();
    const many = Buffer.concat(Array.from({ length: 2_000 }, () => say.query('DROP t')));
    let accepted = 0;
    while (accepted < 200 && client.socket.write(many)) {
      accepted++;
      await new Promise((resolve) => { setTimeout(resolve, 5); });
    }
    await new Promise((resolve) => { setTimeout(resolve, 300); });
    const decided = harness.log.decisions.length;
    await new Promise((resolve) => { setTimeout(resolve, 300); });
    expect(harness.log.decisions.length).toBe(decided);
    expect(decided).toBeLessThan(200 * 2_000);
    client.end();
  });

  test('a target that reads nothing holds up its client, and no more is taken', async () => {
    await against({ on: ({ type }) => (type === 'Q' ? [{ send: message('G', Buffer.from([0, 0, 0])) }, 'deaf'] : undefined) });
    const client = await RawClient.login(harness.port);
    client.send(say.query('INSERT copy'));
    await client.until((lines) => lines.length > 0);
    const data = say.copyData('x'.repeat(MiB));
    const before = process.memoryUsage.rss();
    for (let i = 0; i < 100 && client.socket.writableLength < 8 * MiB; i++) {
      client.socket.write(data);
      await new Promise((resolve) => { setTimeout(resolve, 2); });
    }
    expect(client.socket.writableLength).toBeGreaterThan(0);
    expect(process.memoryUsage.rss() - before).toBeLessThan(64 * MiB);
    client.end();
  });
});

async function keyed(): Promise<{ readonly client: RawClient; readonly key: Buffer }> {
  const client = await RawClient.login(harness.port);
  return { client, key: client.startupBytes.subarray(-6 - 12).subarray(0, 12).subarray(4) };
}
async function cancel(key: Buffer): Promise<void> {
  const request = Buffer.alloc(16);
  request.writeInt32BE(16, 0);
  request.writeInt32BE(80_877_102, 4);
  key.copy(request, 8);
  const socket: Socket = connectSocket(harness.port, '127.0.0.1');
  await new Promise<void>((resolve) => {
    socket.on('error', () => undefined).on('close', () => { resolve(); }).on('connect', () => { socket.write(request); });
    socket.resume();
  });
}

describe('cancel', () => {
  test('hits the command that runs', async () => {
    await real();
    const { client, key } = await keyed();
    client.send(say.query('SELECT pg_sleep(60)'));
    await expect.poll(async () => {
      const admin = await connect(server.connectionString());
      const { rowCount } = await admin.query("SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)' AND state = 'active'");
      await admin.end();
      return rowCount;
    }).toBe(1);
    await cancel(key);
    expect((await client.untilReady()).join('\n')).toContain('"57014"');
    expect(harness.log.outcomes).toMatchObject([{ status: 'cancelled', sqlstate: '57014' }]);
    client.end();
  });

  test('never the next one, whenever it comes', async () => {
    await real();
    const { client, key } = await keyed();
    for (let i = 0; i < 30; i++) {
      client.forget();
      client.send(say.query('SELECT 1'));
      const sent = cancel(key);
      await client.untilReady();
      await sent;
      client.forget();
      client.send(say.query('SELECT count(*) FROM generate_series(1, 100000)'));
      expect((await client.untilReady()).join('\n')).not.toContain('ErrorResponse');
    }
    client.end();
  });

  test('of an empty session, or with a wrong key, does nothing', async () => {
    const upstream = await against({});
    const { client, key } = await keyed();
    await cancel(key);
    const wrong = Buffer.from(key);
    wrong[7] = (wrong[7] ?? 0) ^ 1;
    await cancel(wrong);
    expect(upstream.cancels).toEqual([]);
    client.end();
  });
});

describe('who leaves when', () => {
  test('a client that resets while the target is still being reached leaves nothing behind', async () => {
    await against({ greeting: [] });
    for (let i = 0; i < 5; i++) {
      const client = await RawClient.open(harness.port);
      client.send(say.startup({ user: 'ada' }), message('p', 'SCRAM-SHA-256', Buffer.from([0xff, 0xff, 0xff, 0xff])), message('p', Buffer.from('x')));
      await expect.poll(() => harness.gate.sessionCount).toBe(1);
      client.socket.resetAndDestroy();
      await expect.poll(() => harness.gate.sessionCount, { timeout: 10_000 }).toBe(0);
    }
  });

  test('a client that resets while an old target is asked for its search path leaves nothing behind', async () => {
    const upstream = await against({ parameters: { server_version: '15.1' }, on: () => [] });
    const client = await RawClient.open(harness.port);
    client.send(say.startup({ user: 'ada' }), message('p', 'SCRAM-SHA-256', Buffer.from([0xff, 0xff, 0xff, 0xff])), message('p', Buffer.from('x')));
    await expect.poll(() => upstream.received().includes('search_path')).toBe(true);
    client.socket.resetAndDestroy();
    await expect.poll(() => harness.gate.sessionCount, { timeout: 10_000 }).toBe(0);
  });

  test('a target that takes connections and never speaks is given up', async () => {
    await against({ greeting: [] });
    const client = await RawClient.open(harness.port);
    client.send(say.startup({ user: 'ada' }), message('p', 'SCRAM-SHA-256', Buffer.from([0xff, 0xff, 0xff, 0xff])), message('p', Buffer.from('x')));
    expect((await client.untilClosed()).join('\n')).toContain('FATAL');
  });

  test.each(['close', 'reset'] as const)('a target that is gone (%s) while idle ends the session with a word', async (how) => {
    const upstream = await against({});
    const client = await RawClient.login(harness.port);
    for (const session of upstream.sessions) session.act(how);
    expect((await client.untilClosed()).join('\n')).toContain('"08006"');
    await expect.poll(() => harness.gate.sessionCount).toBe(0);
  });

  test("the target's own last words reach the client", async () => {
    const upstream = await against({});
    const client = await RawClient.login(harness.port);
    const words = message('E', Buffer.from('S'), 'FATAL', Buffer.from('V'), 'FATAL', Buffer.from('C'), '57P01', Buffer.from('M'), 'shutting down', 0);
    for (const session of upstream.sessions) session.act({ send: words }, 'close');
    const lines = await client.untilClosed();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('"57P01"');
  });

  test('a target that does not speak the protocol is left, and the client is told', async () => {
    for (const nonsense of [Buffer.from('HTTP/1.1 200 OK\r\n\r\n'), message('C', 'SELECT 1'), ready(), message('K', Buffer.alloc(8)), message('D', Buffer.from([0, 0]))]) {
      const upstream = await against({});
      const client = await RawClient.login(harness.port);
      for (const session of upstream.sessions) session.act({ send: nonsense });
      expect((await client.untilClosed()).join('\n')).toContain('"08006"');
      await harness.stop();
      await upstream.stop();
    }
  });

  test('a target that takes poison for good is left: its client is told, and nothing more passes', async () => {
    const upstream = await against({ on: ({ type }) => (type === 'Q' ? [{ send: Buffer.concat([message('I'), ready('T')]) }] : undefined) });
    const client = await RawClient.login(harness.port);
    client.send(say.query('SELECT begin'));
    await client.untilReady();
    client.send(say.query('DROP t'), say.query('SELECT after'));
    expect((await client.untilClosed()).join('\n')).toContain('"08006"');
    expect(upstream.received().includes('DROP')).toBe(false);
  });
});
