import type { ClientBase } from 'pg';
import type { Check } from '../admin/server.ts';
import { readWeaknesses, type Weakness } from '../catalog/weaknesses.ts';
import type { AuditLog } from '../core/audit-log.ts';
import type { Log } from '../core/log.ts';

export interface WeaknessesParts {
  readonly log: Log;
  readonly audit: AuditLog;
  /** One of several workers says it for all. */
  readonly reports: boolean;
}

/** What weakens the gate at its targets, as found whenever the gate connects to read a catalog. */
export class Weaknesses {
  readonly #parts: WeaknessesParts;
  /** By target, database and role. */
  readonly #found = new Map<string, { readonly place: string; readonly found: readonly Weakness[] }>();

  constructor(parts: WeaknessesParts) {
    this.#parts = parts;
  }

  /** Never rejects: a target that is not examined is served all the same, and the log says why. */
  async examine(client: ClientBase, target: string, database: string, role: string): Promise<void> {
    const { log, audit, reports } = this.#parts;
    const place = `${target}/${database}`;
    const key = `${place}\0${role}`;
    try {
      const before = this.#found.get(key)?.found ?? [];
      const found = await readWeaknesses(client);
      this.#found.set(key, { place, found });
      if (!reports || said(found) === said(before)) return;
      for (const { what, mend } of found) log.warn('the target is weaker than it could be', { target, database, what, mend });
      audit.event({ type: 'target-examined', target, database, weaknesses: found.map(({ what }) => what) });
    } catch (error) {
      log.warn('what weakens the target could not be found out', { target, database, why: error instanceof Error ? error.message : String(error) });
    }
  }

  /** None of them keeps the gate from serving. */
  checks(): Check[] {
    return [...this.#found.values()].flatMap(({ place, found }) => found.map(({ what, mend }) => ({ name: `strength of ${place}`, ok: true, detail: `${what}; ${mend}` })));
  }
}

function said(weaknesses: readonly Weakness[]): string { return weaknesses.map(({ what }) => what).join('\n'); }
