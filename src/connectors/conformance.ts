import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import type { DecisionEvent, OutcomeEvent } from '../core/event.ts';

/** How the target behaves once it has let the gate in. `dies`: in the middle of its answer. `stalls`: in the middle of it, for good. */
export type TargetManner = 'polite' | 'silent' | 'dies' | 'stalls' | 'fails';

/** A client that says exactly what it is told. */
export interface ConformanceClient {
  send(bytes: Buffer): void;
  /** Resolves when that many commands have been answered, in whatever way, or the connection was closed. */
  answered(count: number): Promise<void>;
  /** Of the answers so far: how many were refusals by the gate. */
  refusals(): number;
  /** Resolves when the gate has closed the connection. */
  closed(): Promise<void>;
  /** Bytes of an answer have begun to come. */
  begun(): Promise<void>;
  leave(how: 'goodbye' | 'reset'): void;
}

/** What can be said in a protocol. Each command is one unit that the protocol answers once. */
export interface ConformanceWords {
  /** A command that policy permits, whose bytes hold the marker. */
  permitted(marker: string): Buffer;
  refused(marker: string): Buffer;
  /** Several commands whose failure or refusal is shared, as a pipeline or transaction; undefined where the protocol has none. */
  batch: ((markers: readonly { readonly permitted: boolean; readonly marker: string }[]) => Buffer) | undefined;
  /** Said before anything is proven: none of it may reach the target. */
  readonly beforeLogin: readonly { readonly name: string; readonly bytes: Buffer }[];
  /** Said in an idle session: each ends it. */
  readonly nonsense: readonly { readonly name: string; readonly bytes: Buffer }[];
  /** More than is read of one command; answered with a refusal, and the session goes on. */
  readonly oversize: Buffer;
}

/** One connector between such clients and a scripted target, with a real gate whose surroundings can be made to fail. */
export interface ConformanceStage {
  readonly words: ConformanceWords;
  stranger(): Promise<ConformanceClient>;
  /** Proves itself with a wrong secret and sends `bytes` with it. */
  impostor(bytes: Buffer): Promise<ConformanceClient>;
  client(): Promise<ConformanceClient>;
  /** What the target received after it had let the gate in, but for farewells. */
  reached(): Buffer;
  /** Times that the target was asked to give up what it runs. */
  cancels(): number;
  failLog(): void;
  holdLog(): void;
  releaseLog(): void;
  loseCatalog(): void;
  revoke(): void;
  /** The principal's time is over; nobody announces it. */
  expire(): void;
  readonly decisions: readonly DecisionEvent[];
  readonly outcomes: readonly (OutcomeEvent & { readonly of: number })[];
  /** Sequences of the decisions that were permits. */
  permits(): readonly number[];
  /** Faults of our own that were logged. */
  faults(): readonly string[];
  /** Sessions that the gate has open. */
  sessions(): number;
  close(): Promise<void>;
}

/** Waits for what comes about by itself. */
async function eventually(what: string, holds: () => boolean): Promise<void> {
  await expect.poll(holds, { timeout: 10_000, interval: 5, message: what }).toBe(true);
}

/**
 * What every connector MUST keep, whatever its protocol: nothing undecided reaches the target; every permit is settled exactly once; a fault
 * harms no other session. Registers its cases.
 */
export function conformance(protocol: string, open: (manner: TargetManner) => Promise<ConformanceStage>): void {
  describe(`${protocol} conforms`, () => {
    let stage: ConformanceStage | undefined;

    async function stageOf(manner: TargetManner = 'polite'): Promise<ConformanceStage> {
      stage = await open(manner);
      return stage;
    }

    afterEach(async () => {
      await stage?.close();
      stage = undefined;
    });

    async function expectUnharmed(on: ConformanceStage): Promise<void> {
      const other = await on.client();
      other.send(on.words.permitted('unharmed'));
      await other.answered(1);
      expect(other.refusals()).toBe(0);
      expect(on.reached().includes('unharmed')).toBe(true);
      expect(on.faults()).toEqual([]);
    }

    function expectNothing(on: ConformanceStage): void { expect(on.reached().toString('latin1')).toBe(''); }

    async function expectSettledOnce(on: ConformanceStage): Promise<void> {
      await eventually('every permit has an outcome', () => on.permits().every((sequence) => on.outcomes.some(({ of }) => of === sequence)));
      expect(on.outcomes.map(({ of }) => of).toSorted((a, b) => a - b)).toEqual([...on.permits()].toSorted((a, b) => a - b));
      expect(on.faults()).toEqual([]);
    }

    test('who has not logged in reaches nothing', async () => {
      const on = await stageOf();
      for (const { bytes } of on.words.beforeLogin) {
        const stranger = await on.stranger();
        stranger.send(bytes);
        stranger.send(on.words.permitted('stranger'));
        stranger.leave('goodbye');
        await stranger.closed();
      }
      const cut = await on.stranger();
      cut.leave('reset');
      await cut.closed();
      expectNothing(on);
      await expectUnharmed(on);
    });

    test('a wrong secret reaches nothing, nor do commands that came with it', async () => {
      const on = await stageOf();
      const impostor = await on.impostor(on.words.permitted('impostor'));
      await impostor.closed();
      expectNothing(on);
      expect(on.permits()).toEqual([]);
    });

    test('a refused command reaches nothing; the session goes on', async () => {
      const on = await stageOf();
      const client = await on.client();
      client.send(on.words.refused('secret-marker'));
      await client.answered(1);
      expect(client.refusals()).toBe(1);
      expectNothing(on);
      client.send(on.words.permitted('afterwards'));
      await client.answered(2);
      expect(on.reached().includes('afterwards')).toBe(true);
      expect(on.reached().includes('secret-marker')).toBe(false);
      await expectSettledOnce(on);
    });

    test('what is longer than the gate reads reaches nothing; the session goes on', async () => {
      const on = await stageOf();
      const client = await on.client();
      client.send(on.words.oversize);
      await client.answered(1);
      expect(client.refusals()).toBe(1);
      expectNothing(on);
      client.send(on.words.permitted('afterwards'));
      await client.answered(2);
      expect(client.refusals()).toBe(1);
    });

    test('nonsense ends its own session only, and reaches nothing', async () => {
      const on = await stageOf();
      for (const { name, bytes } of on.words.nonsense) {
        const client = await on.client();
        client.send(bytes);
        await client.closed().catch(() => { throw new Error(`the session survived ${name}`); });
      }
      expectNothing(on);
      await expectUnharmed(on);
      await eventually('only the other session is left', () => on.sessions() === 1);
    });

    test('half a command reaches nothing, however it ends', async () => {
      const on = await stageOf();
      const whole = on.words.permitted('half');
      for (const how of ['goodbye', 'reset'] as const) {
        const client = await on.client();
        client.send(whole.subarray(0, -1));
        client.leave(how);
        await client.closed();
      }
      expectNothing(on);
      await eventually('the sessions are gone', () => on.sessions() === 0);
    });

    test.each(['failLog', 'loseCatalog', 'revoke', 'expire'] as const)('after %s nothing passes', async (loss) => {
      const on = await stageOf();
      const client = await on.client();
      on[loss]();
      client.send(on.words.permitted('unguarded'));
      await client.answered(1);
      await eventually('refused or ended', () => client.refusals() === 1);
      expect(on.reached().includes('unguarded')).toBe(false);
    });

    test('a refusal is answered only once it is on record', async () => {
      const on = await stageOf();
      const client = await on.client();
      on.holdLog();
      client.send(on.words.refused('held'));
      await eventually('it was decided', () => on.decisions.length === 1);
      expect(client.refusals()).toBe(0);
      on.releaseLog();
      await client.answered(1);
      expect(client.refusals()).toBe(1);
    });

    test('in any order, only what was permitted reaches the target', async () => {
      const on = await stageOf();
      const { words } = on;
      const one = fc.record({ permitted: fc.boolean() });
      await fc.assert(fc.asyncProperty(fc.array(fc.oneof(one, fc.array(one, { minLength: 1, maxLength: 5 })), { minLength: 1, maxLength: 8 }), async (script) => {
        const client = await on.client();
        let count = 0;
        let answers = 0;
        const said: Buffer[] = [];
        for (const part of script) {
          answers++;
          const commands = Array.isArray(part) ? part : [part];
          const marked = commands.map(({ permitted }) => ({ permitted, marker: `${permitted ? 'permitted' : 'forbidden'}-${count++}` }));
          if (Array.isArray(part) && words.batch !== undefined) said.push(words.batch(marked));
          else {
            answers += marked.length - 1;
            for (const { permitted, marker } of marked) said.push(permitted ? words.permitted(marker) : words.refused(marker));
          }
        }
        client.send(Buffer.concat(said));
        await client.answered(answers);
        client.leave('goodbye');
        await client.closed();
        expect(on.reached().includes('forbidden')).toBe(false);
      }), { numRuns: 40 });
      await expectSettledOnce(on);
    });

    test('the target dies in the middle of its answer: told, settled, and others go on', async () => {
      const on = await stageOf('dies');
      const client = await on.client();
      client.send(on.words.permitted('deadly'));
      await client.closed();
      await expectSettledOnce(on);
      expect(on.outcomes.map(({ status }) => status)).toEqual(['lost']);
      await eventually('the session is gone', () => on.sessions() === 0);
    });

    test.each(['goodbye', 'reset'] as const)('the client goes (%s) in the middle of its answer: the target is told to stop', async (how) => {
      const on = await stageOf('stalls');
      const client = await on.client();
      client.send(on.words.permitted('long'));
      await client.begun();
      client.leave(how);
      await eventually('the target was told', () => on.cancels() === 1);
      await expectSettledOnce(on);
      await eventually('the session is gone', () => on.sessions() === 0);
    });

    test('the session is revoked in the middle of an answer: cancelled, settled, closed', async () => {
      const on = await stageOf('stalls');
      const client = await on.client();
      client.send(on.words.permitted('long'));
      await client.begun();
      on.revoke();
      await client.closed();
      await eventually('the target was told', () => on.cancels() === 1);
      await expectSettledOnce(on);
    });

    test('the target refuses: what follows in the batch is skipped, and each has its outcome', async () => {
      const on = await stageOf('fails');
      const { batch } = on.words;
      const client = await on.client();
      client.send(batch === undefined ? on.words.permitted('a') : batch([{ permitted: true, marker: 'a' }, { permitted: true, marker: 'b' }, { permitted: true, marker: 'c' }]));
      await client.answered(1);
      await expectSettledOnce(on);
      expect(on.outcomes.map(({ status }) => status).toSorted()).toEqual(batch === undefined ? ['error'] : ['error', 'skipped', 'skipped']);
      client.send(on.words.permitted('next'));
      await client.answered(2);
    });

    test('a target that never answers holds up nobody else', async () => {
      const on = await stageOf('silent');
      const stuck = await on.client();
      stuck.send(on.words.permitted('stuck'));
      await eventually('it was sent', () => on.reached().includes('stuck'));
      const other = await on.client();
      other.send(on.words.refused('quick'));
      await other.answered(1);
      expect(other.refusals()).toBe(1);
    });
  });
}
