import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runProgram } from '../../src/cli/program.ts';
import { testCli } from '../../src/cli/testing/test-cli.ts';
import { makeTools } from '../../src/compose/tools.ts';

let dir = '';
let path = '';

/** One command line in this process, with the real house behind it. */
async function run(...args: string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const made = testCli({ tools: makeTools(), now: Date.now });
  const code = await runProgram(made.cli, [...args, ...(args[0] === 'init' ? [] : ['--config', path])]);
  process.exitCode = undefined;
  return { code, out: made.out(), err: made.err() };
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'guardrails-identities-'));
  path = join(dir, 'guardrails.yaml');
  await run('init', '--dir', dir, '--upstream', 'postgres://app@127.0.0.1:5432/shop');
});
afterAll(async () => { await rm(dir, { recursive: true }); });

function parsed(text: string): unknown { return JSON.parse(text); }

describe('who may connect', () => {
  test('a user without a grant is told what is missing', async () => {
    const { out, err, code } = await run('user', 'create', 'ada', '--print');
    expect(code).toBe(0);
    expect(out).toMatch(/^postgres:\/\/ada:grd_\w{49}@127\.0\.0\.1:6432\/shop\n$/);
    expect(err).toContain('guardrails grant add ada --target shop');
    expect(await run('user', 'create', 'ada', '--print')).toMatchObject({ code: 1, out: '' });
  });

  test('a service, a group, a grant to the group', async () => {
    expect(parsed((await run('service', 'create', 'billing', '--owner', 'ada', '--out', join(dir, 'billing.url'), '--json')).out)).toEqual({ name: 'billing', kind: 'service', owner: 'ada', target: 'shop', file: join(dir, 'billing.url') });
    expect(await run('group', 'create', 'staff')).toMatchObject({ code: 0 });
    expect(await run('group', 'add', 'staff', 'billing')).toMatchObject({ code: 0, out: 'billing is in staff\n' });
    expect(parsed((await run('group', 'list', '--json')).out)).toEqual([{ name: 'staff', members: [{ kind: 'principal', name: 'billing' }] }]);
    const granted = await run('grant', 'add', 'staff', '--group', '--target', 'shop', '--can', 'read', '--can', 'insert', '--for', '90d', '--resource', 'schema:public', '--why', 'invoices', '--json');
    expect(parsed(granted.out)).toMatchObject({ holder: { kind: 'group', name: 'staff' }, verbs: ['read', 'insert'], resources: ['schema:public'], why: 'invoices' });
    const listed = await run('grant', 'list', '--holder', 'staff');
    expect(listed.out).toMatch(/grant-[0-9a-f]{16} +staff \(group\) +shop +read,insert +schema:public +in 89d 23h +invoices/);
    const id = /grant-[0-9a-f]+/.exec(listed.out)?.[0] ?? '';
    expect(await run('grant', 'revoke', id)).toMatchObject({ code: 0 });
    expect((await run('grant', 'list')).out).toContain('no grants in force');
    expect(await run('group', 'remove', 'staff', 'billing')).toMatchObject({ code: 0 });
  });

  test('an agent from its making to its end', async () => {
    const file = join(dir, 'bot.url');
    expect(await run('agent', 'create', 'bot', '--owner', 'ada', '--target', 'shop', '--can', 'read', '--for', '2h', '--purpose', 'general', '--out', file)).toMatchObject({ code: 0 });
    const first = await readFile(file, 'utf8');
    expect(await run('agent', 'extend', 'bot', '--for', '1d')).toMatchObject({ code: 0 });
    expect(await run('agent', 'rotate', 'bot', '--out', file)).toMatchObject({ code: 0 });
    expect(await readFile(file, 'utf8')).not.toBe(first);
    expect(await run('agent', 'disable', 'bot')).toMatchObject({ code: 0 });
    expect(parsed((await run('agent', 'list', '--json')).out)).toMatchObject([{ name: 'bot', state: 'disabled', owner: 'ada', purpose: 'general' }]);
    expect(await run('agent', 'enable', 'bot')).toMatchObject({ code: 0 });
    expect((await run('agent', 'list')).out).toMatch(/bot +active +ada +in 23h 59m/);
    expect(await run('agent', 'revoke', 'bot')).toMatchObject({ code: 0 });
    expect((await run('agent', 'list')).out).toMatch(/bot +revoked +ada +ended/);
  });

  test.each([
    [['agent', 'create', 'x', '--owner', 'nobody', '--target', 'shop', '--can', 'read', '--for', '1h', '--print'], 1, 'nobody'],
    [['agent', 'create', 'x', '--owner', 'ada', '--target', 'shop', '--can', 'read', '--print'], 2, '--for'],
    [['agent', 'create', 'x', '--owner', 'ada', '--target', 'shop', '--can', 'fly', '--for', '1h', '--print'], 2, 'no verb `fly`'],
    [['agent', 'create', 'x', '--owner', 'ada', '--target', 'elsewhere', '--can', 'read', '--for', '1h', '--print'], 2, 'name one of: shop'],
    [['agent', 'create', 'x', '--owner', 'ada', '--target', 'shop', '--can', 'read', '--for', '400d', '--print'], 1, 'at most a year'],
    [['agent', 'create', 'x', '--owner', 'ada', '--target', 'shop', '--can', 'read', '--for', '1h', '--purpose', 'fun', '--print'], 2, 'no purpose `fun`'],
    [['user', 'disable', 'bot'], 1, 'is an agent'],
    [['agent', 'disable', 'nobody'], 1, 'there is no agent'],
    [['grant', 'add', 'ada', '--target', 'shop', '--can', 'read', '--for', '1h'], 2, 'needs a reason'],
    [['grant', 'add', 'ada', '--target', 'shop', '--can', 'read', '--for', '1h', '--why', 'w', '--resource', 'table:other-db/public.orders'], 1, 'make a grant for that target, and write `table:public.orders`'],
    [['grant', 'add', 'ada', '--target', 'shop', '--can', 'read', '--for', '1h', '--why', 'w', '--resource', 'target:elsewhere'], 1, 'another target than that of the grant'],
    [['grant', 'add', 'ada', '--target', 'shop', '--can', 'read', '--for', '1h', '--why', 'w', '--resource', 'column:public.customers.name'], 1, 'grant it on the table: `table:public.customers`'],
    [['grant', 'add', 'ada', '--target', 'shop', '--can', 'unmask', '--unmask', 'pii.email', '--for', '1h', '--why', 'w'], 1, 'no purpose of the config covers the label `pii.email`'],
    [['grant', 'add', 'bot', '--target', 'shop', '--can', 'read', '--for', '1h', '--why', 'w'], 1, 'guardrails agent extend'],
    [['agent', 'create', 'x', '--owner', 'ada', '--target', 'shop', '--can', 'read', '--for', '1h', '--resource', 'endpoint:v1.orders', '--print'], 1, 'in which no command is about `endpoint:v1.orders`'],
    [['grant', 'revoke', 'grant-0'], 1, 'there is no grant'],
    [['user', 'create', 'Ada!', '--print'], 1, 'cannot be a name'],
  ])('%j', async (args, code, words) => {
    const ran = await run(...args);
    expect(ran).toMatchObject({ code, out: '' });
    expect(ran.err).toContain(words);
    expect(ran.err).toContain('→');
  });

  test('what is granted and hardly covers what is meant is said', async () => {
    const { code, err } = await run('grant', 'add', 'ada', '--target', 'shop', '--can', 'read', '--for', '1h', '--why', 'w', '--resource', 'table:orders');
    // The target of this config does not answer, so that nothing is known of its names.
    expect({ code, err }).toEqual({ code: 0, err: 'note: `table:orders` has no schema, and covers only what a command names where the schema is not known: write `table:public.orders`, or `table:*.orders` for whatever schema\n' });
  });

  test('what was refused left nothing behind', async () => {
    expect((await run('agent', 'create', 'y', '--owner', 'nobody', '--target', 'shop', '--can', 'read', '--for', '1h', '--out', join(dir, 'y.url'))).code).toBe(1);
    await expect(readFile(join(dir, 'y.url'))).rejects.toThrow('ENOENT');
    expect((await run('user', 'list', '--json')).out).not.toContain('"y"');
  });
});
