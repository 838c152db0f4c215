import { afterEach, describe, expect, test, vi } from 'vitest';
import { ada } from '../../test/support/gate-harness.ts';
import { MemoryLog } from '../../test/support/memory-log.ts';
import { wordsInterpreter } from '../../test/support/words-interpreter.ts';
import { noCatalog } from '../core/catalog.ts';
import type { Session } from '../core/gate.ts';
import type { Authenticated, Directory } from '../core/identity.ts';
import type { Principal } from '../core/principal.ts';
import type { Refusal } from '../core/refusal.ts';
import { AccessGate } from './gate.ts';

let gate: AccessGate | undefined;

afterEach(() => {
  gate?.close();
  vi.useRealTimers();
});

interface Bench { readonly gate: AccessGate; readonly log: MemoryLog; principal: Principal | undefined; now: number; changed(): void; readonly errors: string[] }

function bench(maxSessions = 2): Bench {
  const listeners = new Set<() => void>();
  const log = new MemoryLog();
  const errors: string[] = [];
  const made: Omit<Bench, 'gate'> = { log, principal: ada, now: 0, errors, changed: () => { for (const listener of listeners) listener(); } };
  const directory: Directory = {
    generation: 1, failure: undefined, principal: () => made.principal, frozen: () => undefined,
    authenticate: () => { throw new Error('nobody proves anything here'); },
    onChange: (listener) => { listeners.add(listener); return () => listeners.delete(listener); },
  };
  const purpose = { name: 'general', verbs: [], labels: [] };
  gate = new AccessGate({
    targets: new Map([['shop', { target: { name: 'shop', protocol: 'postgres', environment: 'production', mode: 'enforce' }, interpreter: wordsInterpreter, maxSessions, durability: 'normal', catalogMode: 'follow', statementBytes: 1_000, catalogs: () => ({ current: () => noCatalog, refresh: () => Promise.resolve(), failure: undefined }) }]]),
    purposes: new Map([['general', purpose]]), defaultPurpose: purpose, directory, log, clock: () => made.now, newId: () => 'id',
    policy: { generation: 1, version: 'v', decide: () => ({ outcome: 'permit', obligations: [], policies: [], policyVersion: 'v', because: [], observed: [], validUntil: 0 }) },
    meter: { commands: () => ({ value: 0 }), observed: () => ({ value: 0 }), step: () => undefined, session: () => undefined, authenticationFailed: () => undefined, misread: () => undefined, bytes: () => undefined },
    logger: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: (message) => { errors.push(message); } },
  });
  return Object.assign(made, { gate });
}

// A proof is made by an authenticator alone; here is none.
const proof = { principal: ada.ref, method: 'none' } as Authenticated;

async function attempt(on: Bench, claim: { readonly target?: string; readonly purpose?: string } = {}): Promise<Session | Refusal> {
  const opening = on.gate.open({ proof, target: claim.target ?? 'shop', database: undefined, purpose: claim.purpose, client: { address: '::1', port: 1 }, application: undefined, tls: false });
  return 'refused' in opening ? opening : opening.recorded;
}
async function open(on: Bench): Promise<Session> {
  const session = await attempt(on);
  if ('refused' in session) throw new Error(session.message);
  return session;
}
async function refusedWith(on: Bench, claim: Parameters<typeof attempt>[1] = {}): Promise<string> {
  const answer = await attempt(on, claim);
  return 'refused' in answer ? answer.code : 'open';
}
const reason = ({ ending }: Session): string => (ending.aborted ? (ending.reason as Refusal).code : 'lives');

describe('who may have a session', () => {
  test.each<[string, Principal | undefined, string]>([
    ['nobody', undefined, 'session-revoked'],
    ['who is disabled', { ...ada, enabled: false }, 'session-revoked'],
    ['who was revoked, and so has expired, too', { ...ada, secretRevoked: true, until: 0 }, 'session-revoked'],
    ['whose owner is disabled', { ...ada, owner: { name: 'o', enabled: false } }, 'session-revoked'],
    ['who has expired', { ...ada, until: 0 }, 'session-expired'],
    ['who has no grant here', { ...ada, grants: [] }, 'no-permit'],
  ])('not %s', async (_, principal, code) => {
    const on = bench();
    on.principal = principal;
    expect(await refusedWith(on)).toBe(code);
    expect(on.gate.sessionCount).toBe(0);
  });

  test('not for an unknown target or purpose', async () => {
    const on = bench();
    expect(await refusedWith(on, { target: 'none' })).toBe('internal');
    expect(await refusedWith(on, { purpose: 'none' })).toBe('unsupported-parameter');
  });

  test('as many as the limit, counted also while their opening is being recorded', async () => {
    const on = bench(2);
    const answers = await Promise.all([attempt(on), attempt(on), attempt(on)]);
    expect(answers.map((answer) => ('refused' in answer ? answer.code : 'open'))).toEqual(['open', 'open', 'too-many-sessions']);
    const [first] = answers;
    if (first !== undefined && !('refused' in first)) first.close('done');
    expect(await refusedWith(on)).toBe('open');
  });

  test('nobody while it cannot be recorded', async () => {
    const on = bench();
    on.log.fail();
    expect(await refusedWith(on)).toBe('audit-unavailable');
    expect(on.gate.sessionCount).toBe(0);
    on.log.recover();
    expect(await refusedWith(on)).toBe('open');
  });

  test('who is turned away is recorded; when that fails it is logged', async () => {
    const on = bench();
    await on.gate.turnAway('eve', 'shop', { address: '::1', port: 1 }, { refused: true, code: 'authentication-failed', message: 'no', detail: [], mend: '', policies: [], needs: [] });
    expect(on.log.entries).toMatchObject([{ type: 'session-refused', user: 'eve', code: 'authentication-failed' }]);
    on.log.fail();
    await on.gate.turnAway('eve', 'shop', { address: '::1', port: 1 }, { refused: true, code: 'authentication-failed', message: 'no', detail: [], mend: '', policies: [], needs: [] });
    expect(on.errors).toHaveLength(1);
  });
});

describe('live sessions end', () => {
  test('at once when the directory says so', async () => {
    const on = bench();
    const session = await open(on);
    on.principal = { ...ada, enabled: false };
    on.changed();
    expect(reason(session)).toBe('session-revoked');
  });

  test('with the word for it when the agent was revoked, though its time is over, too', async () => {
    const on = bench();
    const session = await open(on);
    on.principal = { ...ada, ref: { kind: 'Agent', name: 'bot' }, secretRevoked: true, until: 0 };
    on.changed();
    expect(session.ending.reason).toMatchObject({ code: 'session-revoked', message: '`agent:bot` was revoked' });
  });

  test('within a second of an expiry that nobody announces', async () => {
    vi.useFakeTimers();
    const on = bench();
    on.principal = { ...ada, until: 1_000 };
    const session = await open(on);
    on.now = 999;
    vi.advanceTimersByTime(1_000);
    expect(reason(session)).toBe('lives');
    on.now = 1_000;
    vi.advanceTimersByTime(1_000);
    expect(reason(session)).toBe('session-expired');
  });

  test('when the state cannot be read, and so nobody is known', async () => {
    const on = bench();
    const session = await open(on);
    on.principal = undefined;
    on.changed();
    expect(reason(session)).toBe('session-revoked');
  });

  test('not for a change of somebody else', async () => {
    const on = bench();
    const session = await open(on);
    on.principal = { ...ada };
    on.changed();
    expect(reason(session)).toBe('lives');
  });

  test('by draining, and then nobody comes in', async () => {
    const on = bench();
    const session = await open(on);
    on.gate.drain();
    expect([reason(session), await refusedWith(on)]).toEqual(['draining', 'draining']);
  });

  test('once, and it is recorded once', async () => {
    const on = bench();
    const session = await open(on);
    session.close('first');
    session.close('second');
    on.gate.close();
    expect(on.log.entries.filter(({ type }) => type === 'session-closed')).toMatchObject([{ why: 'first' }]);
    expect(on.gate.sessionCount).toBe(0);
  });
});

describe('the end of a turn', () => {
  test('one write for all who wait, then each goes on', async () => {
    const on = bench();
    const flush = vi.spyOn(on.log, 'flush');
    const order: string[] = [];
    await new Promise<void>((resolve) => {
      on.gate.afterRecord(() => { order.push('a'); });
      on.gate.afterRecord(() => { order.push('b'); resolve(); });
      expect(order).toEqual([]);
    });
    expect([order, flush.mock.calls.length]).toEqual([['a', 'b'], 1]);
  });

  test('when it fails each is told', async () => {
    const on = bench();
    on.log.fail();
    const told = await new Promise<(string | undefined)[]>((resolve) => {
      const codes: (string | undefined)[] = [];
      on.gate.afterRecord((failed) => { codes.push(failed?.code); });
      on.gate.afterRecord((failed) => { codes.push(failed?.code); resolve(codes); });
    });
    expect(told).toEqual(['audit-unavailable', 'audit-unavailable']);
  });
});
