import { letThrough, type LogFilter, type LogRecord } from '../../core/log-record.ts';

export function matches(record: LogRecord, filter: LogFilter): boolean {
  return (filter.principal === undefined || isNamed(record.principal, filter.principal, ':'))
    && (filter.owner === undefined || isNamed(record.owner, filter.owner.replace(/^user:/, ''), ':'))
    && (filter.target === undefined || record.target === filter.target)
    && (filter.outcome === undefined || hasOutcome(record, filter.outcome))
    && (filter.policy === undefined || [...record.policies, ...record.observed].some(({ id }) => isNamed(id, filter.policy ?? '', '/')))
    && (filter.verb === undefined || record.effects.some(({ verb }) => verb === filter.verb))
    && (filter.session === undefined || record.session === filter.session)
    && (filter.kinds === undefined || filter.kinds.includes(record.kind))
    && (filter.since === undefined || record.time >= filter.since)
    && (filter.until === undefined || record.time < filter.until);
}

function hasOutcome(record: LogRecord, outcome: string): boolean {
  if (outcome === 'observed') return letThrough(record) !== undefined;
  return record.outcome === outcome || record.ended?.status === outcome;
}

/** Whole, or the part behind the first separator. */
function isNamed(name: string | undefined, wanted: string, separator: string): boolean {
  return name !== undefined && (name === wanted || name.slice(name.indexOf(separator) + 1) === wanted);
}
