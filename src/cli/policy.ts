import type { Command } from 'commander';
import { display } from '../core/display.ts';
import type { Cli } from './cli.ts';
import { Failure, usage } from './failure.ts';
import { requireConfig } from './load-config.ts';
import { configOption, jsonOption } from './options.ts';
import { askCould, couldOptions, type CouldGiven } from './policy-could.ts';
import { addPolicyDiff } from './policy-diff.ts';
import { findingText, place } from './policy-finding.ts';

interface Given { readonly config: string; readonly json?: boolean; readonly write?: boolean }
interface CheckGiven extends CouldGiven { readonly notes?: boolean }

export function addPolicy(program: Command, cli: Cli): void {
  const policy = program.command('policy').summary('check, test and compare policies').description('Checks, tests and compares folders of Cedar policies. Without a folder, those of the config.');
  couldOptions(policy.command('check').summary('parse, validate, lint and review; exit 1 on errors. Or --could: ask them').argument('[folders...]', 'folders of policies, as one set')
    .description('Parses, validates and lints folders of policies as one set, and reviews them by partial evaluation: holds that nothing lifts, policies that another makes pointless or that say nothing as yet. With --could it answers whether somebody could ever do something, and what is left of the policies that have a say.')
    .option('--notes', 'print notes too: what is no fault, and good to know'))
    .addOption(configOption()).addOption(jsonOption())
    .addHelpText('after', '\nExamples:\n  guardrails policy check\n  guardrails policy check policies/baseline policies/mine\n  guardrails policy check --could destroy --resource table:public.orders --target shop --as agent:reporter')
    .action(async (folders: readonly string[], given: CheckGiven) => (given.could === undefined ? check(cli, folders, given) : askCould(cli, folders, given, given.could)));
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

/** Where the config is what names the folders, it also says which targets there are. */
async function check(cli: Cli, folders: readonly string[], given: CheckGiven): Promise<void> {
  for (const option of ['resource', 'target', 'as', 'purpose', 'database'] as const) if (given[option] !== undefined) throw usage(`--${option} goes with --could`, 'such as --could destroy --resource table:public.orders');
  const config = folders.length > 0 ? undefined : (await requireConfig(cli, given.config)).config;
  const { errors, warnings, notes, ids } = (await cli.tools.policies()).check(config?.policy ?? folders, config?.targets.map(({ target }) => target.name));
  const { terminal } = cli;
  if (given.json === true) {
    await terminal.write(`${JSON.stringify({ ok: errors.length === 0, errors, warnings, policies: ids, notes })}\n`);
    if (errors.length > 0) process.exitCode = 1;
    return;
  }
  for (const warning of warnings) terminal.note(`${findingText(warning, 'warning')}\n`);
  if (given.notes === true) for (const note of notes) terminal.note(`${findingText(note, 'note')}\n`);
  if (errors.length > 0) {
    throw new Failure(`${errors.length} ${errors.length === 1 ? 'error' : 'errors'} in the policies: they would not come into force`, 'mend what the lines above name', { lines: errors.map((error) => findingText(error, 'error')) });
  }
  const more = notes.length === 0 || given.notes === true ? '' : `; ${notes.length} ${notes.length === 1 ? 'note' : 'notes'}, which --notes prints`;
  await terminal.write(`${ids.length} policies are right${warnings.length === 0 ? '' : `, with ${warnings.length} ${warnings.length === 1 ? 'warning' : 'warnings'}`}${more}\n`);
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
