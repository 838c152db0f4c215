import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { Client } from 'pg';
import { afterEach, expect, test } from 'vitest';
import { commandComplete, errorResponse, half, message, ready, scriptedUpstream, type Script, type ScriptedUpstream } from './scripted-upstream.ts';
import { wireTrace } from './wire-trace.ts';

let upstream: ScriptedUpstream;
afterEach(() => upstream.stop());

async function client(script: Script = {}): Promise<Client> {
  upstream = await scriptedUpstream(script);
  const connected = new Client({ host: upstream.host, port: upstream.port, user: 'ada', password: 'secret', database: 'shop', application_name: 'test' });
  connected.on('error', () => undefined);
  await connected.connect();
  return connected;
}

test.each(['trust', 'cleartext', 'md5'] as const)('a real client is let in by %s, and nothing reaches the upstream before its first command', async (auth) => {
  const session = await client({ auth });
  expect(upstream.sessions[0]?.parameters.get('user')).toBe('ada');
  upstream.expectZeroBytes();
  await session.query('SELECT 1');
  expect(() => { upstream.expectZeroBytes(); }).toThrow('14 bytes reached the upstream');
  expect(wireTrace('F', upstream.received())).toEqual(['F 13 Query "SELECT 1"']);
  await session.end();
});

test('a farewell is not a command', async () => {
  const session = await client();
  await session.end();
  await upstream.sessions[0]?.closed;
  expect(wireTrace('F', upstream.received())).toEqual(['F 4 Terminate']);
  upstream.expectZeroBytes();
});

test('it does as the script says', async () => {
  const session = await client({ on: ({ type, body }) => {
    if (type !== 'Q') return undefined;
    if (body.includes('fail')) return [{ send: Buffer.concat([errorResponse('42501', 'no'), ready()]) }];
    if (body.includes('die')) return [{ send: half(commandComplete('SELECT 1')) }, 'close'];
    return undefined;
  } });
  await expect(session.query('fail')).rejects.toMatchObject({ code: '42501', message: 'no' });
  expect((await session.query('else')).rowCount).toBe(0);
  await expect(session.query('die')).rejects.toThrow('Connection terminated');
});

test('a greeting of its own, a reset, and cancel requests', async () => {
  await expect(client({ greeting: [{ send: errorResponse('53300', 'full', 'FATAL') }, 'close'] })).rejects.toThrow('full');
  await upstream.stop();
  await expect(client({ greeting: ['reset'] })).rejects.toThrow('ECONNRESET');
  const canceller = connect(upstream.port, '127.0.0.1');
  canceller.end(Buffer.from('0000001004d2162e0000000701020304', 'hex'));
  canceller.resume();
  await once(canceller, 'close');
  expect(upstream.cancels).toEqual([{ pid: 7, secret: Buffer.from([1, 2, 3, 4]) }]);
});

test('a deaf upstream takes nothing more', async () => {
  upstream = await scriptedUpstream({ on: () => ['deaf'] });
  const socket: Socket = connect(upstream.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(Buffer.from('000000090003000000', 'hex'));
  await once(socket, 'data');
  let flowing = true;
  while (flowing) {
    flowing = socket.write(message('Q', 'x'.repeat(1_000_000))) || await Promise.race([once(socket, 'drain').then(() => true), new Promise<false>((stuck) => { setTimeout(() => { stuck(false); }, 500); })]);
  }
  expect(upstream.received().length).toBeLessThan(3_000_000);
  socket.destroy();
});
