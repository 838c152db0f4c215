import { type Command, Option } from 'commander';
import { verbs } from '../core/effect.ts';
import type { Cli } from './cli.ts';
import { requireConfig } from './load-config.ts';
import { configOption, moment, repeated } from './options.ts';
import type { LogFilter } from '../core/log-record.ts';

export interface LogGiven extends Omit<LogFilter, 'kinds'> {
  readonly config: string;
  readonly data?: string;
  readonly kind?: readonly string[];
}

/** Where a record is read from. */
export function dataOptions(command: Command): Command {
  return command.addOption(configOption()).option('--data <folder>', 'the data folder, in place of the config\'s');
}

export function filterOptions(command: Command, cli: Cli): Command {
  const time = moment(cli.now());
  return dataOptions(command)
    .option('--principal <name>', 'of this principal: reporter, or agent:reporter')
    .option('--owner <user>', 'of what this person answers for')
    .option('--target <name>', 'on this target')
    .option('--outcome <outcome>', 'permit, hold, deny; observed (let through in observe mode); ok, error, cancelled, skipped, lost (how a command ended)')
    .option('--policy <id>', 'that this policy determined: baseline/destroy-production, or destroy-production')
    .addOption(new Option('--verb <verb>', 'with such an effect').choices(verbs))
    .option('--session <id>', 'of this session')
    .option('--since <when>', 'from then on: 15m, 2d (ago), or 2026-01-31T08:00:00Z', time)
    .option('--until <when>', 'up to then', time)
    .option('--kind <kind>', 'of this kind: decision, outcome, session-opened, session-refused, identity-changed, policy-changed, ... (may be given again)', repeated);
}

export function wishOf(given: LogGiven): LogFilter {
  const { principal, owner, target, outcome, policy, verb, session, since, until, kind } = given;
  return {
    ...(principal === undefined ? {} : { principal }), ...(owner === undefined ? {} : { owner }), ...(target === undefined ? {} : { target }),
    ...(outcome === undefined ? {} : { outcome }), ...(policy === undefined ? {} : { policy }), ...(verb === undefined ? {} : { verb }),
    ...(session === undefined ? {} : { session }), ...(since === undefined ? {} : { since }), ...(until === undefined ? {} : { until }),
    ...(kind === undefined ? {} : { kinds: kind }),
  };
}

export async function dataFolder(cli: Cli, given: { readonly config: string; readonly data?: string }): Promise<string> {
  return given.data ?? (await requireConfig(cli, given.config)).config.gateway.data;
}
