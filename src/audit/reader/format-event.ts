import { display, truncate } from '../../core/display.ts';
import type { LogRecord } from '../../core/log-record.ts';

/** Code points of a command's shape on its line. */
const shapeWidth = 120;
const detailWidth = 200;

/** One line: time, outcome, principal, target, what, policies. Safe for a terminal. */
export function formatEvent(record: LogRecord): string {
  const words = [timeOf(record.time), label(record).padEnd(8), record.principal, record.target];
  if (record.kind === 'decision') {
    words.push(record.code === undefined ? undefined : `(${record.code})`, record.shape === undefined ? undefined : truncate(record.shape.replaceAll(/\s+/g, ' '), shapeWidth));
    if (record.policies.length > 0) words.push(`[${record.policies.map(({ id }) => id).join(' ')}]`);
    if (record.observed.length > 0) words.push(`observed[${record.observed.map(({ id, would }) => `${would}:${id}`).join(' ')}]`);
    words.push(`#${record.writer}/${record.sequence}`);
  } else if (record.ended !== undefined) {
    words.push(`rows=${record.ended.rows}`, `bytes=${record.ended.bytes}`, record.ended.sqlstate === undefined ? undefined : `sqlstate=${record.ended.sqlstate}`, `of #${record.writer}/${record.decision ?? '?'}`);
  } else {
    words.push(record.code === undefined ? undefined : `(${record.code})`, record.detail === undefined ? undefined : truncate(record.detail, detailWidth));
  }
  return display(words.filter((word) => word !== undefined && word !== '').join(' '));
}

function label(record: LogRecord): string {
  if (record.kind === 'decision') return record.enforced || record.outcome === 'permit' ? record.outcome ?? 'decision' : `would-${record.outcome ?? ''}`;
  return record.ended?.status ?? record.kind;
}

/** ISO 8601 in UTC; times that no calendar has are shown as numbers. */
export function timeOf(time: number): string {
  return Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : String(time);
}
