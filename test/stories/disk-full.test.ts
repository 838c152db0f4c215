import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, DatabaseError } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli } from './cli-runner.ts';
import { type GatewayFolder, gatewayFolder } from './gateway-folder.ts';

/** A disk that can be filled takes a file system of its own, and that takes root. */
function mountable(): boolean {
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt'], { stdio: 'ignore' });
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
}

const patience = 60_000; // ms

describe.skipIf(!mountable())('the disk of the record is full (needs root, to mount a small one)', { timeout: 180_000 }, () => {
  let folder: GatewayFolder;
  let url = '';

  beforeAll(async () => {
    folder = await gatewayFolder();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=0700', 'none', folder.data]);
    url = await folder.createUser('ada');
    await folder.start();
  }, 120_000);

  afterAll(async () => {
    await folder.kill();
    execFileSync('umount', [folder.data]);
    await folder.end();
  });

  async function attempt(): Promise<string> {
    const client = new Client({ connectionString: url });
    client.on('error', () => undefined);
    try {
      await client.connect();
      for (let i = 0; i < 2_000; i++) await client.query('SELECT count(*) FROM customers WHERE id = $1', [i]);
      return 'passed';
    } catch (error) {
      return error instanceof DatabaseError ? `${error.code} ${error.message}; ${error.detail}; ${error.hint}` : String(error);
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  test('from then on nothing passes, and the client is told why', async () => {
    let said = 'passed';
    for (const started = performance.now(); said === 'passed' && performance.now() - started < patience;) said = await attempt();
    expect(await attempt()).toMatch(/^58030 the gate cannot record, so it lets nothing pass; .*ENOSPC.*; make room on the disk/s);
    expect((await fetch(`http://127.0.0.1:${folder.admin}/readyz`)).status).toBe(503);
  });

  test('with room again it goes on by itself, and the gap is on record', async () => {
    execFileSync('mount', ['-o', 'remount,size=64m', folder.data]);
    let said = '';
    for (const started = performance.now(); said !== 'passed' && performance.now() - started < patience; await sleep(200)) said = await attempt();
    expect(said).toBe('passed');
    const shown = await cli(folder.dir, ['log', 'show', '--kind', 'recording-failed', '--kind', 'recording-recovered']);
    expect(shown.out).toContain('recording-failed');
    expect(shown.out).toContain('recording-recovered');
  });
});
