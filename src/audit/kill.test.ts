import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nodeFiles } from './files.ts';
import { openSample, stored } from './testing/sample.ts';

/** Runs the writer until it has said `lines` lines, kills it -9, and returns what it had said. */
async function killedAfter(dir: string, lines: number): Promise<{ written: number; durable: number[] }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'testing/append-under-load.ts'), dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  for await (const chunk of child.stdout) {
    said += String(chunk);
    if (said.split('\n').length > lines) child.kill('SIGKILL');
  }
  const numbers = (kind: string): number[] => said.split('\n').slice(0, -1).filter((line) => line.startsWith(`${kind} `)).map((line) => Number(line.slice(2)));
  return { written: Math.max(0, ...numbers('w')), durable: numbers('d') };
}

test('a writer that is killed -9 under load, again and again, has left behind all that it said', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'audit-kill-'));
  const folder = join(dir, 'log/wal/gateway-0');
  let before = 0;
  for (const lines of [1, 20, 150, 400, 33]) {
    const { written, durable } = await killedAfter(dir, lines);
    const records = stored(nodeFiles, folder);
    for (const sequence of durable) expect(records.has(sequence)).toBe(true);
    for (let sequence = 1; sequence <= written; sequence++) expect(records.has(sequence)).toBe(true);
    expect([...records.keys()]).toEqual(Array.from({ length: records.size }, (_, k) => k + 1));
    expect(written).toBeGreaterThan(before);
    before = records.size;
  }
  // The lock went with the process.
  const log = openSample({ files: nodeFiles, dir });
  await log.append({ type: 'gateway-stopped', why: 'done' });
  await log.close();
  rmSync(dir, { recursive: true });
});
