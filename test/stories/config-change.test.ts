import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli } from './cli-runner.ts';
import { type GatewayFolder, gatewayFolder } from './gateway-folder.ts';

describe('the config is another than at the start before', { timeout: 120_000 }, () => {
  let folder: GatewayFolder;
  beforeAll(async () => { folder = await gatewayFolder(); }, 120_000);
  afterAll(() => folder.end());

  async function recorded(): Promise<readonly string[]> {
    return (await cli(folder.dir, ['log', 'show', '--kind', 'config-changed'])).out.split('\n').filter((line) => line !== '');
  }

  /** What is on record when it has stopped; it runs until there are as many as expected. */
  async function startAndStop(expected: number, ...options: readonly string[]): Promise<readonly string[]> {
    const gateway = await folder.start(...options);
    // What a worker has left is taken up to half a second later.
    await expect.poll(recorded, { timeout: 20_000 }).toHaveLength(expected);
    gateway.signal('SIGTERM');
    expect(await gateway.ended).toMatchObject({ code: 0 });
    return recorded();
  }

  test('and so it is on record, once, however many workers there are', async () => {
    expect(await startAndStop(0)).toEqual([]);
    expect(await startAndStop(0)).toEqual([]);
    await appendFile(join(folder.dir, 'guardrails.yaml'), '# edited\n');
    const [changed] = await startAndStop(1, '--workers', '2');
    expect(changed).toMatch(/config-changed from=sha256:([0-9a-f]{64}) to=sha256:(?!\1)[0-9a-f]{64}$/);
    expect(await startAndStop(1, '--workers', '2')).toEqual([changed]);
  });
});
