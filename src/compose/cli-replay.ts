import { randomBytes } from 'node:crypto';
import { recordedRequest } from '../audit/reader/recorded-request.ts';
import type { Redecided, Replay } from '../cli/tools.ts';
import type { Config } from '../config/config.ts';
import type { AccessRequest, Decision } from '../core/decision.ts';
import { formatPrincipal } from '../core/format.ts';
import type { Principal, PrincipalRef } from '../core/principal.ts';
import { ResolvedState } from '../identity/resolve.ts';
import { CedarDecisionPoint } from '../policy/decision-point.ts';
import { sqliteStore } from '../store/sqlite-store.ts';
import { statePath } from './state-path.ts';

/** Milliseconds that a reader waits for another process's lock. */
const PATIENCE_MS = 5_000;

function redecided(decision: Decision): Redecided {
  const { outcome, observed, policies } = decision;
  if (outcome !== 'permit' || observed.length === 0) return { outcome, policies };
  return { outcome: `permit, would ${observed.every(({ would }) => would === 'hold') ? 'hold' : 'deny'}`, policies: observed.map(({ policy }) => policy) };
}

/** Rejects with `PolicyLoadError` and `StateUnavailable`. */
export async function openReplay(config: Config, before: readonly string[], after: readonly string[]): Promise<Replay> {
  const [old, next] = [new CedarDecisionPoint(before), new CedarDecisionPoint(after)];
  const store = sqliteStore({ path: statePath(config.gateway.data), create: false, patience: PATIENCE_MS, clock: Date.now, randomBytes });
  let state: ResolvedState;
  try {
    state = new ResolvedState(await store.read(0));
  } finally {
    await store.close();
  }
  // The same object each time, so that its decisions are found again.
  const principals = new Map<string, Principal | undefined>();
  const principalOf = (ref: PrincipalRef): Principal | undefined => {
    const key = formatPrincipal(ref);
    if (!principals.has(key)) principals.set(key, state.principal(ref));
    return principals.get(key);
  };
  return {
    redecide: (record) => {
      const recorded = recordedRequest(record);
      if (recorded === undefined) return { not: 'record was cut' };
      const principal = principalOf(recorded.principal);
      if (principal === undefined) return { not: 'principal is gone' };
      const purpose = config.purposes.get(recorded.purpose);
      if (purpose === undefined) return { not: 'purpose is gone' };
      const { target, database, language, effects } = recorded;
      const request: AccessRequest = { principal, target, database, language, purpose, presence: principal.ref.kind === 'User' ? 'unknown' : 'unattended', effects, now: record.time };
      return { before: redecided(old.decide(request)), after: redecided(next.decide(request)) };
    },
  };
}
