import type { Command } from 'commander';
import type { Holder } from '../core/state.ts';
import type { Cli } from './cli.ts';
import { configOption, jsonOption } from './options.ts';
import { table } from './table.ts';
import { withIdentities } from './with-identities.ts';

interface Given { readonly config: string; readonly json?: boolean; readonly group?: boolean }

export function holderOf(name: string, isGroup: boolean | undefined): Holder { return { kind: isGroup === true ? 'group' : 'principal', name }; }

export function addGroup(program: Command, cli: Cli): void {
  const group = program.command('group').summary('groups of principals').description('Groups: members have the group\'s grants, and count as its approvers.');
  group.command('create').summary('make a group').argument('<name>')
    .addOption(configOption()).addOption(jsonOption())
    .action(async (name: string, given: Given) => withIdentities(cli, given.config, async (identities) => {
      await identities.createGroup(name);
      await cli.terminal.write(given.json === true ? `${JSON.stringify({ name })}\n` : `group ${name} is made; next: guardrails group add ${name} MEMBER\n`);
    }));
  group.command('add').summary('put a member into a group').argument('<name>', 'the group').argument('<member>', 'a user, agent or service; a group with --group')
    .option('--group', 'the member is a group')
    .addOption(configOption()).addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  guardrails group add data-owners ada')
    .action(async (name: string, member: string, given: Given) => withIdentities(cli, given.config, async (identities) => {
      await identities.addToGroup(name, holderOf(member, given.group));
      await cli.terminal.write(given.json === true ? `${JSON.stringify({ name, added: member })}\n` : `${member} is in ${name}\n`);
    }));
  group.command('remove').summary('take a member out of a group').argument('<name>', 'the group').argument('<member>')
    .option('--group', 'the member is a group')
    .addOption(configOption()).addOption(jsonOption())
    .action(async (name: string, member: string, given: Given) => withIdentities(cli, given.config, async (identities) => {
      await identities.removeFromGroup(name, holderOf(member, given.group));
      await cli.terminal.write(given.json === true ? `${JSON.stringify({ name, removed: member })}\n` : `${member} is no longer in ${name}\n`);
    }));
  group.command('list').summary('list groups and who is in them')
    .addOption(configOption()).addOption(jsonOption())
    .action(async (given: Given) => withIdentities(cli, given.config, async (identities) => {
      const { groups } = await identities.list(cli.now());
      const { terminal } = cli;
      if (given.json === true) return terminal.write(`${JSON.stringify(groups.map(({ name, members }) => ({ name, members })))}\n`);
      if (groups.length === 0) return terminal.write('no groups yet; guardrails group create NAME\n');
      const rows = groups.map(({ name, members }) => [name, members.map((member) => (member.kind === 'group' ? `${member.name} (group)` : member.name)).join(', ')]);
      return terminal.write(`${table([{ head: 'name' }, { head: 'members' }], rows, terminal.width, terminal.colour.dim).join('\n')}\n`);
    }));
}
