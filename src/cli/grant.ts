import type { Command } from 'commander';
import { formatResource } from '../core/format.ts';
import type { GrantRecord } from '../core/state.ts';
import type { Cli } from './cli.ts';
import { usage } from './failure.ts';
import { sayDoubts } from './grant-doubts.ts';
import { grantOptions, requireGrant, type GrantGiven } from './grant-options.ts';
import { holderOf } from './group.ts';
import { requireTarget } from './load-config.ts';
import { configOption, jsonOption } from './options.ts';
import { table } from './table.ts';
import { distance, isoTime, timeText } from './times.ts';
import { withIdentities } from './with-identities.ts';

interface Given { readonly config: string; readonly json?: boolean }

/** `read,update on shop (table:public.orders) until 2026-01-01T00:00:00Z (grant-…)`. */
export function grantLine(grant: GrantRecord): string {
  const where = grant.resources.length === 0 ? '' : ` (${grant.resources.map(formatResource).join(' ')})`;
  const clear = grant.unmask.length === 0 ? '' : `, unmask ${grant.unmask.join(',')}`;
  return `${grant.verbs.join(',')} on ${grant.target}${where}${clear} until ${timeText(grant.until)} (${grant.id})`;
}

function grantJson(grant: GrantRecord): object {
  return {
    id: grant.id, holder: grant.holder, target: grant.target, verbs: grant.verbs, resources: grant.resources.map(formatResource), unmask: grant.unmask,
    until: isoTime(grant.until), why: grant.why, by: grant.createdBy, created: isoTime(grant.createdAt),
  };
}

export function addGrant(program: Command, cli: Cli): void {
  const grant = program.command('grant').summary('who may do what, where, until when').description('Grants: who may do what, where, until when. Policy still decides within them.');
  grantOptions(grant.command('add').summary('grant something to a principal or a group').argument('<name>', 'a user, agent or service; a group with --group'))
    .option('--group', 'the name is a group\'s')
    .addOption(configOption()).addOption(jsonOption())
    .addHelpText('after', `
Examples:
  guardrails grant add ada --target shop --can read --for 8h --why "looking into OPS-17"
  guardrails grant add analysts --group --target shop --can read --for 90d --resource schema:reports --why "quarterly numbers"`)
    .action(async (name: string, given: Given & GrantGiven & { readonly group?: boolean }) => {
      const wish = requireGrant(given);
      if (wish.why === undefined || wish.why.trim() === '') throw usage('a grant needs a reason', 'say it with --why "..."; it stands in the record');
      await withIdentities(cli, given.config, async (identities, config) => {
        requireTarget(config, wish.target);
        const made = await identities.grant(holderOf(name, given.group), wish);
        await sayDoubts(cli, config, wish);
        await cli.terminal.write(given.json === true ? `${JSON.stringify(grantJson(made))}\n` : `${name} may ${grantLine(made)}\n`);
      });
    });
  grant.command('list').summary('list grants that are in force')
    .option('--holder <name>', 'only those of this principal or group')
    .addOption(configOption()).addOption(jsonOption())
    .action(async (given: Given & { readonly holder?: string }) => withIdentities(cli, given.config, async (identities) => {
      const now = cli.now();
      const grants = (await identities.list(now)).grants.filter((one) => given.holder === undefined || one.holder.name === given.holder);
      const { terminal } = cli;
      if (given.json === true) return terminal.write(`${JSON.stringify(grants.map(grantJson))}\n`);
      if (grants.length === 0) return terminal.write('no grants in force; guardrails grant add --help\n');
      const rows = grants.map((one) => [one.id, one.holder.kind === 'group' ? `${one.holder.name} (group)` : one.holder.name, one.target, one.verbs.join(','),
        one.resources.length === 0 ? 'all' : one.resources.map(formatResource).join(' '), distance(one.until, now), one.why]);
      return terminal.write(`${table([{ head: 'id' }, { head: 'holder' }, { head: 'target' }, { head: 'can' }, { head: 'where' }, { head: 'ends' }, { head: 'why' }], rows, terminal.width, terminal.colour.dim).join('\n')}\n`);
    }));
  grant.command('revoke').summary('take a grant back').argument('<id>', 'grant-...')
    .addOption(configOption()).addOption(jsonOption())
    .action(async (id: string, given: Given) => withIdentities(cli, given.config, async (identities) => {
      await identities.revokeGrant(id);
      await cli.terminal.write(given.json === true ? `${JSON.stringify({ id, revoked: true })}\n` : `${id} is revoked; the next command of whoever had it is decided without it\n`);
    }));
}
