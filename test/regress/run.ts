// PostgreSQL's own regression suite through the gate, with the open policy: `npm run test:regress`. Needs root, Debian's packages, and
// pg-regress.sh, which lies outside the project (GUARDRAILS_PG_REGRESS, or ../shared/tools beside it). The suite compares every byte that psql
// shows with what PostgreSQL's authors expect, so whatever the gate changes on the way shows here.
// `--direct` runs it without the gate; `--verbose` shows every test. Where the suite and the installed psql are of different releases some tests fail
// either way: what differs through the gate is then run directly, too. Exit 0 when all pass, or each shows the same as directly, byte for byte.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { freePort } from '../../examples/support/postgres-server.ts';
import { openGate } from './open-gate.ts';

const tool = process.env['GUARDRAILS_PG_REGRESS'] ?? resolve(import.meta.dirname, '../../../shared/tools/pg-regress.sh');
const folder = process.env['GUARDRAILS_PG_REGRESS_DIR'] ?? '/var/tmp/guardrails-pg-regress';
const { direct, verbose } = parseArgs({ options: { direct: { type: 'boolean', default: false }, verbose: { type: 'boolean', default: false } } }).values;

/** Of all that the tool says, `shown` lines go to stdout, errors always to stderr. */
async function run(args: readonly string[], shown: (line: string) => boolean, password = ''): Promise<number> {
  const child = spawn('bash', [tool, ...args], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, PGPASSWORD: password } });
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (verbose || shown(line)) console.log(line);
  });
  return await new Promise((done, failed) => {
    // Not `close`: the server that the tool starts keeps its stdout open.
    child.once('error', failed).once('exit', (code) => done(code ?? 1));
  });
}

/** pg_regress: `test name ... FAILED`, `name ... failed (ignored)` within a group, and the sentence at the end. */
const worthSeeing = (line: string): boolean => /\bfailed\b/i.test(line) || / tests passed\b/.test(line);
const nothing = (): boolean => false;

if (!existsSync(tool)) {
  console.error(`the regression suite's tool is not at ${tool}; set GUARDRAILS_PG_REGRESS`);
  process.exit(2);
}
if (!existsSync(join(folder, 'regress', 'regress.so'))) {
  const prepared = await run(['prepare', folder], () => true);
  if (prepared !== 0) process.exit(prepared);
}
/** One pass: the number that failed, and what each test showed that did not show what was expected. */
async function pass(gated: boolean): Promise<{ readonly failed: number; readonly shown: ReadonlyMap<string, string> }> {
  // Roles are the whole server's: those of a run that was broken off make the next one fail.
  if (existsSync(join(folder, 'pg/data/postmaster.pid'))) await run(['stop', folder], nothing);
  await rm(join(folder, 'pg'), { recursive: true, force: true });
  await rm(join(folder, 'regress/out/regression.diffs'), { force: true });
  const way = gated ? 'through the gate' : 'direct';
  const ended: (() => Promise<unknown>)[] = [];
  const port = await freePort();
  try {
    if (await run(['server', folder, String(port)], nothing) !== 0) throw new Error('the server did not start');
    ended.push(() => run(['stop', folder], nothing));
    let door: { readonly port: number; readonly password?: string } = { port };
    if (gated) {
      const data = await mkdtemp(join(tmpdir(), 'guardrails-regress-'));
      ended.push(() => rm(data, { recursive: true, force: true }));
      const gate = await openGate(data, port);
      ended.push(() => gate.close());
      door = gate;
    }
    const began = performance.now();
    const failed = await run(['run', folder, '127.0.0.1', String(door.port)], worthSeeing, door.password);
    console.log(`PostgreSQL's regression suite, ${way}: ${failed === 0 ? 'all as expected' : 'differs'}, ${((performance.now() - began) / 1000).toFixed(0)} s`);
    return { failed, shown: failed === 0 ? new Map() : await differing() };
  } finally {
    for (const step of ended.toReversed()) await step();
  }
}

/** By the file of what psql showed. */
async function differing(): Promise<ReadonlyMap<string, string>> {
  const diffs = join(folder, 'regress/out/regression.diffs');
  const files = existsSync(diffs) ? [...(await readFile(diffs, 'latin1')).matchAll(/^diff .* (\S+)$/gm)].map((found) => found[1] ?? '') : [];
  console.error([...files, `see ${diffs}`].join('\n'));
  return new Map(await Promise.all(files.map(async (file) => [file, await readFile(file, 'latin1')] as const)));
}

const first = await pass(!direct);
if (first.failed === 0 || direct || first.shown.size === 0) process.exit(first.failed);
const twin = await pass(false);
const unlike = [...first.shown].filter(([file, shown]) => twin.shown.get(file) !== shown).map(([file]) => file);
console.log(unlike.length === 0 ? `the ${first.shown.size} tests that differ show the same directly: the suite and the installed psql are of different releases` : `otherwise than directly: ${unlike.join(' ')}`);
process.exit(unlike.length === 0 ? 0 : 1);
