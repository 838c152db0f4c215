import type { Command } from 'commander';
import { display } from '../core/display.ts';
import type { FreezeRecord } from '../core/state.ts';
import type { Cli } from './cli.ts';
import { requireTarget } from './load-config.ts';
import { configOption, jsonOption } from './options.ts';
import { isoTime, timeText } from './times.ts';
import { withIdentities } from './with-identities.ts';

interface Given { readonly config: string; readonly json?: boolean; readonly why?: string }

export function addFreeze(program: Command, cli: Cli): void {
  program.command('freeze').summary('let nothing but reads through to a target, now').argument('<target>', 'of the config')
    .description('Within a second every gateway refuses what would change that target, in live sessions too and whatever its mode, until `unfreeze`. What was admitted before goes on, and COMMIT and ROLLBACK pass.')
    .option('--why <text>', 'told to whoever is refused, and recorded')
    .addOption(configOption()).addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  guardrails freeze shop --why "orders look wrong since 14:00"')
    .action(async (target: string, given: Given) => freeze(cli, target, given));
  program.command('unfreeze').summary('let a target be changed again').argument('<target>', 'of the config')
    .addOption(configOption()).addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  guardrails unfreeze shop')
    .action(async (target: string, given: Given) => unfreeze(cli, target, given));
}

/** `frozen by cli:ada since 2026-01-31T08:00:00Z: orders look wrong`. */
export function freezeText({ by, since, why }: FreezeRecord): string {
  return display(`frozen by ${by} since ${timeText(since)}${why === '' ? '' : `: ${why}`}`);
}

export function freezeJson({ by, since, why }: FreezeRecord): object { return { by, since: isoTime(since), why }; }

async function freeze(cli: Cli, name: string, given: Given): Promise<void> {
  await withIdentities(cli, given.config, async (identities, config) => {
    const { target } = requireTarget(config, name);
    const { record, changed } = await identities.freeze(target.name, given.why ?? '');
    if (given.json === true) return cli.terminal.write(`${JSON.stringify({ target: target.name, changed, ...freezeJson(record) })}\n`);
    const said = changed ? `${target.name} is frozen: within a second nothing but reads passes` : `${target.name} was frozen already: ${freezeText(record)}`;
    return cli.terminal.write(`${said}\n  what runs now goes on, and open transactions may still commit what they did\n  to let changes through again: guardrails unfreeze ${target.name}\n`);
  });
}

async function unfreeze(cli: Cli, name: string, given: Given): Promise<void> {
  await withIdentities(cli, given.config, async (identities, config) => {
    const { target } = requireTarget(config, name);
    const was = await identities.unfreeze(target.name);
    if (given.json === true) return cli.terminal.write(`${JSON.stringify({ target: target.name, changed: was !== undefined, was: was === undefined ? null : freezeJson(was) })}\n`);
    return cli.terminal.write(was === undefined ? `${target.name} was not frozen\n` : `${target.name} may be changed again; it was ${freezeText(was)}\n`);
  });
}
