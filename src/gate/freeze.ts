import type { Effect } from '../core/effect.ts';
import { type Refusal, refusal } from '../core/refusal.ts';
import type { FreezeRecord } from '../core/state.ts';
import { describe } from './refusals.ts';

/**
 * What a frozen target lets pass: reads, rows that go to the client who asks for them, and settings that are the session's own. COMMIT and ROLLBACK have no
 * effect of their own: what was admitted before the freeze is finished as its client wants it.
 */
function isRead({ verb, resource, sink }: Effect): boolean {
  return verb === 'read' || (verb === 'export' && sink === 'client') || (verb === 'configure' && resource.kind === 'setting' && !resource.system);
}

/** Undefined where nothing of it is kept back by a freeze. */
export function refusedByFreeze(freeze: FreezeRecord, effects: readonly Effect[]): Refusal | undefined {
  const first = effects.find((effect) => !isRead(effect));
  if (first === undefined) return undefined;
  const since = new Date(freeze.since).toISOString();
  return refusal('frozen', `refused: \`${freeze.target}\` is frozen: ${describe(first)}`, `reads pass; ${freeze.by} can say for how long, and unfreezes it: guardrails unfreeze ${freeze.target}`, {
    detail: [`frozen by ${freeze.by} since ${since}${freeze.why === '' ? '' : `: ${freeze.why}`}`],
    span: first.span,
  });
}
