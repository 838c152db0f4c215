import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Harness, openHarness } from '../../../test/support/gate-harness.ts';
import { RawClient, say } from '../../../test/support/raw-client.ts';
import { commandComplete, ready, scriptedUpstream, type ScriptedUpstream } from '../../../test/support/scripted-upstream.ts';
import { wordsInterpreter } from '../../../test/support/words-interpreter.ts';

let upstream: ScriptedUpstream;
let harness: Harness;
let client: RawClient;

/** A server that follows BEGIN, COMMIT and ROLLBACK, so that its ReadyForQuery tells the truth. */
beforeEach(async () => {
  let open = false;
  upstream = await scriptedUpstream({
    on: ({ type, body }) => {
      const text = body.toString('latin1').toUpperCase();
      if (type === 'Q' || type === 'P') {
        if (text.includes('BEGIN')) open = true;
        if (text.includes('COMMIT') || text.includes('ROLLBACK')) open = false;
      }
      if (type === 'Q') return [{ send: Buffer.concat([commandComplete('OK'), ready(open ? 'T' : 'I')]) }];
      return type === 'S' ? [{ send: ready(open ? 'T' : 'I') }] : undefined;
    },
  });
  harness = await openHarness({ upstream: { port: upstream.port, user: 'u', password: 'p' }, interpreter: wordsInterpreter, refuses: ({ verb }) => verb === 'destroy' });
  client = await RawClient.login(harness.port);
});
afterEach(async () => {
  client.end();
  await harness.stop();
  await upstream.stop();
});

const heard = (text: string | Buffer): boolean => upstream.received().includes(text);
const execute = (text: string): Buffer => Buffer.concat([say.parse('', text), say.bind('', ''), say.execute('')]);

/** Waits until what could have been sent has been: the gate has answered something that came later on another session. */
async function settle(): Promise<void> {
  const other = openSibling();
  for (let i = 0; i < 3; i++) {
    other.send(say.query(`SELECT sibling${i}`));
    await other.untilReady(i + 1);
  }
  other.end();
}

let sibling: RawClient | undefined;
function openSibling(): RawClient {
  sibling?.end();
  sibling = siblings.pop();
  if (sibling === undefined) throw new Error('no sibling was prepared');
  return sibling;
}
/** Logged in before the log is held: a session's opening is itself recorded durably. */
let siblings: RawClient[] = [];

async function hold(): Promise<void> {
  siblings = [await RawClient.login(harness.port), await RawClient.login(harness.port), await RawClient.login(harness.port)];
  harness.log.holdDurable();
}

afterEach(() => {
  sibling?.end();
  for (const one of siblings) one.end();
  sibling = undefined;
  siblings = [];
});

describe('nothing becomes final before its record is durable', () => {
  test('a read passes while nothing is durable', async () => {
    await hold();
    client.send(say.query('SELECT a'));
    await client.untilReady();
    expect(heard('SELECT a')).toBe(true);
  });

  test('an autocommit write waits', async () => {
    await hold();
    client.send(say.query('INSERT a'));
    await settle();
    expect(heard('INSERT a')).toBe(false);
    harness.log.releaseDurable();
    await client.untilReady();
    expect(heard('INSERT a')).toBe(true);
  });

  test('in a transaction writes pass and COMMIT waits', async () => {
    client.send(say.query('BEGIN'));
    await client.untilReady();
    await hold();
    client.send(say.query('INSERT a'), say.query('INSERT b'));
    await client.untilReady(3);
    expect(heard('INSERT b')).toBe(true);
    client.send(say.query('COMMIT'));
    await settle();
    expect(heard('COMMIT')).toBe(false);
    harness.log.releaseDurable();
    await client.untilReady(4);
    expect(heard('COMMIT')).toBe(true);
  });

  test('ROLLBACK does not wait; what follows it in the same text does', async () => {
    client.send(say.query('BEGIN'));
    await client.untilReady();
    await hold();
    client.send(say.query('INSERT a'), say.query('ROLLBACK'));
    await client.untilReady(3);
    client.send(say.query('BEGIN'));
    await client.untilReady(4);
    client.send(say.query('ROLLBACK; INSERT b'));
    await settle();
    expect(heard('INSERT b')).toBe(false);
    harness.log.releaseDurable();
    await client.untilReady(5);
    expect(heard('INSERT b')).toBe(true);
  });

  test('in a batch the write passes and Sync waits', async () => {
    await hold();
    client.send(execute('INSERT a'), say.sync);
    await client.until((lines) => lines.some((line) => line.includes('CommandComplete')));
    await settle();
    expect(heard('INSERT a')).toBe(true);
    expect(heard(say.sync)).toBe(false);
    harness.log.releaseDurable();
    await client.untilReady();
    expect(heard(say.sync)).toBe(true);
  });

  test('a simple Query ends a batch as Sync does: it waits, though it only reads', async () => {
    await hold();
    client.send(execute('INSERT a'), say.query('SELECT ending'));
    await client.until((lines) => lines.some((line) => line.includes('CommandComplete')));
    await settle();
    expect(heard('SELECT ending')).toBe(false);
    harness.log.releaseDurable();
    await client.untilReady();
    expect(heard('SELECT ending')).toBe(true);
  });

  test('what a rollback does not undo waits even in a transaction', async () => {
    client.send(say.query('BEGIN'));
    await client.untilReady();
    await hold();
    client.send(say.query('EXPORT a'));
    await settle();
    expect(heard('EXPORT a')).toBe(false);
    harness.log.releaseDurable();
    await client.untilReady(2);
  });
});

describe('recording fails', () => {
  test('at the end of the turn: what was queued is not sent', async () => {
    harness.log.failAtFlush();
    client.send(say.query('SELECT a'));
    const lines = await client.untilClosed();
    expect(lines.join('\n')).toContain('cannot record');
    expect(heard('SELECT a')).toBe(false);
  });

  test('while a write waits: refused, settled, and never sent', async () => {
    harness.log.holdDurable();
    client.send(say.query('INSERT a'));
    await expect.poll(() => harness.log.decisions.length).toBe(1);
    harness.log.fail();
    harness.log.releaseDurable();
    expect((await client.untilReady()).join('\n')).toContain('"58030"');
    expect(heard('INSERT a')).toBe(false);
    harness.log.recover();
    client.send(say.query('INSERT b'));
    await client.untilReady(2);
    expect(heard('INSERT b')).toBe(true);
  });

  test('while Sync waits: the batch is not made final', async () => {
    harness.log.holdDurable();
    client.send(execute('INSERT a'), say.sync);
    await client.until((lines) => lines.some((line) => line.includes('CommandComplete')));
    harness.log.fail();
    harness.log.releaseDurable();
    await client.untilClosed();
    expect(heard(say.sync)).toBe(false);
  });
});

describe('a long batch is sent in parts, while it is read', () => {
  const batch = Buffer.concat([...Array.from({ length: 100 }, (_, k) => execute(`SELECT b${k}`)), say.sync]);

  test('each part once its records are written', async () => {
    const flushes: number[] = [];
    const { log } = harness;
    const flush = log.flush.bind(log);
    log.flush = () => {
      flushes.push(log.decisions.length);
      flush();
    };
    client.send(batch);
    await client.untilReady();
    expect(heard('SELECT b99')).toBe(true);
    // Three messages a command: the first part is on record before a half of the batch was decided.
    expect(flushes.length).toBeGreaterThan(4);
    expect(flushes[0]).toBeLessThan(20);
    expect(flushes.at(-1)).toBe(100);
  });

  test('and none of it when they cannot be', async () => {
    harness.log.failAtFlush();
    client.send(batch);
    expect((await client.untilClosed()).join('\n')).toContain('the gate cannot record');
    expect(heard('SELECT b')).toBe(false);
  });
});
