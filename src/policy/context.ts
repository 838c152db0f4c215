import type { Context, CedarValueJson } from '@cedar-policy/cedar-wasm/nodejs';
import type { Evidence } from '../core/decision.ts';
import type { Grant } from '../core/principal.ts';
import { datetime, requireClock } from './datetime.ts';
import type { Question } from './question.ts';
import { ref, refs } from './slice.ts';

/** Cedar's Long takes integers; estimates come as fractions and as 1e20. Not a number counts as the largest. */
function long(value: number): number {
  return Number.isNaN(value) ? Number.MAX_SAFE_INTEGER : Math.trunc(Math.min(Math.max(value, 0), Number.MAX_SAFE_INTEGER));
}

/** The record `Evidence` of the schema. */
export function context(question: Question, grant: Grant | undefined): Context {
  const { asker, amount, run, evidence } = question;
  const record: Record<string, CedarValueJson> = {
    now: datetime(requireClock(asker.now)),
    verb: ref('Verb', question.verb),
    language: ref('Language', asker.language),
    presence: ref('Presence', asker.presence),
    purpose: ref('Purpose', asker.purpose.name),
    extent: ref('Extent', question.extent),
    reversible: question.reversible,
    derived: question.derived,
    amount: { known: amount !== undefined, rows: long(amount?.rows ?? 0), permille: 0, exact: amount?.exact ?? false },
    carries: refs('Label', question.carries),
    sink: ref('Sink', question.sink),
    destination: '',
    run: { known: run.known, id: run.id, traced: run.traced, untrusted: run.untrusted, secrets: run.secrets, destroyed: long(run.destroyed), changed: long(run.changed), backup: run.backup },
  };
  if (grant !== undefined) record['grant'] = ref('Grant', grant.id);
  return { ...record, ...evidenceRecord(evidence) };
}

/** The attributes that evidence adds to the context. */
export function evidenceRecord(evidence: Evidence | undefined): Record<string, CedarValueJson> {
  const record: Record<string, CedarValueJson> = {};
  const approval = evidence?.approval;
  if (approval !== undefined) {
    record['approval'] = {
      id: approval.id, groups: refs('Group', [...new Set(approval.groups)]), count: long(approval.count), owner: approval.owner, sawCounts: approval.sawCounts, until: datetime(approval.until),
    };
  }
  const justification = evidence?.justification;
  if (justification !== undefined) record['justification'] = { ticket: justification.ticket, verified: justification.verified, length: long(justification.length) };
  return record;
}
