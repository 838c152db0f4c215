import type { AuditLog } from '../../core/audit-log.ts';
import type { DecisionEvent, OutcomeEvent, SessionFacts } from '../../core/event.ts';
import type { Files } from '../files.ts';
import { openAuditLog, type AuditLogOptions } from '../open.ts';
import { scanRecords } from '../segment-scan.ts';
import { headerLength, readHeader, segmentsAmong } from '../wal-format.ts';
import type { WriteAheadLog } from '../write-ahead-log.ts';

export const session: SessionFacts = {
  id: '01938e6c-0000-7000-8000-000000000000', principal: { kind: 'Agent', name: 'reporter' }, owner: 'ada',
  target: { name: 'prod-db', protocol: 'postgres', environment: 'production', mode: 'enforce' },
  database: 'shop', purpose: 'support', client: { address: '127.0.0.1', port: 5555 }, application: 'psql',
};

export const reading: DecisionEvent = {
  type: 'decision', session, language: 'sql/postgres', shape: 'SELECT name FROM customers WHERE id = $1',
  effects: [{ verb: 'read', resource: { kind: 'table', path: ['public', 'customers'], system: false }, extent: 'one', columns: ['id', 'name'], reversible: true, span: { start: 0, end: 40 }, via: [] }],
  outcome: 'permit', enforced: true, code: undefined, reason: undefined, policies: [{ id: 'baseline/reads', title: 'Reads within a grant' }], policyVersion: 'p1', observed: [], needs: [],
};

export const dropping: DecisionEvent = {
  ...reading, shape: 'DROP TABLE customers', outcome: 'deny', code: 'forbidden', reason: 'forbidden',
  effects: [{ verb: 'destroy', resource: { kind: 'table', path: ['public', 'customers'], system: false }, extent: 'all', columns: [], reversible: false, span: { start: 0, end: 20 }, via: [] }],
  policies: [{ id: 'baseline/no-drop-in-production', title: 'Nothing is dropped in production' }],
};

export const ok: OutcomeEvent = { type: 'outcome', status: 'ok', rows: 1, bytes: 42, sqlstate: undefined };

/** With a clock that goes a millisecond a record, and bytes that are always the same. */
export function openSample(options: Partial<AuditLogOptions> & { readonly files?: Files }): WriteAheadLog {
  let now = 1_795_255_000_000;
  return openAuditLog({
    dir: '/data', writer: 'gateway-0', product: { name: 'Access Guardrails', vendor: 'Guardrails', version: '0.1.0' },
    clock: () => now++, random: (bytes) => Buffer.from(Array.from({ length: bytes }, () => Math.floor(Math.random() * 256))), ...options,
  });
}

export const sampleFolder = '/data/log/wal/gateway-0';

/** An event that says only its number. */
export function note(log: AuditLog, text: string): number {
  return log.event({ type: 'gateway-stopped', why: text });
}

/** Sequence and text of each record that a reader would find, in order; throws when one is missing before another. */
export function stored(files: Files, folder: string = sampleFolder): Map<number, string> {
  const found = new Map<number, string>();
  let next = 0;
  for (const name of segmentsAmong(files.list(folder))) {
    const bytes = files.read(`${folder}/${name.file}`);
    if (readHeader(bytes) === undefined) continue;
    if (next !== 0 && name.first > next) throw new Error(`records ${next} to ${name.first - 1} are missing`);
    const run = scanRecords(bytes, headerLength, name.first, (record, sequence) => {
      const text = record.toString('utf8');
      const before = found.get(sequence);
      if (before !== undefined && before !== text) throw new Error(`record ${sequence} stands twice and differs`);
      found.set(sequence, text);
    });
    next = Math.max(next, run.next);
  }
  return found;
}
