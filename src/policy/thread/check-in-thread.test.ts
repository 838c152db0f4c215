import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { slotPair } from '../cedar.ts';
import { checkPacks, type Checked } from '../checked.ts';
import { CedarDecisionPoint, type Reload } from '../decision-point.ts';
import { formatDecision } from '../golden.ts';
import { formatIssue } from '../issue.ts';
import { baseline, effect, pack, permitAll, request } from '../samples.ts';
import { checkInThread, type ThreadOptions } from './check-in-thread.ts';

const never = new AbortController().signal;
const rule = (id: string): string => `@id("${id}") @title("${id}") forbid (principal, action == Action::"read", resource);\n`;

async function checkAtOnce(folders: readonly string[]): Promise<Checked> {
  return checkPacks(slotPair()[0], folders, false);
}

/** A thread that runs this. */
function thread(code: string, deadline?: number): ThreadOptions {
  return { worker: new URL(`data:text/javascript,${encodeURIComponent(`import { parentPort } from 'node:worker_threads';\n${code}`)}`), ...(deadline === undefined ? {} : { deadline }) };
}

describe('packs that are checked in a thread', () => {
  test('come to the same as where they are checked at once', async () => {
    for (const folders of [[baseline], [baseline, pack('mine', { 'a.cedar': rule('a') })]]) {
      const [there, here] = [await checkInThread(folders, never), checkPacks(slotPair()[0], folders, false)];
      expect(there).toEqual({ ...here, set: here.set === undefined ? undefined : { ...here.set, goldens: [] } });
      expect(there.set?.traits.naming.kinds).toBeInstanceOf(Set);
    }
  });

  test('say what is wrong with them, also of their own tests', async () => {
    const broken = pack('mine', { 'a.cedar': 'permit (principal, action, resource;' });
    expect(await checkInThread([broken], never)).toMatchObject({ set: undefined, errors: [{ file: join(broken, 'a.cedar'), line: 1, column: 36 }] });
    const overflow = '@id("o") @title("o") forbid (principal, action == Action::"delete", resource) when { context.amount.rows + 9223372036854775807 > 0 };';
    const erring = pack('mine', { 'a.cedar': permitAll + overflow, 'tests/a.decide': 'decide\ndelete table:public.a extent=one amount=5\n----\npermit by mine/all\n' });
    expect((await checkInThread([erring], never)).errors[0]?.message).toContain('a case of the set\'s own tests comes out as');
  });

  test.each<[string, ThreadOptions, string]>([
    ['dies', thread('throw new Error("no memory left")'), 'the thread that does it failed: no memory left'],
    ['ends', thread('process.exit(7)'), 'the thread that does it ended with 7'],
    ['ends without a word', thread(''), 'the thread that does it ended with 0'],
    ['hangs', thread('for (;;);', 300), 'it took longer than 0.3 s'],
    ['waits for ever', thread('parentPort.on("message", () => {});', 300), 'it took longer than 0.3 s'],
    ['is not there', { worker: new URL('file:///nowhere/worker.js') }, 'the thread that does it failed: Cannot find module'],
    ['eats memory', thread('const all = []; for (;;) all.push(new Array(1e6).fill({}));', 60_000), 'the thread that does it failed: Worker terminated due to reaching memory limit'],
  ])('a thread that %s refuses them, and the old policies stay in force', { timeout: 120_000 }, async (_, options, why) => {
    const folder = pack('mine', { 'a.cedar': permitAll });
    const point = new CedarDecisionPoint([folder]);
    const { version, generation } = point;
    writeFileSync(join(folder, 'a.cedar'), rule('a'));
    const reload = await point.reloadMeanwhile((folders) => checkInThread(folders, never, options));
    expect(reload).toMatchObject({ ok: false, inForce: version });
    expect(reload.ok ? '' : reload.errors.map(formatIssue).join()).toContain(`policies could not be checked: ${why}`);
    expect([point.version, point.generation, formatDecision(point.decide(request([effect()])))]).toEqual([version, generation, 'permit by mine/all']);
    // and the next one is taken as ever
    expect(await point.reloadMeanwhile((folders) => checkInThread(folders, never))).toMatchObject({ ok: true, from: version });
    expect(formatDecision(point.decide(request([effect()])))).toBe('deny forbidden by mine/a');
  });

  test('who ends waits for nothing', async () => {
    const ended = new AbortController();
    const checking = checkInThread([baseline], ended.signal);
    ended.abort();
    expect(await checking).toMatchObject({ set: undefined, errors: [{ message: 'policies could not be checked: the gateway ends' }] });
    expect(await checkInThread([baseline], ended.signal)).toMatchObject({ set: undefined });
  });
});

describe('a reload while others go on', () => {
  test('decides by the old set until all of the new one stands, back and forth', async () => {
    const folder = pack('mine', { 'a.cedar': permitAll });
    const point = new CedarDecisionPoint([folder]);
    const out = (): string => formatDecision(point.decide(request([effect()])));
    const turns = [rule('a'), permitAll, `${permitAll}${rule('b').replace('forbid', '@mode("observe") forbid')}`, rule('c'), permitAll];
    const said: string[] = [];
    for (const text of turns) {
      const [before, generation] = [out(), point.generation];
      writeFileSync(join(folder, 'a.cedar'), text);
      const made: Reload[] = [];
      const reloading = point.reloadMeanwhile(checkAtOnce).then((reload) => made.push(reload));
      while (made.length === 0) {
        expect(out()).toBe(before);
        await new Promise<void>((resolve) => { setImmediate(resolve); });
      }
      await reloading;
      expect([made[0]?.ok, point.generation]).toEqual([true, generation + 1]);
      said.push(out());
    }
    expect(said).toEqual(['deny forbidden by mine/a', 'permit by mine/all', 'permit by mine/all would-deny=mine/b', 'deny forbidden by mine/c', 'permit by mine/all']);
  });

  test('of what decides the same, leaves what is remembered', async () => {
    const folder = pack('mine', { 'a.cedar': permitAll });
    const point = new CedarDecisionPoint([folder]);
    const [known, { generation, version }] = [point.decide(request([effect()])), point];
    writeFileSync(join(folder, 'notes.txt'), 'nothing that decides');
    expect(await point.reloadMeanwhile(checkAtOnce)).toEqual({ ok: true, from: version, to: version, ids: ['mine/all'], changes: { added: [], changed: [], removed: [] }, warnings: [] });
    expect([point.generation, point.decide(request([effect()]))]).toEqual([generation, known]);
  });

  test('what cannot be checked at all is refused, too', async () => {
    const point = new CedarDecisionPoint([pack('mine', { 'a.cedar': permitAll })]);
    expect(await point.reloadMeanwhile(async () => { throw new Error('no threads here'); })).toMatchObject({ ok: false, errors: [{ message: 'policies could not be checked: no threads here' }] });
    expect(point.decide(request([effect()])).outcome).toBe('permit');
  });
});
