import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onCleanup } from './cleanup.ts';

export const pipelineLength = 100;

/** A script for pgbench whose transaction is a pipeline of 100 point reads. */
export async function pipelineScript(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'guardrails-bench-script-'));
  onCleanup(() => rm(folder, { recursive: true, force: true }));
  const reads = 'SELECT abalance FROM pgbench_accounts WHERE aid = :aid;\n'.repeat(pipelineLength);
  const file = join(folder, 'pipeline.sql');
  await writeFile(file, `\\set aid random(1, 100000 * :scale)\n\\startpipeline\n${reads}\\endpipeline\n`);
  return file;
}
