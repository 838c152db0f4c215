import { readFile, rename, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { display } from '../core/display.ts';
import type { Cli } from './cli.ts';
import { requireConfig, requireTarget } from './load-config.ts';
import { configOption, jsonOption } from './options.ts';
import type { CatalogCounts } from './tools.ts';

interface Given { readonly config: string; readonly target: string; readonly database?: string; readonly json?: boolean }

export function addCatalog(program: Command, cli: Cli): void {
  const catalog = program.command('catalog').summary('snapshots of what a target holds').description('Snapshots of what a target holds (tables, views, functions, triggers; no data), for guardrails explain --catalog.');
  catalog.command('save').summary('read a live target\'s catalog into a file').argument('<file>')
    .requiredOption('--target <name>', 'the target, as the config names it')
    .option('--database <name>', 'one of its databases (default: that of its upstream)')
    .addOption(configOption()).addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  guardrails catalog save --target shop shop.catalog.json\n  guardrails explain --catalog shop.catalog.json "DELETE FROM customers"')
    .action(async (file: string, given: Given) => {
      const { config } = await requireConfig(cli, given.config);
      requireTarget(config, given.target);
      const { text, counts } = await (await cli.tools.catalogs()).save(config, given.target, given.database);
      // Definitions of functions and views are the owner's to show.
      const half = `${file}.${process.pid}.new`;
      await writeFile(half, text, { flag: 'wx', mode: 0o600 });
      await rename(half, file);
      await cli.terminal.write(given.json === true ? `${JSON.stringify({ file, ...countsJson(counts) })}\n` : `wrote ${display(file)}: ${countsText(counts)}\n`);
    });
  catalog.command('show').summary('what a snapshot holds, in numbers').argument('<file>')
    .addOption(jsonOption())
    .action(async (file: string, given: { readonly json?: boolean }) => {
      const counts = await (await cli.tools.catalogs()).counts(await readFile(file, 'utf8'));
      await cli.terminal.write(given.json === true ? `${JSON.stringify(countsJson(counts))}\n` : `${countsText(counts)}\n`);
    });
}

function countsJson(counts: CatalogCounts): object { return { ...counts, role: counts.role ?? null }; }

function countsText(counts: CatalogCounts): string {
  const major = Math.floor(counts.serverVersion / 10_000);
  const relations = Object.entries(counts.relations).map(([kind, number]) => `${number} ${kind}${number === 1 ? '' : kind.endsWith('x') ? 'es' : 's'}`);
  const things = [...relations, `${counts.functions} functions (${counts.extensionFunctions} of extensions)`, `${counts.triggers} triggers`];
  return display(`database ${counts.database} of PostgreSQL ${major}${counts.role === undefined ? '' : `, as ${counts.role} sees it`}: ${things.join(', ')}; ${counts.version.slice(0, 19)}`);
}
