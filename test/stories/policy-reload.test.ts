import { chmod, cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, DatabaseError } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli, type Running } from './cli-runner.ts';
import { type GatewayFolder, gatewayFolder } from './gateway-folder.ts';

const patience = 30_000; // ms

describe('policies are read again while the gateway serves', { timeout: 120_000 }, () => {
  let folder: GatewayFolder;
  let gateway: Running;
  let client: Client;
  let pack = '';

  beforeAll(async () => {
    folder = await gatewayFolder();
    pack = join(folder.dir, 'baseline');
    await cp(join(import.meta.dirname, '../../policies/baseline'), pack, { recursive: true });
    const config = join(folder.dir, 'guardrails.yaml');
    await writeFile(config, (await readFile(config, 'utf8')).replace(/^policy: .*$/m, `policy: ${pack}`));
    client = new Client({ connectionString: await folder.createUser('ada') });
    gateway = await folder.start();
    await client.connect();
  }, 120_000);

  afterAll(async () => {
    await client.end();
    await folder.end();
  });

  async function reading(): Promise<string> {
    try {
      await client.query('SELECT 1 FROM customers WHERE id = 1');
      return 'passes';
    } catch (error) {
      return error instanceof DatabaseError ? String(error.detail) : String(error);
    }
  }

  async function untilReading(fits: (said: string) => boolean): Promise<string> {
    let said = await reading();
    for (const started = performance.now(); !fits(said) && performance.now() - started < patience; said = await reading()) await sleep(100);
    return said;
  }

  test('a new policy is in force without a restart, in live sessions', async () => {
    expect(await reading()).toBe('passes');
    await writeFile(join(pack, 'closed.cedar'), '@id("closed") @title("Closed for stocktaking") forbid (principal, action == Action::"read", resource);\n');
    expect(await untilReading((said) => said !== 'passes')).toContain('baseline/closed: Closed for stocktaking');
  });

  test('a broken set is refused, and the old one stays in force', async () => {
    await writeFile(join(pack, 'closed.cedar'), 'forbid (');
    await gateway.untilNote('the new policies are refused');
    expect(await reading()).toContain('baseline/closed');
  });

  test('nor does one that would end the evaluator end anything, while sessions go on', async () => {
    const chain = Array.from({ length: 5_000 }, (_, index) => `context.amount.rows != ${index}`).join(' && ');
    await writeFile(join(pack, 'closed.cedar'), `@id("deep") @title("Deep") forbid (principal, action == Action::"read", resource) when { ${chain} };`);
    const refused = gateway.untilNote('Cedar gave up');
    let said = '';
    for (let waiting = true; waiting;) {
      said = await reading();
      expect(said).toContain('baseline/closed');
      waiting = await Promise.race([refused.then(() => false), sleep(50).then(() => true)]);
    }
    expect(await reading()).toContain('baseline/closed');
    // What was not decided before is decided still.
    await expect(client.query('SELECT 2 FROM customers WHERE id = 2 AND name = \'b\'')).rejects.toMatchObject({ detail: expect.stringContaining('baseline/closed') });
  });

  test('a policy that goes is named', async () => {
    await rm(join(pack, 'closed.cedar'));
    await gateway.untilNote('policies are gone');
    expect(await untilReading((said) => said === 'passes')).toBe('passes');
  });

  test('what everybody may write is not read', async () => {
    await chmod(join(pack, 'change.cedar'), 0o666);
    await gateway.untilNote('every user of this host may write');
    const shown = await cli(folder.dir, ['log', 'show', '--kind', 'policy-changed', '--kind', 'policy-rejected', '--json']);
    const events = shown.out.trim().split('\n').map((line): unknown => JSON.parse(line));
    const unchanged = { added: [], changed: [], removed: [] };
    expect(events).toMatchObject([
      { unmapped: { guardrails: { ...unchanged, added: ['baseline/closed'] } } }, { unmapped: { guardrails: { kind: 'policy-rejected' } } }, { unmapped: { guardrails: { kind: 'policy-rejected' } } },
      { unmapped: { guardrails: { ...unchanged, removed: ['baseline/closed'] } } }, { unmapped: { guardrails: { kind: 'policy-rejected' } } },
    ]);
  });
});
