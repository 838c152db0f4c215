import { InvalidArgumentError, Option } from 'commander';
import { verbs } from '../core/effect.ts';
import { parseResourceText } from '../core/format.ts';

/** `--config FILE`; where it is not given, $GUARDRAILS_CONFIG, else guardrails.yaml of this folder. */
export function configOption(): Option {
  return new Option('-c, --config <file>', 'the gateway\'s config').default('guardrails.yaml').env('GUARDRAILS_CONFIG');
}

export function jsonOption(): Option { return new Option('--json', 'print JSON'); }

/** An option that may be given several times. */
export function repeated(value: string, before: readonly string[] = []): readonly string[] { return [...before, value]; }

/** `read,update`, also given several times. */
export function verbList(value: string, before: readonly string[] = []): readonly string[] {
  const names = value.split(',').map((name) => name.trim());
  const unknown = names.find((name) => name !== 'unmask' && !verbs.some((verb) => verb === name));
  if (unknown !== undefined) throw new InvalidArgumentError(`There is no verb \`${unknown}\`; there are ${[...verbs, 'unmask'].join(', ')}.`);
  return [...before, ...names];
}

/** `table:public.orders`, also given several times. */
export function resourceList(value: string, before: readonly string[] = []): readonly string[] {
  if (parseResourceText(value) === undefined) throw new InvalidArgumentError('Write it as table:public.orders or schema:public.');
  return [...before, value];
}

/** As the registry reads it, so that a wrong one is said before anything is made. */
export function duration(value: string): string {
  if (!/^[1-9][0-9]{0,5}[smhdw]$/.test(value)) throw new InvalidArgumentError('Write a number and one of s, m, h, d, w: 15m, 8h, 30d.');
  return value;
}

const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** `1h` (so long ago) or an ISO 8601 date or time, to milliseconds since the epoch. */
export function moment(now: number): (value: string) => number {
  return (value) => {
    const match = /^([1-9][0-9]{0,5})([smhdw])$/.exec(value);
    if (match !== null) return now - Number(match[1]) * (unitMs[match[2] ?? ''] ?? 0);
    const time = /^\d{4}-\d\d-\d\d/.test(value) ? Date.parse(value) : Number.NaN;
    if (Number.isNaN(time)) throw new InvalidArgumentError('Write how long ago, such as 15m or 2d, or a time such as 2026-01-31T08:00:00Z.');
    return time;
  };
}

export function count(least: number, most: number): (value: string) => number {
  return (value) => {
    const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= least && number <= most)) throw new InvalidArgumentError(`Write a number from ${least} to ${most}.`);
    return number;
  };
}
