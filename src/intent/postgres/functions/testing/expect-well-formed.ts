import { expect } from 'vitest';
import { verbs } from '../../../../core/effect.ts';
import type { BuiltinEffect } from '../builtins.ts';

/** What every effect of a function has, whatever its arguments. */
export function expectWellFormed(effects: readonly BuiltinEffect[]): void {
  for (const effect of effects) {
    if ('sql' in effect || 'setting' in effect) continue;
    expect(verbs).toContain(effect.verb);
    expect(effect.sink !== undefined).toBe(effect.verb === 'export');
    expect(effect.reason !== undefined).toBe(effect.verb === 'opaque');
    expect(effect.resource.path.length > 0 || effect.resource.kind === 'target').toBe(true);
  }
}
