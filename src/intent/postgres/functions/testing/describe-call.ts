import { formatEffect } from '../../../../core/format.ts';
import { tokenize } from '../../plpgsql/tokens.ts';
import type { BuiltinCall, BuiltinClass, BuiltinEffect } from '../builtins.ts';

/** `pg_read_file('a', 1, true, NULL, ?)`, where `?` is an argument that is computed. */
export function parseCall(text: string): BuiltinCall {
  const name = text.slice(0, text.indexOf('('));
  const tokens = tokenize(text.slice(name.length)) ?? [];
  const args: BuiltinCall['args'][number][] = [];
  let sign = 1;
  for (const token of tokens.slice(1, -1)) {
    if (token.kind === 'string') args.push(token.value);
    else if (token.text === '-') sign = -1;
    else if (token.text === '?') args.push(undefined);
    else if (token.text === 'NULL') args.push(null);
    else if (token.text === 'true' || token.text === 'false') args.push(token.text === 'true');
    else if (token.text !== ',') { args.push(sign * Number(token.text)); sign = 1; }
  }
  return { name, args };
}

export function formatBuiltin(effect: BuiltinEffect): string {
  if ('sql' in effect) return effect.sql === undefined ? 'sql, computed' : `sql: ${effect.sql}`;
  if ('setting' in effect) {
    const { name, value, local } = effect.setting;
    return `set${local ? ' local' : ''} ${name ?? '?'} = ${value ?? '?'}`;
  }
  return formatEffect({ ...effect, span: { start: 0, end: 0 }, via: [] }).replace(' [0,0)', '');
}

/** One line: the call as it is written, and what it does. */
export function describeCall(text: string, call: BuiltinCall, found: BuiltinClass | undefined): string {
  if (found === undefined) return `${text}: unknown`;
  if ('purity' in found) return `${text}: ${found.purity}`;
  const effects = found.effects(call);
  return `${text}: ${effects.length === 0 ? 'nothing' : effects.map(formatBuiltin).join(' & ')}`;
}
