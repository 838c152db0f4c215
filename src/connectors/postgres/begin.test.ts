import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Harness, openHarness } from '../../../test/support/gate-harness.ts';
import { RawClient, say } from '../../../test/support/raw-client.ts';
import { message, scriptedUpstream, type ScriptedUpstream } from '../../../test/support/scripted-upstream.ts';
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

test('who may have no session causes no work at the target', async () => {
  harness.become(undefined);
  expect((await (await hasty()).untilClosed()).join('\n')).toContain('this principal is gone');
  harness.log.fail();
  expect((await (await hasty()).untilClosed()).join('\n')).toContain('FATAL');
  expect(upstream.connections).toBe(0);
});
