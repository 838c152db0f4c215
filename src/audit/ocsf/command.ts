import { createHash } from 'node:crypto';
import type { DecisionEvent, OutcomeEvent } from '../../core/event.ts';
import { formatPrincipal, formatResource } from '../../core/format.ts';
import type { Need } from '../../core/decision.ts';
import type { Language } from '../../core/interpretation.ts';
import { classes, countOf, type Frame, type Head, type JsonObject, ocsfEvent, severity, status } from './base.ts';
import { apiActivity, datastoreActivity, fitResource, heaviest, ownEffect } from './effect.ts';
import { type Fit, leftOut } from './limits.ts';
import { actor, destination, ownSession, source } from './session.ts';

/** Which record a record is about. `uid` is left out where the writer does not remember it any more. */
export interface DecisionReference { readonly sequence: number; readonly uid: string | undefined }

/** Before the command ran: OCSF Datastore Activity (SQL) or API Activity, with the profile `security_control`. */
export function decisionRecord(event: DecisionEvent, frame: Frame): JsonObject {
  const { fit } = frame;
  const verdict = verdictOf(event);
  const policies = fit.list(event.policies);
  const effects = fit.list(event.effects);
  const needs = fit.list(event.needs);
  const observed = fit.list(event.observed);
  const first = event.policies[0];
  const named = policies.map((policy) => ({ id: fit.text(policy.id), title: fit.text(policy.title) }));
  return commandRecord(event, frame, {
    kind: 'decision', severity: verdict.severity, profiles: ['security_control'],
    own: {
      ...ownSession(event.session, fit),
      language: event.language,
      outcome: event.outcome,
      enforced: event.enforced,
      code: event.code,
      reason: event.reason,
      policies: named,
      policies_left_out: leftOut(event.policies, policies),
      policy_version: fit.text(event.policyVersion),
      observed: observed.length === 0 ? undefined : observed.map(({ id, title, would }) => ({ id: fit.text(id), title: fit.text(title), would })),
      observed_left_out: leftOut(event.observed, observed),
      effects: effects.map((effect) => ownEffect(effect, fit)),
      effects_left_out: leftOut(event.effects, effects),
      needs: needs.length === 0 ? undefined : needs.map((need) => ownNeed(need, fit)),
      needs_left_out: leftOut(event.needs, needs),
    },
  }, {
    action_id: verdict.action,
    disposition_id: verdict.disposition,
    disposition: verdict.name,
    is_alert: event.outcome === 'deny',
    status_id: verdict.status,
    status: verdict.statusName,
    status_code: event.code,
    status_detail: event.reason,
    message: fit.text(`${event.outcome}${event.enforced ? '' : ' (observed, forwarded)'}: ${formatPrincipal(event.session.principal)} on ${event.session.target.name}`),
    query_info: queryInfo(event, fit),
    policy: first === undefined ? undefined : {
      uid: fit.text(first.id), name: fit.text(first.title), version: fit.text(event.policyVersion), is_applied: event.enforced || event.outcome === 'permit',
    },
    authorizations: named.length === 0 ? undefined
      : named.map((policy) => ({ decision: event.outcome, policy: { uid: policy.id, name: policy.title } })),
  });
}

/** After it: the same class and activity, and how it ended. What was decided is not said again. */
export function outcomeRecord(event: DecisionEvent, outcome: OutcomeEvent, decision: DecisionReference, frame: Frame): JsonObject {
  const { fit } = frame;
  const failed = outcome.status !== 'ok';
  const sqlstate = outcome.sqlstate === undefined ? undefined : fit.text(outcome.sqlstate);
  return commandRecord(event, frame, {
    kind: 'outcome', severity: outcome.status === 'misread' ? severity.high : failed ? severity.low : severity.informational,
    own: {
      ...ownSession(event.session, fit),
      decision: { sequence: decision.sequence, uid: decision.uid },
      status: outcome.status,
      rows: countOf(outcome.rows),
      bytes: countOf(outcome.bytes),
      sqlstate,
    },
  }, {
    status_id: failed ? status.failure : status.success,
    status_code: sqlstate,
    status_detail: outcome.status,
  });
}

const sqlLanguages: ReadonlySet<Language> = new Set(['sql/postgres', 'sql/mysql']);

function commandRecord(event: DecisionEvent, frame: Frame, head: Omit<Head, 'class' | 'activity' | 'session'>, body: JsonObject): JsonObject {
  const { fit } = frame;
  const { session } = event;
  const effect = heaviest(event.effects);
  const common: JsonObject = {
    ...body,
    actor: actor(session, fit),
    src_endpoint: source(session.client, fit),
    dst_endpoint: destination(session.target, fit),
  };
  if (sqlLanguages.has(event.language)) {
    const activity = datastoreActivity(effect?.verb);
    return ocsfEvent(frame, { ...head, class: classes.datastoreActivity, activity: activity.id, session: session.id }, {
      ...common,
      activity_name: activity.name,
      database: { name: fit.text(session.database ?? session.target.name), type_id: 1 },
      table: effect?.resource.kind === 'table' ? { name: fit.text(formatResource(fitResource(effect.resource, fit)).slice('table:'.length)) } : undefined,
    });
  }
  const activity = apiActivity(effect?.verb);
  // API Activity has no query of its own.
  const { query_info: query, ...rest } = common;
  return ocsfEvent(frame, {
    ...head, class: classes.apiActivity, activity: activity.id, session: session.id, own: { ...head.own, query },
  }, {
    ...rest, activity_name: activity.name, api: { operation: event.language, service: { name: fit.text(session.target.name) } },
  });
}

interface Verdict { readonly action: number; readonly disposition: number; readonly name?: string; readonly severity: number; readonly status: number; readonly statusName?: string }

function queryInfo(event: DecisionEvent, fit: Fit): JsonObject {
  return { query_string: fit.shape(event.shape), uid: createHash('sha256').update(event.shape.toWellFormed()).digest('hex').slice(0, 32) };
}

interface Verdict { readonly action: number; readonly disposition: number; readonly name?: string; readonly severity: number; readonly status: number; readonly statusName?: string }

/** `action_id` and `disposition_id` as reference audit.md C.2 pairs them. */
const verdicts: Readonly<Record<DecisionEvent['outcome'], Verdict>> = {
  permit: { action: 1, disposition: 1, severity: severity.informational, status: status.success },
  hold: { action: 0, disposition: 23, severity: severity.low, status: status.other, statusName: 'Held' },
  deny: { action: 2, disposition: 2, severity: severity.medium, status: status.failure },
};

/** What observe mode let through is neither allowed nor denied. */
const observed: Verdict = { action: 3, disposition: 15, name: 'Detected', severity: severity.high, status: status.other, statusName: 'Observed' };

function verdictOf(event: DecisionEvent): Verdict {
  return !event.enforced && event.outcome !== 'permit' ? observed : verdicts[event.outcome];
}

function ownNeed(need: Need, fit: Fit): JsonObject {
  if (need.kind === 'justification') return { kind: need.kind };
  const approvers = fit.list(need.approvers);
  return { kind: need.kind, approvers: approvers.map((name) => fit.text(name)), approvers_left_out: leftOut(need.approvers, approvers), quorum: countOf(need.quorum) };
}
