import type { ChangeSet, FreezeRecord } from '../../core/state.ts';
import { checkTarget, checkText } from './checks.ts';
import type { RegistryContext } from './context.ts';

/** `changed`: false when it was so before; nothing is then recorded, and whoever was first stays named. */
export interface Frozen { readonly record: FreezeRecord; readonly changed: boolean }

/** Gateways see it within a second, in live sessions too. To be called again does no harm: in an emergency several people may. */
export async function freeze(context: RegistryContext, input: { readonly target: string; readonly why: string }): Promise<Frozen> {
  const target = checkTarget(input.target);
  const why = checkText(input.why);
  return context.store.change((state): ChangeSet<Frozen> => {
    const known = state.freezes.find((record) => record.target === target);
    if (known !== undefined) return { changes: [], events: [], result: { record: known, changed: false } };
    const record: FreezeRecord = { target, why, by: context.by, since: context.clock() };
    return { changes: [{ put: 'freeze', record }], events: [{ type: 'target-frozen', target, by: context.by, why }], result: { record, changed: true } };
  });
}

/** Resolves with the freeze that was; undefined when there was none. */
export async function unfreeze(context: RegistryContext, input: { readonly target: string }): Promise<FreezeRecord | undefined> {
  const target = checkTarget(input.target);
  return context.store.change((state): ChangeSet<FreezeRecord | undefined> => {
    const known = state.freezes.find((record) => record.target === target);
    if (known === undefined) return { changes: [], events: [], result: undefined };
    return { changes: [{ put: 'no-freeze', target }], events: [{ type: 'target-unfrozen', target, by: context.by, since: known.since }], result: known };
  });
}
