import type { Command } from 'commander';
import { display } from '../core/display.ts';
import type { Cli } from './cli.ts';
import { Failure } from './failure.ts';
import { requireConfig } from './load-config.ts';
import { configOption, jsonOption } from './options.ts';
import { addPolicyDiff } from './policy-diff.ts';
import type { Finding } from './tools.ts';

interface Given { readonly config: string; readonly json?: boolean; readonly write?: boolean }

function place({ file, line, column }: { readonly file: string; readonly line: number; readonly column?: number }): string {
  return line === 0 ? file : column === undefined || column === 0 ? `${file}:${line}` : `${file}:${line}:${column}`;
}

function findingText(finding: Finding, severity: 'error' | 'warning'): string {
  return display(`${place(finding)}: ${severity === 'warning' ? 'warning: ' : ''}${finding.message}; ${finding.mend}`);
}

export function addPolicy(program: Command, cli: Cli): void {
  const policy = program.command('policy').summary('check, test and compare policies').description('Checks, tests and compares folders of Cedar policies. Without a folder, those of the config.');
  policy.command('check').summary('parse, validate and lint; exit 1 on errors').argument('[folders...]', 'folders of policies, as one set')
    .addOption(configOption()).addOption(jsonOption())
    .addHelpText('after', '\nExamples:\n  guardrails policy check\n  guardrails policy check policies/baseline policies/mine')
    .action(async (folders: readonly string[], given: Given) => check(cli, await foldersOf(cli, folders, given), given.json === true));
  policy.command('test').summary('run tests/*.decide; exit 1 when one comes out otherwise').argument('[folders...]', 'folders of policies, as one set')
    .option('--write', 'write what is decided now into the tests; the diff is the review')
    .addOption(configOption()).addOption(jsonOption())
    .action(async (folders: readonly string[], given: Given) => test(cli, await foldersOf(cli, folders, given), given));
  addPolicyDiff(policy, cli);
  policy.command('schema').summary('print the schema of policies, for editors')
    .description('Prints the Cedar schema that this gateway checks policies against. Editors look for it beside the policies; the gateway always uses its own.')
    .addHelpText('after', '\nExample:\n  guardrails policy schema > policies/mine/schema.cedarschema')
    .action(async () => cli.terminal.write((await cli.tools.policies()).schema()));
}

async function foldersOf(cli: Cli, folders: readonly string[], given: Given): Promise<readonly string[]> {
  return folders.length > 0 ? folders : (await requireConfig(cli, given.config)).config.policy;
}

async function check(cli: Cli, folders: readonly string[], json: boolean): Promise<void> {
  const { errors, warnings, ids } = (await cli.tools.policies()).check(folders);
  const { terminal } = cli;
  if (json) {
    await terminal.write(`${JSON.stringify({ ok: errors.length === 0, errors, warnings, policies: ids })}\n`);
    if (errors.length > 0) process.exitCode = 1;
    return;
  }
  for (const warning of warnings) terminal.note(`${findingText(warning, 'warning')}\n`);
  if (errors.length > 0) {
    throw new Failure(`${errors.length} ${errors.length === 1 ? 'error' : 'errors'} in the policies: they would not come into force`, 'mend what the lines above name', { lines: errors.map((error) => findingText(error, 'error')) });
  }
  await terminal.write(`${ids.length} policies are right${warnings.length === 0 ? '' : `, with ${warnings.length} ${warnings.length === 1 ? 'warning' : 'warnings'}`}\n`);
}

async function test(cli: Cli, folders: readonly string[], given: Given): Promise<void> {
  const policies = await cli.tools.policies();
  const { terminal } = cli;
  if (given.write === true) {
    const { errors } = policies.check(folders);
    if (errors.length > 0) throw new Failure('the policies do not load, so nothing was written', 'mend what the lines above name', { lines: errors.map((error) => findingText(error, 'error')) });
    const changed = policies.rewrite(folders);
    await terminal.write(given.json === true ? `${JSON.stringify({ changed })}\n` : changed.length === 0 ? 'nothing came out otherwise\n' : changed.map((file) => `wrote ${display(file)}\n`).join(''));
    return;
  }
  const { passed, failed } = policies.test(folders);
  if (given.json === true) {
    await terminal.write(`${JSON.stringify({ ok: failed.length === 0, passed, failed })}\n`);
    if (failed.length > 0) process.exitCode = 1;
    return;
  }
  if (failed.length > 0) {
    const lines = failed.flatMap((one) => [`${display(place(one))}:`, `  expected  ${display(one.expected)}`, `  got       ${display(one.got)}`]);
    throw new Failure(`${failed.length} of ${passed + failed.length} cases came out otherwise`, 'mend the policies or the cases; --write takes what is decided now', { lines });
  }
  await terminal.write(`${passed} cases passed\n`);
}
