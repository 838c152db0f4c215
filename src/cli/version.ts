import type { Command } from 'commander';
import type { Cli } from './cli.ts';
import { jsonOption } from './options.ts';

export function addVersion(program: Command, cli: Cli): void {
  program.command('version').summary('what this is').addOption(jsonOption())
    .action(async (given: { readonly json?: boolean }) => {
      const { version } = cli.tools;
      await cli.terminal.write(given.json === true ? `${JSON.stringify({ version, node: process.versions.node })}\n` : `access-guardrails ${version} (Node ${process.versions.node})\n`);
    });
}
