import type { Command } from 'commander';
import type { Cli } from './cli.ts';

export function addConfig(program: Command, cli: Cli): void {
  const config = program.command('config').summary('the form of guardrails.yaml').description('The form of guardrails.yaml; `start --check-config` looks at one.');
  config.command('schema').summary('print its JSON Schema, for editors')
    .description('Prints the JSON Schema of guardrails.yaml, as `init` writes it beside the config for the YAML language server.')
    .addHelpText('after', '\nExample:\n  guardrails config schema > guardrails.schema.json')
    .action(async () => cli.terminal.write((await import('../config/template.ts')).schemaFile()));
}
