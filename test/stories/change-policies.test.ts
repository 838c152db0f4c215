import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli } from './cli-runner.ts';
import { type GatewayFolder, gatewayFolder } from './gateway-folder.ts';

const observed = '@id("no-notes") @title("Names stay as they are") @mode("observe") forbid (principal, action == Action::"update", resource);\n';
/** Milliseconds; a changed policy is in force within two seconds, and the machine may be busy. */
const patience = 30_000;

describe('a rule is watched before it bites', { timeout: 120_000 }, () => {
  let folder: GatewayFolder;
  let client: Client;
  let mine = '';
  let baseline = '';

  beforeAll(async () => {
    folder = await gatewayFolder();
    [mine, baseline] = [join(folder.dir, 'mine'), join(folder.dir, 'baseline')];
    await mkdir(mine);
    await cp(join(import.meta.dirname, '../../policies/baseline'), baseline, { recursive: true });
    await writeFile(join(mine, 'mine.cedar'), observed);
    const config = join(folder.dir, 'guardrails.yaml');
    await writeFile(config, (await readFile(config, 'utf8')).replace(/^policy: .*$/m, `policy: [${baseline}, ${mine}]`));
    client = new Client({ connectionString: await folder.createUser('ada') });
    await folder.start();
    await client.connect();
  }, 120_000);

  afterAll(async () => {
    await client.end();
    await folder.end();
  });

  const rename = 'UPDATE customers SET name = name WHERE id = 1';

  test('the command passes, and everything says what would have become of it', async () => {
    expect((await client.query(rename)).rowCount).toBe(1);
    const shown = await cli(folder.dir, ['log', 'show', '--outcome', 'observed']);
    expect(shown.out).toMatch(/ permit {3}user:ada shop UPDATE customers .* observed\[deny:mine\/no-notes\] #gateway-0\/\d+\n$/);
    const id = /#(gateway-0\/\d+)/.exec(shown.out)?.[1] ?? '';
    const why = await cli(folder.dir, ['why', id]);
    expect(why.out).toContain('PERMIT (observed policies: it would be a deny)');
    expect(why.out).toContain('mine/no-notes (would refuse)  Names stay as they are');
    const explained = await cli(folder.dir, ['explain', rename, '--policy', baseline, '--policy', mine]);
    expect(explained.out).toMatch(/^PERMIT[\s\S]*observed, and not enforced\n {2}mine\/no-notes \(would refuse\)/);
    expect(await (await fetch(`http://127.0.0.1:${folder.admin}/metrics`)).text()).toContain('guardrails_policy_observed_total{target="shop",policy="mine/no-notes",would="deny"} 1');
    const report = await cli(folder.dir, ['report', 'would-refuse', '--json']);
    expect(JSON.parse(report.out)).toMatchObject({ deny: 1, hold: 0, byPolicy: [{ policy: 'mine/no-notes', deny: 1, example: id }], byPrincipal: [{ principal: 'user:ada' }] });
  });

  test('other policies are tried on what is on record', async () => {
    const next = join(folder.dir, 'next', 'mine');
    await mkdir(next, { recursive: true });
    await writeFile(join(next, 'mine.cedar'), observed.replace(' @mode("observe")', ''));
    const diff = (...args: readonly string[]): ReturnType<typeof cli> => cli(folder.dir, ['policy', 'diff', ...args, '--with', baseline]);
    const changed = await diff(mine, next);
    expect([changed.code, changed.out]).toEqual([1, expect.stringMatching(/1 comes out otherwise\n.*as they are now[\s\S]*permit, would deny -> deny +mine\/no-notes {2}Names stay as they are +1 +gateway-0\/\d+/)]);
    const loosened = await diff(next, mine, '--json');
    expect(JSON.parse(loosened.out)).toMatchObject({ changed: 1, notDecided: {}, byPolicy: [{ change: 'deny -> permit, would deny', policy: 'mine/no-notes', count: 1 }] });
    const same = await diff(mine, mine);
    expect([same.code, same.out]).toEqual([0, expect.stringContaining('0 come out otherwise')]);
    await writeFile(join(next, 'mine.cedar'), 'forbid (');
    const broken = await diff(mine, next);
    expect([broken.code, broken.err]).toEqual([2, expect.stringContaining('mine.cedar:1:')]);
  });

  test('what could ever pass is asked before it does', async () => {
    const could = (...args: readonly string[]): ReturnType<typeof cli> => cli(folder.dir, ['policy', 'check', baseline, mine, '--could', ...args]);
    const held = await could('destroy', '--resource', 'table:public.customers');
    expect([held.code, held.out]).toEqual([0, expect.stringMatching(/^ONLY WITH EVIDENCE {2}someone who is granted everything: destroy table:public\.customers on shop[^]*it needs approval:data-owners:2 and justification/)]);
    const ada = await could('update', '--resource', 'table:public.customers', '--as', 'user:ada', '--json');
    expect(JSON.parse(ada.out)).toMatchObject({ answer: 'yes', cases: [{ outcome: 'permit', observed: ['mine/no-notes'], when: [{ extent: ['one', 'bounded'] }] }, { outcome: 'hold' }] });
    const never = await could('read', '--resource', 'role:admin', '--as', 'user:ada');
    expect(never.out).toMatch(/^NEVER {2}user:ada[^]*by baseline\/server-credentials/);
    const reviewed = await cli(folder.dir, ['policy', 'check', '--notes']);
    expect([reviewed.code, reviewed.err]).toEqual([0, expect.stringContaining('note: policy `mine/no-notes` is only observed: it refuses nothing')]);
  });

  test('and then it is enforced', async () => {
    await writeFile(join(mine, 'mine.cedar'), observed.replace(' @mode("observe")', ''));
    let said = 'passes';
    for (const started = performance.now(); said === 'passes' && performance.now() - started < patience; await sleep(100)) {
      said = await client.query(rename).then(() => 'passes', String);
    }
    expect(said).toContain('refused: update `table:public.customers`');
  });
});
