import type { Effect } from '../core/effect.ts';
import type { Understood } from './admission.ts';

/** May be wrong about a text that only shows such a place in a literal or a comment: it is then read once more for nothing. */
export function takesParameters(text: string): boolean {
  return /\$\d/u.test(text);
}

/**
 * The least that a text with parameters may do, over all their values: as much as it says, to a row each. Undefined where values make no
 * difference. It is not what the text does; it tells only whether to wait for values.
 */
export function atBest(meant: Understood, text: string): Understood | undefined {
  if (!takesParameters(text) || !meant.effects.some(({ extent }) => extent === 'all' || extent === 'unknown')) return undefined;
  return { ...meant, effects: meant.effects.map(least), decided: undefined };
}

function least(effect: Effect): Effect {
  return effect.extent === 'all' || effect.extent === 'unknown' ? { ...effect, extent: 'one' } : effect;
}

/** The same of a text that only gives other statements names, as far as it does: each is decided when it runs, with the values that it is given. */
export function heldAtBest(meant: Understood, text: string): Understood | undefined {
  const { statements } = meant.interpretation;
  if (!takesParameters(text) || !statements.some(({ holds }) => holds === true)) return undefined;
  return { ...meant, effects: statements.flatMap(({ holds, effects }) => (holds === true ? effects.map(least) : effects)), decided: undefined };
}
