import { display } from '../core/display.ts';
import type { Effect } from '../core/effect.ts';
import { formatResource } from '../core/format.ts';
import { mark } from './caret.ts';
import { needText } from './explanation-json.ts';
import type { Colours } from './terminal.ts';
import type { Explanation } from './tools.ts';

const extentWords = { none: '', one: 'one row', bounded: 'some rows', all: 'all of it', unknown: 'how much cannot be told' } as const;
/** Columns named in full; the rest is a number. */
const shownColumns = 6;

/** `delete table:public.users, all of it, cannot be taken back`: an effect as a person would say it. */
export function effectWords(effect: Effect): string {
  const words = [effect.verb === 'opaque' ? `not understood (${effect.reason ?? 'not-modelled'})` : `${effect.verb} ${formatResource(effect.resource)}`];
  if (effect.columns !== 'all' && effect.columns.length > 0) {
    const more = effect.columns.length - shownColumns;
    words.push(`columns ${effect.columns.slice(0, shownColumns).join(' ')}${more > 0 ? ` and ${more} more` : ''}`);
  }
  if (effect.sink !== undefined && effect.sink !== 'none') words.push(`to ${effect.sink}`);
  const extent = extentWords[effect.extent];
  if (extent !== '') words.push(extent);
  if (!effect.reversible) words.push('cannot be taken back');
  if (effect.via.length > 0) words.push(`through ${effect.via.map(formatResource).join(', ')}`);
  if (effect.note !== undefined) words.push(effect.note);
  return display(words.join(', '));
}

/** `mine/no-deletes (would refuse)`. */
export function observedWords(id: string, would: string): string {
  return `${id} (${would === 'hold' ? 'would hold' : would === 'deny' ? 'would refuse' : 'cannot be evaluated'})`;
}

function headline({ decision, refusal }: Explanation, colour: Colours): string {
  const paint = { permit: colour.green, hold: colour.yellow, deny: colour.red }[decision.outcome];
  return `${paint(colour.bold(decision.outcome.toUpperCase()))}  ${refusal === undefined ? 'it would run' : display(refusal.message)}`;
}

/** What, where, which policy, and the way on. */
export function explanationText(text: string, explanation: Explanation, width: number, colour: Colours): string {
  const { decision, refusal, code, interpretation } = explanation;
  const lines = [headline(explanation, colour), ''];
  if (refusal?.span !== undefined) {
    const { line, several, text: shown, marks } = mark(text, refusal.span, (Number.isFinite(width) ? width : 120) - 8);
    const number = several ? String(line).padStart(4) : '    ';
    lines.push(`${colour.dim(number)}  ${shown}`, `      ${(decision.outcome === 'hold' ? colour.yellow : colour.red)(marks)}`, '');
  }
  for (const [index, { kind, effects }] of interpretation.statements.entries()) {
    lines.push(`${colour.bold(interpretation.statements.length === 1 ? 'effects' : `statement ${index + 1}`)} ${colour.dim(kind)}`);
    lines.push(...(effects.length === 0 ? ['  none'] : effects.map((effect) => `  ${effectWords(effect)}`)), '');
  }
  if (interpretation.statements.length === 0) lines.push(colour.bold('effects'), '  none: there is no statement in it', '');
  if (decision.policies.length > 0) {
    lines.push(colour.bold('decided by'));
    const wide = Math.max(...decision.policies.map(({ id }) => id.length));
    for (const { id, title, controls } of decision.policies) lines.push(`  ${id.padEnd(wide)}  ${display(title)}${controls.length === 0 ? '' : colour.dim(` (${display(controls.join(' '))})`)}`);
    lines.push('');
  }
  if (decision.observed.length > 0) {
    lines.push(colour.bold('observed, and not enforced'), ...decision.observed.map(({ policy: { id, title }, would }) => `  ${observedWords(id, would)}  ${display(title)}`), '');
  }
  if (decision.outcome === 'hold') lines.push(`${colour.bold('needs')}  ${decision.needs.map(needText).join(', ')}`);
  if (refusal !== undefined) lines.push(`${colour.bold('the way on')}  ${display(refusal.mend)}`);
  if (code !== undefined) lines.push(colour.dim(`${code}: docs/errors/${code}.md`));
  return `${lines.join('\n').trimEnd()}\n`;
}
