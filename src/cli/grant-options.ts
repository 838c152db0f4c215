import type { Command } from 'commander';
import { usage } from './failure.ts';
import { duration, repeated, resourceList, verbList } from './options.ts';
import type { GrantWish } from './tools.ts';

export interface GrantGiven {
  readonly target?: string;
  readonly can?: readonly string[];
  readonly for?: string;
  readonly resource?: readonly string[];
  readonly unmask?: readonly string[];
  readonly why?: string;
}

/** `--target T --can read,update --for 8h [--resource R ...]`: what a grant is made of. */
export function grantOptions(command: Command): Command {
  return command
    .option('--target <name>', 'the target, as the config names it')
    .option('--can <verbs>', 'what it may do there: read,insert,update,delete,define,destroy,grant,execute,export,configure', verbList)
    .option('--for <duration>', 'for how long: 15m, 8h, 30d, at most 365d', duration)
    .option('--resource <resource>', 'only this, and what is in it: table:public.orders, schema:public (may be given again; default: the whole target)', resourceList)
    .option('--unmask <label>', 'label that is shown in the clear; goes with the verb unmask (may be given again)', repeated)
    .option('--why <text>', 'the reason, for the record');
}

/** What was given of a grant; undefined when nothing was. Half of one is an error of usage. */
export function grantWish(given: GrantGiven): GrantWish | undefined {
  const { target, can, for: life } = given;
  if (can === undefined && life === undefined && given.resource === undefined && given.unmask === undefined) return undefined;
  if (target === undefined || can === undefined || life === undefined) {
    const missing = [target === undefined ? '--target' : '', can === undefined ? '--can' : '', life === undefined ? '--for' : ''].filter((name) => name !== '');
    throw usage(`a grant needs ${missing.join(' and ')} too`, 'such as --target shop --can read,update --for 8h');
  }
  return { target, verbs: can, for: life, resources: given.resource ?? [], unmask: given.unmask ?? [], why: given.why };
}

export function requireGrant(given: GrantGiven): GrantWish {
  const wish = grantWish(given);
  if (wish === undefined) throw usage('it needs --target, --can and --for', 'such as --target shop --can read,update --for 8h');
  return wish;
}
