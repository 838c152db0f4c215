import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verbs } from '../../src/core/effect.ts';
import { clientProgram, debianServer, libpq, run } from './support/client-program.ts';
import { type Sides, startSides } from './support/sides.ts';

const pgbench = clientProgram('pgbench', 'pgbench', debianServer);

describe.skipIf(pgbench.missing !== '')(`pgbench${pgbench.missing}`, () => {
  let open: Sides;
  let bench: Record<string, string>;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'guardrails-pgbench-'));
    open = await startSides({ policy: 'open', verbs, server: { bin: debianServer } });
    bench = libpq(open.gate);
    const made = await run('pgbench', ['-i', '-q', '--foreign-keys'], bench);
    if (made.code !== 0) throw new Error(made.err);
  });
  afterAll(async () => {
    await open.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const pipeline = '\\set aid random(1, 100000)\n\\startpipeline\nBEGIN;\nSELECT abalance FROM pgbench_accounts WHERE aid = :aid;\nUPDATE pgbench_accounts SET abalance = abalance + 1 WHERE aid = :aid;\nSELECT 1;\nEND;\n\\endpipeline\n';

  test.each(['simple', 'extended', 'prepared'].flatMap((mode) => [[mode, 'tpcb-like'], [mode, 'simple-update'], [mode, 'select-only']]))('%s, %s', async (mode, script) => {
    const { code, out, err } = await run('pgbench', ['-n', '-M', mode, '-b', script, '-c', '4', '-t', '25'], bench);
    expect([code, out.match(/actually processed: .*/u)?.[0], out.match(/failed transactions: \d+/u)?.[0], err.includes('rror')]).toEqual([0, 'actually processed: 100/100', 'failed transactions: 0', false]);
  });

  test.each(['extended', 'prepared'])('libpq\'s pipeline mode, %s', async (mode) => {
    const script = join(folder, 'pipeline.sql');
    await writeFile(script, pipeline);
    const { code, out, err } = await run('pgbench', ['-n', '-M', mode, '-f', script, '-c', '2', '-t', '50'], bench);
    expect([code, out.match(/actually processed: .*/u)?.[0], err.includes('rror')]).toEqual([0, 'actually processed: 100/100', false]);
  });

  test('a connection for each transaction', async () => {
    const { code, out } = await run('pgbench', ['-n', '-C', '-S', '-c', '2', '-t', '10'], bench);
    expect([code, out.match(/actually processed: .*/u)?.[0]]).toEqual([0, 'actually processed: 20/20']);
  });

  test('-i is refused under the baseline, with the way on', async () => {
    const careful = await startSides({ server: { bin: debianServer } });
    try {
      const { code, err } = await run('pgbench', ['-i'], libpq(careful.gate));
      expect(code).toBe(1);
      expect(err).toContain('HINT:  ask for a grant: guardrails grant add ada --target shop --can destroy');
    } finally {
      await careful.stop();
    }
  });
});
