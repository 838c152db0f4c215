import { formatResource } from '../../../src/core/format.ts';
import type { Prediction, Verdict } from './judge.ts';

const reasonsShown = 12;

/** Counts what was run, and how exact the predictions were. */
export class Tally {
  statements = 0;
  refused = 0;
  #opaque = 0;
  #excused = 0;
  #predicted = 0;
  #idle = 0;
  readonly #reasons = new Map<string, number>();

  count(prediction: Prediction, verdict: Verdict): void {
    const opaque = new Set(prediction.effects.filter(({ verb }) => verb === 'opaque').map(({ reason, resource }) => `${reason ?? ''} ${formatResource(resource)}`));
    if (opaque.size > 0) this.#opaque++;
    for (const reason of opaque) this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
    this.#excused += verdict.excused;
    this.#predicted += verdict.predicted;
    this.#idle += verdict.idle;
  }

  lines(): readonly string[] {
    return [
      `  ${this.refused} refused by the server, ${this.#opaque} with something opaque, which excused ${this.#excused} things; of ${this.#predicted} predicted changes ${this.#idle} did not happen`,
      ...[...this.#reasons].toSorted(([, a], [, b]) => b - a).slice(0, reasonsShown).map(([reason, times]) => `  opaque ${times} times: ${reason}`),
    ];
  }
}
