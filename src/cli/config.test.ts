import { expect, test } from 'vitest';
import { schemaFile } from '../config/template.ts';
import { runProgram } from './program.ts';
import { testCli } from './testing/test-cli.ts';
import type { Policies } from './tools.ts';

test('config schema prints what init writes', async () => {
  const { cli, out } = testCli();
  expect([await runProgram(cli, ['config', 'schema']), out()]).toEqual([0, schemaFile()]);
});

test('policy schema prints the schema as it is, ready to be put beside a pack', async () => {
  const policies: Partial<Policies> = { schema: () => 'entity Verb;\n' };
  const { cli, out } = testCli({ tools: { policies: async () => policies as Policies } }); // it asks for nothing else
  expect([await runProgram(cli, ['policy', 'schema']), out()]).toEqual([0, 'entity Verb;\n']);
});
