import type { Need, PolicyRef } from '../core/decision.ts';
import type { Effect } from '../core/effect.ts';
import { formatResource } from '../core/format.ts';
import type { Statement } from '../core/interpretation.ts';
import type { Explanation } from './tools.ts';

/** `approval:data-owners:2` (groups by comma, then how many), `justification`. Stable: scripts read it (docs/guide/cli.md). */
export function needText(need: Need): string {
  return need.kind === 'approval' ? `approval:${need.approvers.join(',')}:${need.quorum}` : need.kind;
}

export function needsOf({ decision }: Explanation): readonly string[] { return decision.outcome === 'hold' ? decision.needs.map(needText) : []; }

/** An effect with exactly the members that docs/guide/cli.md promises for `--jsonl`. */
function effectLine(effect: Effect): object {
  return {
    verb: effect.verb, resource: formatResource(effect.resource), extent: effect.extent, columns: effect.columns, reversible: effect.reversible, via: effect.via.map(formatResource),
  };
}

function statementLine(statement: Statement): object {
  return { span: [statement.span.start, statement.span.end], effects: statement.effects.map(effectLine) };
}

/** One line of `--jsonl`. Members and their order are a promise. */
export function explanationLine(id: unknown, explanation: Explanation): string {
  const { decision, code, interpretation } = explanation;
  return JSON.stringify({
    id, outcome: decision.outcome, code: code ?? null, needs: needsOf(explanation), policies: decision.policies.map((policy) => policy.id),
    statements: interpretation.statements.map(statementLine),
  });
}

/** A line of `--jsonl` for what could not be explained: a deny, so that a script that looks at nothing else does no harm. */
export function failureLine(id: unknown, code: 'not-understood' | 'internal', error: string): string {
  return JSON.stringify({ id, outcome: 'deny', code, needs: [], policies: [], statements: [], error });
}

function policyJson({ id, title, mend, controls }: PolicyRef): object { return { id, title, mend: mend ?? null, controls }; }

/** What `--json` says: all of `--jsonl`, and what a client would be told. Members may be added. */
export function explanationJson(text: string, explanation: Explanation): object {
  const { decision, refusal, code, interpretation } = explanation;
  return {
    outcome: decision.outcome, code: code ?? null, message: refusal?.message ?? null, detail: refusal?.detail ?? [], mend: refusal?.mend ?? null,
    span: refusal?.span === undefined ? null : [refusal.span.start, refusal.span.end],
    needs: needsOf(explanation), policies: decision.policies.map(policyJson),
    observed: decision.observed.map(({ policy: { id, title }, would }) => ({ id, title, would })), policyVersion: decision.policyVersion, shape: interpretation.shape,
    statements: interpretation.statements.map((statement) => ({
      span: [statement.span.start, statement.span.end], kind: statement.kind, text: Buffer.from(text, 'utf8').subarray(statement.span.start, statement.span.end).toString('utf8'),
      effects: statement.effects.map((effect) => ({
        ...effectLine(effect), span: [effect.span.start, effect.span.end], system: effect.resource.system,
        ...(effect.sink === undefined ? {} : { sink: effect.sink }),
        ...(effect.reason === undefined ? {} : { reason: effect.reason }),
        ...(effect.note === undefined ? {} : { note: effect.note }),
      })),
    })),
  };
}
