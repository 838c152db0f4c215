import type { LogRecord } from '../../core/log-record.ts';
import { timeOf } from './format-event.ts';
import type { StoredBytes } from './wal-cursor.ts';

/** Total: what is not as expected is undefined, and the text is kept all the same. */
export function logRecord({ writer, sequence, bytes }: StoredBytes): LogRecord {
  const text = bytes.toString('utf8');
  const event = parse(text);
  const own = member(member(event, 'unmapped'), 'guardrails');
  const metadata = member(event, 'metadata');
  const kind = string(member(own, 'kind')) ?? 'unknown';
  const target = member(own, 'target');
  return {
    writer, sequence, text, kind,
    uid: string(member(metadata, 'uid')) ?? '',
    time: number(member(event, 'time')) ?? 0,
    outcome: string(member(own, 'outcome')),
    enforced: member(own, 'enforced') !== false,
    principal: string(member(own, 'principal')) ?? string(member(own, 'user')),
    owner: string(member(own, 'owner')),
    target: string(member(target, 'name')),
    database: string(member(own, 'database')),
    session: string(member(own, 'session')),
    code: string(member(own, 'code')),
    reason: string(member(own, 'reason')),
    shape: string(member(member(event, 'query_info') ?? member(own, 'query'), 'query_string')),
    policies: list(member(own, 'policies')).map((policy) => ({ id: string(member(policy, 'id')) ?? '', title: string(member(policy, 'title')) })),
    observed: list(member(own, 'observed')).map((policy) => ({ id: string(member(policy, 'id')) ?? '', title: string(member(policy, 'title')), would: string(member(policy, 'would')) ?? '' })),
    effects: list(member(own, 'effects')).map((effect) => ({ verb: string(member(effect, 'verb')) ?? '', text: string(member(effect, 'text')) ?? '' })),
    decision: number(member(member(own, 'decision'), 'sequence')),
    ended: kind === 'outcome' ? {
      status: string(member(own, 'status')) ?? '', rows: number(member(own, 'rows')) ?? 0, bytes: number(member(own, 'bytes')) ?? 0, sqlstate: string(member(own, 'sqlstate')),
    } : undefined,
    detail: detailOf(kind, own),
  };
}

/** Did it refuse someone something? */
export function isRefusal(record: LogRecord): boolean {
  return record.kind === 'session-refused' || (record.kind === 'decision' && record.outcome !== 'permit');
}

function detailOf(kind: string, own: unknown): string | undefined {
  const say = (...names: string[]): string => names.flatMap((name) => {
    const value = member(own, name);
    if (Array.isArray(value)) return [value.map((item) => string(item) ?? string(member(item, 'id')) ?? '').join(', ')];
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? [`${name}=${value}`] : [];
  }).join(' ');
  switch (kind) {
    case 'gateway-started': return say('version', 'policy_version', 'targets');
    case 'gateway-stopped': return string(member(own, 'why'));
    case 'session-opened': return say('method', 'tls', 'application');
    case 'session-refused': return string(member(own, 'why'));
    case 'session-closed': return say('why', 'commands', 'refused');
    case 'policy-changed': return [say('from', 'to'), ...['removed', 'changed', 'added'].flatMap((name) => named(name, list(member(own, name))))].join(' ');
    case 'config-changed': return say('from', 'to');
    case 'policy-rejected': return say('in_force', 'errors');
    case 'identity-changed': return say('action', 'what', 'name', 'by', 'detail');
    case 'target-frozen': return say('by', 'why');
    case 'target-unfrozen': return `${say('by')} frozen since ${timeOf(number(member(own, 'since')) ?? 0)}`;
    case 'target-examined': return say('database', 'weaknesses');
    case 'recording-failed': return string(member(own, 'error'));
    case 'recording-recovered': return say('missed', 'detail');
    default: return undefined;
  }
}

function named(name: string, ids: readonly unknown[]): string[] {
  return ids.length === 0 ? [] : [`${name}=${ids.map((id) => string(id) ?? '').join(',')}`];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? Object.entries(value).find(([key]) => key === name)?.[1] : undefined;
}

function string(value: unknown): string | undefined { return typeof value === 'string' ? value : undefined; }
function number(value: unknown): number | undefined { return typeof value === 'number' ? value : undefined; }
function list(value: unknown): readonly unknown[] { return Array.isArray(value) ? value : []; }
