import { display } from '../core/display.ts';
import { formatPrincipal, formatResource } from '../core/format.ts';
import { needText } from './explanation-json.ts';
import type { Colours } from './terminal.ts';
import { isoTime, timeText } from './times.ts';
import type { Could, CouldCase, CouldPolicy, CouldWish } from './tools.ts';

const answers = { 'yes': 'YES', 'with-evidence': 'ONLY WITH EVIDENCE', 'never': 'NEVER', 'undecided': 'NOT DECIDED' } as const;
const outcomes = { permit: 'permitted', hold: 'held', deny: 'refused' } as const;

/** `one, bounded or all`. */
function listed(values: readonly string[]): string {
  const [last = '', ...rest] = values.toReversed();
  return rest.length === 0 ? last : `${rest.toReversed().join(', ')} or ${last}`;
}

function whenText({ purposes, from, facets }: CouldCase['when'][number], wish: CouldWish): string {
  const parts = Object.entries(facets).map(([facet, values]) => `${facet} is ${listed(values)}`);
  const words = parts.length === 0 ? [] : [`where ${parts.join(' and ')}`];
  if (purposes.length < wish.purposes.length) words.push(`for the purpose ${listed(purposes)}`);
  if (from !== undefined) words.push(`from ${timeText(from)} on`);
  return words.length === 0 ? 'always' : words.join(', ');
}

function caseLines({ outcome, reason, needs, policies, observed, through, when }: CouldCase, wish: CouldWish, colour: Colours): string[] {
  const paint = { permit: colour.green, hold: colour.yellow, deny: colour.red }[outcome];
  const what = outcome === 'hold' ? `: it needs ${needs.map(needText).join(' and ')}` : reason === 'no-permit' ? ': nothing permits it' : reason === 'indeterminate' ? ': the policies cannot be evaluated' : '';
  const by = [...policies.map((id) => `by ${id}`), ...observed.map((id) => `not by ${id}, which is only observed`)];
  return [...when.map((one) => `  ${paint(outcomes[outcome])} ${display(whenText(one, wish))}${display(through === undefined ? what : `, through ${formatResource(through)}${what}`)}`), ...(by.length === 0 ? [] : [`    ${display(by.join(', '))}`])];
}

function policyLine({ id, says, where, purposes }: CouldPolicy, wide: number): string {
  return display(`  ${id.padEnd(wide)}  ${says}${where === undefined ? '' : ` where ${where}`}${purposes === undefined ? '' : `, for the purpose ${listed(purposes)}`}`);
}

function bodyLines({ cases, policies }: Could, wish: CouldWish, colour: Colours): string[] {
  const wide = Math.max(0, ...policies.map(({ id }) => id.length));
  const left = policies.length === 0 ? [] : ['', colour.bold('what is left of the policies once who and what are known'), ...policies.map((policy) => policyLine(policy, wide))];
  return [...cases.flatMap((one) => caseLines(one, wish, colour)), ...left];
}

export function couldText(wish: CouldWish, who: string, answer: Could, colour: Colours): string {
  const { verb, resource, target } = wish;
  const what = `${verb} ${formatResource(resource)} on ${target.name} (${target.environment})`;
  const lines = [`${colour.bold(answers[answer.answer])}  ${display(`${who}: ${what}`)}`, '', ...bodyLines(answer, wish, colour)];
  if (answer.granted !== undefined) lines.push('', `${colour.bold(answers[answer.granted.answer])}  with a grant of it`, '', ...bodyLines(answer.granted, wish, colour));
  return `${[...lines, ...(answer.notes.length === 0 ? [] : ['', ...answer.notes.map((note) => `note: ${display(note)}`)])].join('\n')}\n`;
}

function answerJson({ answer, cases, policies, notes }: Could): object {
  return {
    answer, notes,
    cases: cases.map(({ outcome, reason, needs, policies: ids, observed, through, when }) => ({
      outcome, reason: reason ?? null, needs: needs.map(needText), policies: ids, observed, through: through === undefined ? null : formatResource(through), when: when.map(({ purposes, from, facets }) => ({ purposes, from: from === undefined ? null : isoTime(from), ...facets })),
    })),
    policies: policies.map(({ id, title, says, where, purposes }) => ({ id, title, says, where: where ?? null, purposes: purposes ?? null })),
  };
}

export function couldJson({ principal, verb, resource, target, database }: CouldWish, answer: Could): object {
  return {
    principal: principal === undefined ? null : formatPrincipal(principal.ref), verb, resource: formatResource(resource), target: target.name, environment: target.environment, database: database ?? null,
    ...answerJson(answer), granted: answer.granted === undefined ? null : answerJson(answer.granted),
  };
}
