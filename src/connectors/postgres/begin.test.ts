import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ada, type Harness, openHarness } from '../../../test/support/gate-harness.ts';
import { RawClient, say } from '../../../test/support/raw-client.ts';
import { commandComplete, message, ready, scriptedUpstream, type ScriptedUpstream } from '../../../test/support/scripted-upstream.ts';
import { wordsInterpreter } from '../../../test/support/words-interpreter.ts';

let upstream: ScriptedUpstream;
let harness: Harness;

beforeEach(async () => {
  upstream = await scriptedUpstream();
  harness = await openHarness({ upstream: { port: upstream.port, user: 'u', password: 'p' }, interpreter: wordsInterpreter, refuses: () => false });
});
afterEach(async () => {
  await harness.stop();
  await upstream.stop();
});

/** Proves itself and asks something at once, without waiting for any answer. */
async function hasty(): Promise<RawClient> {
  const client = await RawClient.open(harness.port);
  client.send(say.startup({ user: 'ada' }), message('p', 'SCRAM-SHA-256', Buffer.from([0xff, 0xff, 0xff, 0xff])), message('p', Buffer.from('x')), say.query('SELECT hasty'));
  return client;
}

describe('while the opening of a session is being recorded', () => {
  test('the target is logged in to, and the client is not heard', async () => {
    harness.log.holdDurable();
    const client = await hasty();
    await expect.poll(() => upstream.sessions.length).toBe(1);
    // Another login all the way: whatever could have been forwarded by now would have been.
    const other = await hasty();
    await expect.poll(() => upstream.sessions.length).toBe(2);
    upstream.expectZeroBytes();
    expect(client.lines.filter((line) => line.includes('ReadyForQuery'))).toEqual([]);

    harness.log.releaseDurable();
    await client.untilReady(2);
    await other.untilReady(2);
    expect(upstream.received().includes('SELECT hasty')).toBe(true);
    client.end();
    other.end();
  });

  test('and that fails: the target is left, and the client told why', async () => {
    harness.log.holdDurable();
    const client = await hasty();
    await expect.poll(() => upstream.sessions.length).toBe(1);
    harness.log.failAtFlush();
    harness.log.releaseDurable();
    expect((await client.untilClosed()).join('\n')).toContain('the gate cannot record');
    await upstream.sessions[0]?.closed;
    upstream.expectZeroBytes();
    expect(harness.gate.sessionCount).toBe(0);
  });
});

const path = Buffer.concat([message('D', Buffer.from([0, 1, 0, 0, 0, 6]), Buffer.from('public')), commandComplete('SELECT 1'), ready()]);

/** A client that was told that it may speak, while the target was asked and has not answered. */
async function asked(): Promise<RawClient> {
  await harness.stop();
  await upstream.stop();
  upstream = await scriptedUpstream({ parameters: { server_version: '15.1' }, on: ({ body }) => (body.includes('search_path') ? [] : undefined) });
  harness = await openHarness({ upstream: { port: upstream.port, user: 'u', password: 'p' }, interpreter: wordsInterpreter, refuses: () => false });
  const client = await hasty();
  await client.untilReady();
  await expect.poll(() => upstream.received().includes('search_path')).toBe(true);
  return client;
}

describe('while an old target is asked for its search path', () => {
  test('the client knows already that it may speak, and is not heard yet', async () => {
    const client = await asked();
    expect(upstream.received().includes('SELECT hasty')).toBe(false);
    upstream.sessions[0]?.act({ send: path });
    await client.untilReady(2);
    expect(upstream.received().includes('SELECT hasty')).toBe(true);
    client.end();
  });

  test('a cancel does not hit the question', async () => {
    const client = await asked();
    const key = client.received.indexOf('K\0\0\0\x0c', 0, 'latin1');
    const canceller = await RawClient.open(harness.port);
    canceller.send(Buffer.concat([Buffer.from([0, 0, 0, 16, 0x04, 0xd2, 0x16, 0x2e]), client.received.subarray(key + 5, key + 13)]));
    // Another login up to the question: a cancel that went at once would have arrived.
    const other = await hasty();
    await expect.poll(() => upstream.sessions.length).toBe(2);
    expect(upstream.cancels).toEqual([]);
    upstream.sessions[0]?.act({ send: path });
    await client.untilReady(2);
    await canceller.untilClosed();
    client.end();
    other.end();
  });
});

test('who may have no session causes no work at the target', async () => {
  harness.become(undefined);
  expect((await (await hasty()).untilClosed()).join('\n')).toContain('this principal is gone');
  harness.become(ada);
  harness.log.fail();
  expect((await (await hasty()).untilClosed()).join('\n')).toContain('the gate cannot record');
  expect(upstream.connections).toBe(0);
});
