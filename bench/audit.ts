/**
 * What recording costs: `node bench/audit.ts [--json]`. The processor's time for both records of a command from a ready template (budget: 1.5 µs,
 * DESIGN section 10), with the disk taken out; then durable events a second with 1, 16 and 256 callers, beside a loop of bare write and fdatasync.
 */
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Files, nodeFiles } from '../src/audit/files.ts';
import { openAuditLog } from '../src/audit/open.ts';
import type { WriteAheadLog } from '../src/audit/write-ahead-log.ts';
import type { DecisionEvent, OutcomeEvent } from '../src/core/event.ts';

const { values: { json, dir: parent } } = parseArgs({ options: { json: { type: 'boolean', default: false }, dir: { type: 'string', default: tmpdir() } } });

const event: DecisionEvent = {
  type: 'decision',
  session: {
    id: '01938e6c-0000-7000-8000-000000000000', principal: { kind: 'Agent', name: 'reporter' }, owner: 'ada',
    target: { name: 'prod-db', protocol: 'postgres', environment: 'production', mode: 'enforce' },
    database: 'bench', purpose: 'support', client: { address: '127.0.0.1', port: 5555 }, application: 'pgbench',
  },
  language: 'sql/postgres', shape: 'SELECT abalance FROM pgbench_accounts WHERE aid = $1',
  effects: [{
    verb: 'read', resource: { kind: 'table', path: ['public', 'pgbench_accounts'], system: false }, extent: 'one', columns: ['abalance', 'aid'],
    reversible: true, span: { start: 0, end: 50 }, via: [],
  }],
  outcome: 'permit', enforced: true, code: undefined, reason: undefined,
  policies: [{ id: 'baseline/reads', title: 'Reads within a grant' }], policyVersion: 'a1b2c3d4', observed: [], needs: [],
};
const outcome: OutcomeEvent = { type: 'outcome', status: 'ok', rows: 1, bytes: 68, sqlstate: undefined };

/** Takes everything at once and keeps nothing: what is left is our own work. */
const noDisk: Files = { ...nodeFiles, write: (_file, _bytes, _offset, length) => length, datasync: (_file, done) => { setImmediate(done, null); }, datasyncNow: () => {} };

function open(files: Files): { log: WriteAheadLog; folder: string } {
  const folder = fs.mkdtempSync(join(parent, 'bench-audit-'));
  const log = openAuditLog({ dir: folder, writer: 'bench', product: { name: 'bench', vendor: 'bench', version: '0' }, clock: Date.now, random: randomBytes, files });
  return { log, folder };
}

const rounds = 7;
const ticks = 3000;
/** Commands a turn of the event loop: what a few dozen busy clients send. */
const perTick = 32;

/** µs of CPU for a decision and its outcome, with their share of flush and sync calls; of each round. */
async function recordCost(): Promise<number[]> {
  const { log, folder } = open(noDisk);
  const template = log.template(event);
  const costs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage();
    for (let tick = 0; tick < ticks; tick++) {
      let last = 0;
      for (let k = 0; k < perTick; k++) {
        last = log.decision(template);
        log.outcome(last, template, outcome);
      }
      log.flush();
      await log.durable(last);
    }
    const { user, system } = process.cpuUsage(before);
    costs.push((user + system) / (ticks * perTick));
  }
  await log.close();
  fs.rmSync(folder, { recursive: true });
  return costs;
}

const seconds = 2;

interface Rate { readonly perSecond: number; readonly p50: number; readonly p99: number }

function rate(times: number[], elapsed: number): Rate {
  times.sort((a, b) => a - b);
  const at = (q: number): number => times[Math.floor(times.length * q)] ?? 0;
  return { perSecond: Math.round(times.length / (elapsed / 1000)), p50: at(0.5), p99: at(0.99) };
}

/** One caller after the other's sync: write, fdatasync, again. */
function bareLoop(): Rate {
  const folder = fs.mkdtempSync(join(parent, 'bench-audit-'));
  const file = fs.openSync(join(folder, 'bare'), 'w');
  const bytes = Buffer.alloc(1100, 'x');
  const times: number[] = [];
  const start = performance.now();
  while (performance.now() - start < seconds * 1000) {
    const began = performance.now();
    fs.writeSync(file, bytes);
    fs.fdatasyncSync(file);
    times.push(performance.now() - began);
  }
  const result = rate(times, performance.now() - start);
  fs.closeSync(file);
  fs.rmSync(folder, { recursive: true });
  return result;
}

async function durable(callers: number): Promise<Rate> {
  const { log, folder } = open(nodeFiles);
  const template = log.template(event);
  const times: number[] = [];
  const start = performance.now();
  await Promise.all(Array.from({ length: callers }, async () => {
    while (performance.now() - start < seconds * 1000) {
      const began = performance.now();
      await log.durable(log.decision(template));
      times.push(performance.now() - began);
    }
  }));
  const result = rate(times, performance.now() - start);
  await log.close();
  fs.rmSync(folder, { recursive: true });
  return result;
}

const costs = await recordCost();
const bare = bareLoop();
const groups: { callers: number; rate: Rate }[] = [];
for (const callers of [1, 16, 256]) groups.push({ callers, rate: await durable(callers) });

const median = costs.toSorted((a, b) => a - b)[costs.length >> 1] ?? 0;
if (json) {
  console.log(JSON.stringify({ bothRecordsMicroseconds: { median, best: Math.min(...costs), budget: 1.5 }, bareFdatasync: bare, durable: groups }));
} else {
  const line = (name: string, { perSecond, p50, p99 }: Rate): string =>
    `${name.padEnd(22)} ${String(perSecond).padStart(8)} durable/s   p50 ${p50.toFixed(2)} ms   p99 ${p99.toFixed(2)} ms   ${(perSecond / bare.perSecond).toFixed(1)} x bare`;
  console.log(`decision + outcome     ${median.toFixed(2)} µs CPU (best ${Math.min(...costs).toFixed(2)}; budget 1.5), ${(median / 2).toFixed(2)} µs a record`);
  console.log(line('bare write+fdatasync', bare));
  for (const { callers, rate } of groups) console.log(line(`${callers} caller${callers === 1 ? '' : 's'}`, rate));
}
