import { isatty } from 'node:tty';
import pc from 'picocolors';
import { pathNames } from './path.ts';
import type { Budget, Row } from './scenario.ts';

const colours = pc.createColors(isatty(1) && process.env['NO_COLOR'] === undefined);

const columns = { scenario: 40, number: 9, ratio: 21, budget: 8 } as const;

/** Three significant digits; thousands whole. */
function number(value: number | undefined): string {
  if (value === undefined) return '-';
  if (!Number.isFinite(value)) return '?';
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return value.toPrecision(3);
}

function budget(limit: Budget | undefined): string {
  if (limit === undefined) return '';
  return 'least' in limit ? `>= ${limit.least}` : `<= ${limit.most}`;
}

function compared({ compared: found }: Row): string {
  if (found === undefined) return '';
  const { median, low, high } = found.spread;
  const show = (value: number): string => (found.how === 'ratio' ? value.toFixed(2) : `${value > 0 ? '+' : ''}${number(value)}`);
  return `${found.with === 'relay' ? 'R' : 'D'} ${show(median)} (${show(low)}..${show(high)})`;
}

function verdict({ met, budget: limit }: Row): string {
  if (met === undefined || limit === undefined) return '';
  return met ? colours.green('ok') : colours.red('least' in limit ? 'below' : 'above');
}

export const tableHead = [
  `${'scenario'.padEnd(columns.scenario)}${pathNames.map((name) => name.padStart(columns.number + 1)).join('')}  ${'against'.padEnd(columns.ratio)} ${'budget'.padEnd(columns.budget)}`,
].join('\n');

/** One line of at most 120 columns. */
export function tableLine(row: Row): string {
  const label = `${row.scenario}, ${row.unit}`.padEnd(columns.scenario);
  const values = pathNames.map((name) => number(row.values[name]).padStart(columns.number + 1)).join('');
  return `${label}${values}  ${compared(row).padEnd(columns.ratio)} ${budget(row.budget).padEnd(columns.budget)} ${verdict(row)}`.trimEnd();
}

export const tableFoot = 'against: the gateway to the relay (R, a ratio) or to direct (D), median (lowest..highest) of the rounds; budgets are about that where it is given,\nelse about the gateway\'s own number. Columns are medians.';
