import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { display } from '../core/display.ts';
import type { Environment } from '../core/target.ts';
import type { Cli } from './cli.ts';
import { Failure, usage } from './failure.ts';
import { jsonOption } from './options.ts';

interface Given {
  readonly dir: string;
  readonly force?: boolean;
  readonly name: string;
  readonly upstream?: string;
  readonly listen?: string;
  readonly environment?: Exclude<Environment, 'unspecified'>;
  readonly json?: boolean;
}

const configName = 'guardrails.yaml';
const dataName = 'guardrails-data';
/** Columns of a command in the next steps; what it is for stands behind. */
const nextWidth = 34;

export function addInit(program: Command, cli: Cli): void {
  program.command('init').summary('write a config, the baseline policies and a data folder')
    .description('Writes what a gateway starts with: a commented guardrails.yaml, its schema for editors, the baseline policies, and a data folder that is nobody else\'s to read. What is there already stays, unless --force.')
    .option('--dir <folder>', 'where to', '.')
    .option('--name <target>', 'name of the first target', 'shop')
    .option('--upstream <url>', 'the real server: postgres://ROLE@HOST:5432/DATABASE, without its password')
    .option('--listen <address>', 'what clients connect to (default: 127.0.0.1:6432)')
    .addOption(new Option('--environment <environment>', 'what the target is (default: development)').choices(['production', 'staging', 'development', 'local']))
    .option('--force', 'write over config and policies that are there')
    .addOption(jsonOption())
    .addHelpText('after', `
Examples:
  guardrails init
  guardrails init --name orders --upstream postgres://app@db.internal:5432/orders --environment production`)
    .action(async (given: Given) => init(cli, given));
}

async function configText(given: Given): Promise<{ readonly text: string; readonly schema: string; readonly variable: string }> {
  const [{ configFile, schemaFile }, { parseConfig }] = await Promise.all([import('../config/template.ts'), import('../config/load.ts')]);
  const variable = `${given.name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}_DB_PASSWORD`;
  const text = configFile({
    name: given.name, passwordEnv: variable,
    ...(given.upstream === undefined ? {} : { upstream: given.upstream }),
    ...(given.listen === undefined ? {} : { listen: given.listen }),
    ...(given.environment === undefined ? {} : { environment: given.environment }),
  });
  // Said now, in terms of what was typed, and not at the first start.
  const wrong = parseConfig(text, configName, '/').findings.find(({ severity }) => severity === 'error');
  if (wrong !== undefined) throw usage(`what was given does not make a config: ${display(wrong.key)} ${display(wrong.problem)}`, display(wrong.mend));
  return { text, schema: schemaFile(), variable };
}

async function init(cli: Cli, given: Given): Promise<void> {
  const dir = resolve(given.dir);
  const { text, schema, variable } = await configText(given);
  const { schemaFileName } = await import('../config/template.ts');
  const force = given.force === true;
  const written: string[] = [];
  const kept: string[] = [];
  await mkdir(dir, { recursive: true });
  if (!force && (await readdir(dir)).includes(configName)) {
    throw new Failure(`${display(join(given.dir, configName))} is there already`, 'edit it, choose another --dir, or write over it with --force');
  }
  const put = async (name: string, content: string): Promise<void> => {
    try {
      // Whoever may write the config decides which policies are in force: not the group, whatever the umask says.
      await writeFile(join(dir, name), content, { flag: force ? 'w' : 'wx', mode: 0o644 });
      written.push(name);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      kept.push(name);
    }
  };
  const policies = join('policies', 'baseline');
  const there = await readdir(join(dir, policies)).catch(() => undefined);
  if (there === undefined || force) {
    await cp(cli.tools.baseline, join(dir, policies), { recursive: true, force: true });
    written.push(`${policies}/`);
  } else kept.push(`${policies}/`);
  const made = await mkdir(join(dir, dataName), { recursive: true, mode: 0o700 });
  (made === undefined ? kept : written).push(`${dataName}/`);
  await put(schemaFileName, schema);
  await put(configName, text);
  if (given.json === true) return cli.terminal.write(`${JSON.stringify({ dir, written, kept })}\n`);
  const { colour } = cli.terminal;
  const place = relative(process.cwd(), dir);
  const lines = [
    ...written.map((name) => `${colour.green('wrote')} ${display(join(place, name))}`),
    ...kept.map((name) => `${colour.yellow('kept')}  ${display(join(place, name))}, which was there`),
    '', 'Next:',
    ...(place === '' ? [] : [`  cd ${display(place)}`]),
    `  ${`$EDITOR ${configName}`.padEnd(nextWidth)}  # the real server, and what clients connect to`,
    `  ${`export ${variable}=...`.padEnd(nextWidth)}  # the password of the role there; or name a file in the config`,
    `  ${'guardrails user create ada'.padEnd(nextWidth)}  # a person`,
    `  guardrails agent create reporter --owner ada --target ${given.name} --can read --for 8h`,
    `  guardrails start`, '',
  ];
  return cli.terminal.write(lines.join('\n'));
}
