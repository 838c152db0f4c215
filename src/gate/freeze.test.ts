import { describe, expect, test, vi } from 'vitest';
import { ada } from '../../test/support/gate-harness.ts';
import { MemoryLog } from '../../test/support/memory-log.ts';
import { wordsInterpreter } from '../../test/support/words-interpreter.ts';
import { noCatalog } from '../core/catalog.ts';
import type { AccessRequest, Decision } from '../core/decision.ts';
import type { Effect } from '../core/effect.ts';
import { initialState } from '../core/interpretation.ts';
import type { FreezeRecord } from '../core/state.ts';
import type { Mode } from '../core/target.ts';
import { refusedByFreeze } from './freeze.ts';
import { SharedInterpretations } from './interpretations.ts';
import { GateSession } from './session.ts';

const freeze: FreezeRecord = { target: 'shop', why: 'orders look wrong', by: 'cli:ada', since: Date.UTC(2026, 0, 31, 8) };

interface Bench { readonly log: MemoryLog; readonly asked: ReturnType<typeof vi.fn<(request: AccessRequest) => Decision>>; freeze: FreezeRecord | undefined; generation: number; admit(text: string): Promise<string> }

/** A session that policy permits everything. */
function bench(mode: Mode = 'enforce'): Bench {
  const log = new MemoryLog();
  const asked = vi.fn<(request: AccessRequest) => Decision>(() => ({ outcome: 'permit', obligations: [], policies: [], policyVersion: 'v', because: [], observed: [], validUntil: Number.POSITIVE_INFINITY }));
  const session = new GateSession({
    facts: { id: 's', principal: ada.ref, owner: undefined, target: { name: 'shop', protocol: 'postgres', environment: 'production', mode }, database: 'd', purpose: 'general', client: { address: 'a', port: 1 }, application: undefined },
    principal: ada, purpose: { name: 'general', verbs: [], labels: [] }, state: initialState, durability: 'normal', catalogMode: 'follow', statementBytes: 1_000,
    catalogs: { current: () => noCatalog, refresh: () => Promise.resolve(), failure: undefined },
    interpretations: new SharedInterpretations(wordsInterpreter), policy: { generation: 1, version: 'v', decide: asked }, log,
    meter: { commands: () => ({ value: 0 }), observed: () => ({ value: 0 }), step: () => undefined, session: () => undefined, authenticationFailed: () => undefined, misread: () => undefined, bytes: () => undefined },
    clock: () => 0, directoryGeneration: () => made.generation, freezeOf: (target) => (made.freeze?.target === target ? made.freeze : undefined), misread: () => undefined, closed: () => undefined,
  });
  const made: Bench = {
    log, asked, freeze: undefined, generation: 1,
    admit: async (text) => {
      const admitted = await session.admit({ kind: 'query', language: 'sql/postgres', text, transaction: 'idle' }, new AbortController().signal);
      if (!admitted.refused) admitted.settle({ type: 'outcome', status: 'ok', rows: 0, bytes: 0, sqlstate: undefined });
      return admitted.refused ? `${admitted.code}: ${admitted.message} (${admitted.detail.join()})` : 'permit';
    },
  };
  return made;
}

function order(on: Bench, record: FreezeRecord | undefined): void {
  on.freeze = record;
  on.generation += 1;
}

describe('a frozen target', () => {
  test('refuses what changes it, in a session to which that was permitted a moment ago, and permits it again afterwards', async () => {
    const on = bench();
    expect(await on.admit('INSERT a')).toBe('permit');
    order(on, freeze);
    expect(await on.admit('INSERT a')).toBe('frozen: refused: `shop` is frozen: insert `table:a`, all of it (frozen by cli:ada since 2026-01-31T08:00:00.000Z: orders look wrong)');
    expect(on.asked).toHaveBeenCalledTimes(1);
    expect(await on.admit('SELECT a; DROP b')).toMatch(/^frozen: .*destroy `table:b`/);
    order(on, { ...freeze, target: 'other' });
    expect(await on.admit('INSERT a')).toBe('permit');
  });

  test('serves reads, and lets transactions end as their clients want', async () => {
    const on = bench();
    order(on, freeze);
    expect(await Promise.all(['BEGIN', 'SELECT a', 'COMMIT', 'BEGIN; SELECT a; ROLLBACK'].map((text) => on.admit(text)))).toEqual(['permit', 'permit', 'permit', 'permit']);
  });

  test('refuses in observe mode too, and the record says that it was enforced', async () => {
    const on = bench('observe');
    order(on, freeze);
    expect(await on.admit('nonsense')).toMatch(/^frozen: /);
    expect(on.log.decisions).toMatchObject([{ outcome: 'deny', enforced: true, code: 'frozen', reason: undefined, policies: [], policyVersion: 'v' }]);
  });
});

test.each<[string, Partial<Effect>, boolean]>([
  ['rows to the client', { verb: 'export', sink: 'client' }, true],
  ['rows to a file', { verb: 'export', sink: 'file' }, false],
  ['rows to nobody knows where', { verb: 'export' }, false],
  ['a setting of the session', { verb: 'configure', resource: { kind: 'setting', path: ['app.tenant'], system: false } }, true],
  ['a setting that the reading depends on', { verb: 'configure', resource: { kind: 'setting', path: ['session_replication_role'], system: true } }, false],
  ['another role', { verb: 'configure', resource: { kind: 'role', path: ['admin'], system: false } }, false],
  ['a lock that others wait for', { verb: 'execute', resource: { kind: 'lock', path: ['users'], system: false } }, false],
  ['a temporary table', { verb: 'define', resource: { kind: 'table', path: ['pg_temp', 'a'], system: false } }, false],
  ['what was not understood', { verb: 'opaque', reason: 'syntax' }, false],
])('%s', (_, over, passes) => {
  const effect: Effect = { verb: 'read', resource: { kind: 'table', path: ['a'], system: false }, extent: 'one', columns: [], reversible: true, span: { start: 0, end: 1 }, via: [], ...over };
  expect(refusedByFreeze(freeze, [effect]) === undefined).toBe(passes);
});
