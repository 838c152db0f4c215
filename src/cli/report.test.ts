import { expect, test } from 'vitest';
import type { LogRecord } from '../core/log-record.ts';
import { runProgram } from './program.ts';
import { Tally } from './tally.ts';
import { testCli } from './testing/test-cli.ts';
import type { RecordReader } from './tools.ts';

let sequence = 0;

function decision(over: Partial<LogRecord>): LogRecord {
  sequence += 1;
  return {
    writer: 'gateway-0', sequence, text: '', uid: '', time: 0, kind: 'decision', outcome: 'permit', enforced: true, principal: 'agent:reporter', owner: 'ada', target: 'shop', database: 'shop', session: 's',
    code: undefined, reason: undefined, shape: 'SELECT $1', policies: [{ id: 'baseline/grant', title: 'Granted' }], observed: [], effects: [], decision: undefined, ended: undefined, detail: undefined, ...over,
  };
}

/** What the report says of these records, and what it asked the record for. */
async function reported(records: readonly LogRecord[], args: readonly string[] = [], width = 90): Promise<{ readonly out: string; readonly asked: unknown }> {
  let asked: unknown;
  const reader: Partial<RecordReader> = {
    read: (wish) => {
      asked = wish;
      return (async function* () { yield* records; })();
    },
  };
  const { cli, out, err } = testCli({ width, tools: { record: async () => reader as RecordReader } }); // a report only reads
  expect([await runProgram(cli, ['report', 'would-refuse', '--data', '/nowhere', ...args]), err()]).toEqual([0, '']);
  return { out: out(), asked };
}

const noDeletes = { id: 'mine/no-deletes', title: 'Agents delete nothing, whatever somebody may have granted them', would: 'deny' };
const asks = { id: 'mine/ask', title: 'Ask first', would: 'hold' };

function aWeek(): readonly LogRecord[] {
  sequence = 0;
  return [
    decision({}),
    decision({ shape: 'DELETE FROM baskets WHERE id = $1', observed: [noDeletes] }),
    decision({ shape: 'DELETE FROM baskets WHERE id = $1', observed: [noDeletes, asks], principal: 'user:ada', owner: undefined }),
    decision({ shape: 'UPDATE orders\n  SET total = $1', observed: [asks] }),
    // Refused by what decides: nothing went through.
    decision({ outcome: 'deny', code: 'forbidden', observed: [noDeletes] }),
    // A target in observe mode.
    decision({ outcome: 'deny', enforced: false, code: 'no-permit', policies: [], shape: 'DROP TABLE orders' }),
    decision({ outcome: 'hold', enforced: false, code: 'needs-evidence', policies: [{ id: 'baseline/destroy-production', title: 'Two people' }], shape: 'DROP TABLE baskets' }),
    // One that cannot be evaluated would refuse.
    decision({ shape: 'SELECT $1', observed: [{ ...noDeletes, id: 'mine/broken', would: 'error' }] }),
  ];
}

test('what went through and would have been stopped, by policy, principal and statement, on a screen', async () => {
  const { out, asked } = await reported(aWeek());
  expect(asked).toEqual({ since: Date.UTC(2026, 0, 24, 12), kinds: ['decision'] });
  expect(Math.max(...out.split('\n').slice(1, -2).map((line) => line.length))).toBeLessThanOrEqual(90);
  expect(`\n${out}`).toMatchInlineSnapshot(`
    "
    8 decisions since 2026-01-24T12:00:00Z; enforcing would have stopped 6 that went through: 4 refused, 2 held

    BY POLICY                                                       REFUSED  HELD  EXAMPLE
    mine/ask  Ask first                                                   0     2  gateway-0/4
    mine/no-deletes  Agents delete nothing, whatever somebody may…        2     0  gateway-0/3
    (no-permit)  No grant covers it                                       1     0  gateway-0/6
    baseline/destroy-production  Two people                               0     1  gateway-0/7
    mine/broken  Agents delete nothing, whatever somebody may hav…        1     0  gateway-0/8

    BY PRINCIPAL             REFUSED  HELD  EXAMPLE
    agent:reporter (of ada)        3     2  gateway-0/8
    user:ada                       1     0  gateway-0/3

    BY STATEMENT                       REFUSED  HELD  EXAMPLE
    DELETE FROM baskets WHERE id = $1        2     0  gateway-0/3
    DROP TABLE baskets                       0     1  gateway-0/7
    DROP TABLE orders                        1     0  gateway-0/6
    SELECT $1                                1     0  gateway-0/8
    UPDATE orders SET total = $1             0     1  gateway-0/4

    guardrails why gateway-0/4 shows one of them whole; a command counts once for each policy that would have stopped it
    "
  `);
});

test('--json has every row', async () => {
  const { out, asked } = await reported(aWeek(), ['--json', '--target', 'shop', '--since', '2026-01-30T00:00:00Z']);
  expect(asked).toMatchObject({ target: 'shop', since: Date.UTC(2026, 0, 30) });
  const said: unknown = JSON.parse(out);
  expect(said).toMatchObject({ decisions: 8, deny: 4, hold: 2, target: 'shop', unlisted: { byPolicy: 0 } });
  expect(said).toMatchObject({
    byPolicy: [
      { policy: 'mine/ask', title: 'Ask first', deny: 0, hold: 2, example: 'gateway-0/4' }, { policy: 'mine/no-deletes', deny: 2, hold: 0, example: 'gateway-0/3' },
      { policy: '(no-permit)' }, { policy: 'baseline/destroy-production', deny: 0, hold: 1 }, { policy: 'mine/broken', deny: 1, hold: 0 },
    ],
    byPrincipal: [{ principal: 'agent:reporter', owner: 'ada', deny: 3, hold: 2 }, { principal: 'user:ada', owner: null, deny: 1, hold: 0 }],
  });
});

test('nothing to say is said in a line', async () => {
  expect((await reported([decision({})])).out).toBe('1 decision since 2026-01-24T12:00:00Z; enforcing would have stopped 0 that went through: 0 refused, 0 held\n');
});

test('more rows than fit are counted together', async () => {
  const { out } = await reported(Array.from({ length: 5 }, (_, index) => decision({ shape: `DELETE FROM t${index}`, observed: [noDeletes] })), ['--limit', '2']);
  expect(out).toContain('and 3 more in rows that are not shown');
});

test('memory does not grow with the record', () => {
  const tally = new Tally({ deny: 0, hold: 0 });
  for (let index = 0; index < 12_000; index += 1) tally.add(`SELECT ${index}`, undefined, 'deny', { writer: 'w', sequence: index });
  tally.add('SELECT 1', undefined, 'hold', { writer: 'w', sequence: 12_000 });
  expect([tally.rows().length, tally.unlisted, tally.rows()[0]]).toEqual([10_000, 2_000, { what: 'SELECT 1', note: undefined, counts: { deny: 1, hold: 1 }, total: 2, example: 'w/12000' }]);
});
