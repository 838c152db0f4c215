import { describe, expect, test, vi } from 'vitest';
import { ada } from '../../test/support/gate-harness.ts';
import { MemoryLog } from '../../test/support/memory-log.ts';
import { wordsInterpreter } from '../../test/support/words-interpreter.ts';
import { type Catalog, noCatalog } from '../core/catalog.ts';
import type { AccessRequest, Decision } from '../core/decision.ts';
import type { Admission, Command, Permit, TransactionStatus } from '../core/gate.ts';
import { initialState, type Interpreter } from '../core/interpretation.ts';
import type { Mode } from '../core/target.ts';
import { refusal } from '../core/refusal.ts';
import { meaningOf, SharedInterpretations } from './interpretations.ts';
import { GateSession } from './session.ts';

const never = new AbortController().signal;
const ok = { type: 'outcome', status: 'ok', rows: 0, bytes: 0, sqlstate: undefined } as const;
const failed = { ...ok, status: 'error', sqlstate: 'XX000' } as const;

interface Bench {
  readonly session: GateSession;
  readonly log: MemoryLog;
  readonly policy: { generation: number; decide: ReturnType<typeof vi.fn<(request: AccessRequest) => Decision>> };
  readonly interpret: ReturnType<typeof vi.fn<Interpreter['interpret']>>;
  now: number;
  directory: number;
  catalog: Catalog | undefined;
  refreshed: number;
  /** How long it takes to read it. */
  refreshing: Promise<void>;
  /** Why the catalog cannot be read at present. */
  failure: string | undefined;
}

function bench(options: { readonly mode?: Mode; readonly validUntil?: number; readonly outcome?: Decision['outcome']; readonly catalogMode?: 'strict' } = {}): Bench {
  const log = new MemoryLog();
  const interpret = vi.fn<Interpreter['interpret']>((...args) => wordsInterpreter.interpret(...args));
  const decide = vi.fn<(request: AccessRequest) => Decision>(({ effects }) => {
    const determined = { policies: [], policyVersion: 'v', because: effects.length === 0 ? [] : [0], observed: [], validUntil: options.validUntil ?? Number.POSITIVE_INFINITY };
    if (options.outcome === 'hold') return { outcome: 'hold', needs: [{ kind: 'approval', approvers: ['dba'], quorum: 1 }], ...determined };
    return effects.some(({ verb }) => verb === 'destroy') ? { outcome: 'deny', reason: 'forbidden', ...determined } : { outcome: 'permit', obligations: [], ...determined };
  });
  const policy = { generation: 1, version: 'v', decide };
  const made: Omit<Bench, 'session'> = { log, policy, interpret, now: 0, directory: 1, catalog: noCatalog, refreshed: 0, refreshing: Promise.resolve(), failure: 'cannot be read' };
  const session = new GateSession({
    facts: { id: 's', principal: ada.ref, owner: undefined, target: { name: 'shop', protocol: 'postgres', environment: 'production', mode: options.mode ?? 'enforce' }, database: 'd', purpose: 'general', client: { address: 'a', port: 1 }, application: undefined },
    principal: ada, purpose: { name: 'general', verbs: [], labels: [] }, state: initialState, durability: 'normal', catalogMode: options.catalogMode ?? 'follow', statementBytes: 1_000,
    catalogs: { current: () => made.catalog, refresh: () => { made.refreshed++; return made.refreshing; }, get failure() { return made.failure; } },
    interpretations: new SharedInterpretations({ language: 'sql/postgres', interpret }), policy, log,
    meter: { commands: () => ({ value: 0 }), observed: () => ({ value: 0 }), step: () => undefined, session: () => undefined, authenticationFailed: () => undefined, misread: () => undefined, bytes: () => undefined },
    clock: () => made.now, directoryGeneration: () => made.directory, freezeOf: () => undefined, misread: () => undefined, closed: () => undefined,
  });
  return Object.assign(made, { session });
}

const query = (text: string, transaction: TransactionStatus = 'idle'): Command => ({ kind: 'query', language: 'sql/postgres', text, transaction });

async function permitOf(admission: Admission | Promise<Admission>): Promise<Permit> {
  const admitted = await admission;
  if (admitted.refused) throw new Error(`refused: ${admitted.message}`);
  return admitted;
}
async function run(on: Bench, text: string, transaction: TransactionStatus = 'idle'): Promise<void> { (await permitOf(on.session.admit(query(text, transaction), never))).settle(ok); }
async function codeOf(admission: Admission | Promise<Admission>): Promise<string> {
  const admitted = await admission;
  return admitted.refused ? admitted.code : 'permit';
}

const path = (on: Bench): unknown => on.session.state.searchPath;
const changed = (on: Bench): readonly string[] => [...on.session.state.changed];
const execute = async (on: Bench, text: string): Promise<Permit> => {
  const { prepared } = await permitOf(on.session.admit({ kind: 'prepare', language: 'sql/postgres', text, transaction: 'batch' }, never));
  if (prepared === undefined) throw new Error('nothing was prepared');
  const bound = (await permitOf(on.session.admit({ kind: 'bind', language: 'sql/postgres', prepared, transaction: 'batch' }, never))).prepared;
  if (bound === undefined) throw new Error('nothing was bound');
  return permitOf(on.session.admit({ kind: 'execute', language: 'sql/postgres', prepared: bound, transaction: 'batch' }, never));
};


describe('decisions are reused only while they hold', () => {
  const same = 'SELECT a';

  test('for the same text', async () => {
    const on = bench();
    await run(on, same);
    await run(on, same);
    expect([on.interpret.mock.calls.length, on.policy.decide.mock.calls.length, on.log.decisions.length]).toEqual([1, 1, 2]);
  });

  test.each<[string, (on: Bench) => void]>([
    ['the policies change', (on) => { on.policy.generation++; }],
    ['the directory changes', (on) => { on.directory++; }],
    ['its time is over', (on) => { on.now = 100; }],
  ])('not when %s', async (_, change) => {
    const on = bench({ validUntil: 100 });
    await run(on, same);
    change(on);
    await run(on, same);
    expect(on.policy.decide.mock.calls.length).toBe(2);
  });

  test('not when the catalog changes: it is read anew', async () => {
    const on = bench();
    await run(on, same);
    on.catalog = { ...noCatalog };
    await run(on, same);
    expect(on.interpret.mock.calls.length).toBe(2);
  });

  test('not when the search path changes, by command or by report; again when it is as before', async () => {
    const on = bench();
    await run(on, same);
    await run(on, 'SET s2');
    await run(on, same);
    expect(on.interpret.mock.calls.filter(([text]) => text === same).map(([, , state]) => state.searchPath)).toEqual([['$user', 'public'], ['s2']]);
    on.session.observe('search_path', 's3', true);
    await run(on, same);
    expect(on.interpret.mock.calls.at(-1)?.[2].searchPath).toEqual(['s3']);
  });

  test('not in a transaction what was read outside of one', () => {
    const within = { ...initialState, history: { start: initialState.searchPath, begin: { path: initialState.searchPath, own: new Set<string>(), changes: new Set<string>(), changed: 'session' as const } } };
    const elsewhere = { ...initialState, history: { start: ['other'] } };
    expect(new Set([initialState, within, elsewhere].map(meaningOf)).size).toBe(3);
  });

  test('a decision with no time is asked for each time', async () => {
    const on = bench({ validUntil: 0 });
    await run(on, same);
    await run(on, same);
    expect(on.policy.decide.mock.calls.length).toBe(2);
  });
});

describe('refusals', () => {
  test('are recorded, have their id, and never become a permit', async () => {
    const on = bench();
    const refused = await on.session.admit(query('DROP t'), never);
    expect(refused).toMatchObject({ refused: true, code: 'forbidden', id: 'memory/1' });
    expect(on.log.outcomes).toEqual([]);
  });

  test('a hold is a refusal that says what it needs', async () => {
    expect(await bench({ outcome: 'hold' }).session.admit(query('SELECT a'), never)).toMatchObject({ refused: true, code: 'needs-evidence', needs: [{ kind: 'approval' }] });
  });

  test('observe mode records what would have been refused, and lets it pass', async () => {
    const on = bench({ mode: 'observe' });
    await run(on, 'DROP t');
    expect(on.log.decisions).toMatchObject([{ outcome: 'deny', enforced: false }]);
    expect(on.log.outcomes).toMatchObject([{ status: 'ok' }]);
  });

  test('without a log', async () => {
    const on = bench();
    on.log.fail();
    for (const text of ['SELECT a', 'DROP t', 'INSERT a']) expect(await codeOf(on.session.admit(query(text), never))).toBe('audit-unavailable');
  });

  test('without a catalog, after looking once more', async () => {
    const on = bench();
    on.catalog = undefined;
    expect(await codeOf(on.session.admit(query('SELECT a'), never))).toBe('catalog-unavailable');
    expect(on.refreshed).toBe(1);
  });

  test('in strict mode the catalog is asked for before each command; one that cannot be read refuses, however much is known', async () => {
    const on = bench({ catalogMode: 'strict' });
    on.failure = undefined;
    await run(on, 'SELECT a');
    await run(on, 'SELECT a');
    expect(on.refreshed).toBe(2);
    on.failure = 'gone';
    expect(await codeOf(on.session.admit(query('SELECT a'), never))).toBe('catalog-unavailable');
  });

  test('of a session that was ended; one that drains may finish', async () => {
    const on = bench();
    on.session.end(refusal('draining', 'bye', ''));
    expect(await codeOf(on.session.admit(query('SELECT a'), never))).toBe('permit');
    const other = bench();
    other.session.end(refusal('session-revoked', 'gone', ''));
    expect(await codeOf(other.session.admit(query('SELECT a'), never))).toBe('session-revoked');
  });

  test('of what holds too much', async () => {
    const on = bench();
    const big: Command = { kind: 'prepare', language: 'sql/postgres', text: `SELECT ${'x'.repeat(2_000)}`, transaction: 'batch' };
    on.session.hold('prepared', 'a', (await permitOf(on.session.admit(big, never))).prepared);
    expect(await codeOf(on.session.admit(big, never))).toBe('message-too-large');
    on.session.hold('prepared', 'a', undefined);
    expect(await codeOf(on.session.admit(big, never))).toBe('permit');
  });
});

describe('permits', () => {
  test('are settled once', async () => {
    const permit = await permitOf(bench().session.admit(query('SELECT a'), never));
    permit.settle(ok);
    expect(() => permit.settle(ok)).toThrow('settled twice');
  });

  test('of what may change the meaning of text are barriers', async () => {
    const on = bench();
    expect((await permitOf(on.session.admit(query('SET s2'), never))).barrier).toBe(true);
    expect((await permitOf(on.session.admit(query('ROLLBACK'), never))).barrier).toBe(true);
    expect((await permitOf(on.session.admit(query('SELECT a'), never))).barrier).toBe(false);
  });

  test('a write waits for its record outside of a transaction only; COMMIT waits for all before it', async () => {
    const on = bench();
    on.log.holdDurable();
    expect(on.session.admit(query('INSERT a', 'open'), never)).not.toBeInstanceOf(Promise);
    expect(on.session.admit(query('INSERT a', 'batch'), never)).not.toBeInstanceOf(Promise);
    expect(on.session.admit(query('SELECT a'), never)).not.toBeInstanceOf(Promise);
    for (const [text, transaction] of [['INSERT a', 'idle'], ['COMMIT', 'open'], ['EXPORT a', 'open'], ['ROLLBACK; INSERT a', 'open'], ['COMMIT; SELECT a', 'open']] as const) {
      expect([text, on.session.admit(query(text, transaction), never) instanceof Promise]).toEqual([text, true]);
    }
    expect(on.session.finalise()).toBeInstanceOf(Promise);
    on.log.releaseDurable();
  });
});

describe('what the session is in', () => {
  test('what failed did not change it; of several statements it is not known', async () => {
    const on = bench();
    (await permitOf(on.session.admit(query('SET s2'), never))).settle(failed);
    expect(path(on)).toEqual(['$user', 'public']);
    (await permitOf(on.session.admit(query('SET s2; SELECT a'), never))).settle(failed);
    expect(path(on)).toBe('unknown');
  });

  test('a batch that failed takes back what it had set', async () => {
    const on = bench();
    (await execute(on, 'SET s2')).settle(ok);
    expect(path(on)).toEqual(['s2']);
    on.session.ready(true, true);
    expect(path(on)).toEqual(['$user', 'public']);
    (await execute(on, 'SET s2')).settle(ok);
    on.session.ready(false, true);
    expect(path(on)).toEqual(['s2']);
  });

  test('the implicit transaction may go on behind a Query', async () => {
    const on = bench();
    (await execute(on, 'SET s2')).settle(ok);
    on.session.ready(false, false);
    on.session.ready(true, true);
    expect(path(on)).toEqual(['$user', 'public']);
  });

  test('a report that came before the answer is the truth', async () => {
    const on = bench();
    const permit = await permitOf(on.session.admit(query('SET s2'), never));
    on.session.observe('search_path', '"really"', true);
    permit.settle(ok);
    expect(path(on)).toEqual(['really']);
  });

  test('what it changed counts until the catalog was read after its transaction', async () => {
    const on = bench();
    on.failure = undefined;
    await run(on, 'DEFINE t', 'open');
    on.session.ready(false, false);
    expect([changed(on), on.refreshed]).toEqual([['t'], 0]);
    on.session.transactionEnded();
    expect([changed(on), on.refreshed]).toEqual([['t'], 1]);
    await run(on, 'SELECT a');
    expect(changed(on)).toEqual([]);
  });

  test('what it changed stays when the catalog could not be read, or when more was changed meanwhile, until it is read again', async () => {
    const on = bench();
    await run(on, 'DEFINE t');
    on.session.transactionEnded();
    await run(on, 'SELECT a');
    expect(changed(on)).toEqual(['t']);
    on.failure = undefined;
    const first = Promise.withResolvers<undefined>();
    on.refreshing = first.promise;
    const running = await permitOf(on.session.admit(query('DEFINE u'), never));
    on.session.transactionEnded();
    running.settle(ok);
    first.resolve(undefined);
    await run(on, 'SELECT a');
    expect(changed(on)).toEqual(['t', 'u']);
    on.session.transactionEnded();
    await run(on, 'SELECT a');
    expect(changed(on)).toEqual([]);
  });

  test('names that were given while a command was on its way stay', async () => {
    const on = bench();
    const { prepared } = await permitOf(on.session.admit({ kind: 'prepare', language: 'sql/postgres', text: 'SELECT a', transaction: 'batch' }, never));
    const permit = await permitOf(on.session.admit(query('SET s2'), never));
    on.session.hold('prepared', 'p', prepared);
    permit.settle(ok);
    expect([path(on), on.session.held('prepared', 'p')]).toEqual([['s2'], prepared]);
  });

  test('a portal means what it meant when it was bound', async () => {
    const on = bench();
    const { prepared } = await permitOf(on.session.admit({ kind: 'prepare', language: 'sql/postgres', text: 'SELECT a', transaction: 'batch' }, never));
    if (prepared === undefined) throw new Error('nothing was prepared');
    const bound = (await permitOf(on.session.admit({ kind: 'bind', language: 'sql/postgres', prepared, transaction: 'batch' }, never))).prepared;
    if (bound === undefined) throw new Error('nothing was bound');
    await run(on, 'SET s2', 'open');
    on.catalog = { ...noCatalog };
    (await permitOf(on.session.admit({ kind: 'execute', language: 'sql/postgres', prepared: bound, transaction: 'open' }, never))).settle(ok);
    expect(on.interpret.mock.calls.at(-1)?.[2].searchPath).toEqual(['$user', 'public']);
    await permitOf(on.session.admit({ kind: 'bind', language: 'sql/postgres', prepared, transaction: 'open' }, never));
    expect(on.interpret.mock.calls.at(-1)?.[2].searchPath).toEqual(['s2']);
  });

  test('a statement that is bound is decided again', async () => {
    const on = bench();
    const { prepared } = await permitOf(on.session.admit({ kind: 'prepare', language: 'sql/postgres', text: 'SELECT a', transaction: 'batch' }, never));
    if (prepared === undefined) throw new Error('nothing was prepared');
    on.policy.generation++;
    on.policy.decide.mockReturnValue({ outcome: 'deny', reason: 'forbidden', policies: [], policyVersion: 'w', because: [], observed: [], validUntil: Number.POSITIVE_INFINITY });
    expect(await codeOf(on.session.admit({ kind: 'bind', language: 'sql/postgres', prepared, transaction: 'batch' }, never))).toBe('forbidden');
  });

  test('what the protocol made that changes the session is not understood by SQL', async () => {
    const on = bench();
    const { prepared } = await permitOf(on.session.admit({ kind: 'prepare', language: 'sql/postgres', text: 'SET s2', transaction: 'batch' }, never));
    on.session.hold('prepared', 'p', prepared);
    const shared = on.session.state.prepared.get('p');
    expect(shared !== undefined && shared !== 'unknown' && shared.effects.map(({ verb }) => verb)).toContain('opaque');
    expect(on.session.held('prepared', 'p')).toBe(prepared);
  });

  test('after what was not understood and passed all the same, the search path is not known', async () => {
    const on = bench();
    const permit = await permitOf(on.session.admit(query('MYSTERY'), never));
    expect(permit.barrier).toBe(true);
    permit.settle(ok);
    expect(path(on)).toBe('unknown');
  });

  test('cursors end with their transaction', async () => {
    const on = bench();
    const { prepared } = await permitOf(on.session.admit({ kind: 'prepare', language: 'sql/postgres', text: 'SELECT a', transaction: 'batch' }, never));
    on.session.hold('cursors', 'c', prepared);
    on.session.transactionEnded();
    expect(on.session.held('cursors', 'c')).toBeUndefined();
  });
});
