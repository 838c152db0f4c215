import type { Metrics } from '../admin/metrics.ts';
import type { Check } from '../admin/server.ts';
import type { Directory } from '../core/identity.ts';
import type { Log } from '../core/log.ts';

/** Says, now and from now on, which targets are frozen: in the log and by a metric. Returns how to stop. */
export function followFreezes(targets: readonly string[], directory: Directory, metrics: Metrics, log: Log): () => void {
  const frozen = new Set<string>();
  const look = (): void => {
    for (const target of targets) {
      const freeze = directory.frozen(target);
      metrics.targetFrozen(target, freeze !== undefined);
      if (freeze !== undefined && !frozen.has(target)) {
        frozen.add(target);
        log.warn('a target is frozen: nothing but reads passes', { target, by: freeze.by, since: new Date(freeze.since).toISOString(), why: freeze.why });
      } else if (freeze === undefined && frozen.delete(target)) log.warn('a target is no longer frozen', { target });
    }
  };
  look();
  return directory.onChange(look);
}

/** A frozen target serves, so this keeps nobody away. */
export function freezeChecks(targets: readonly string[], directory: Directory): Check[] {
  return targets.flatMap((target) => {
    const freeze = directory.frozen(target);
    return freeze === undefined ? [] : [{ name: `target ${target}`, ok: true, detail: `frozen by ${freeze.by} since ${new Date(freeze.since).toISOString()}${freeze.why === '' ? '' : `: ${freeze.why}`}` }];
  });
}
