import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli, freePort, startCli } from './cli-runner.ts';

/** This one, and the machine's own where it has another: that may be too old to run the program itself, and only starts it. */
const nodes = [process.execPath, ...['/usr/bin/node', '/usr/local/bin/node'].filter((path) => path !== process.execPath && existsSync(path))]
  .map((path) => ({ path, version: execFileSync(path, ['--version'], { encoding: 'utf8' }).trim() }));

let dir = '';

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'guardrails-launcher-'));
  const listen = await freePort();
  // Nothing listens upstream: a gateway starts all the same, and says so to whoever connects.
  await cli(dir, ['init', '--listen', `127.0.0.1:${listen}`, '--upstream', 'postgres://app@127.0.0.1:1/shop']);
  const file = join(dir, 'guardrails.yaml');
  await writeFile(file, `${await readFile(file, 'utf8')}\ngateway: { admin: off, drain: 1s, log: { level: error } }\n`);
});

afterAll(async () => { await rm(dir, { recursive: true, force: true }); });

function folder(home: string): string { return join(home, 'guardrails', 'compiled'); }

describe('compiled code is kept', () => {
  test('in a folder of the user alone', async () => {
    const home = await mkdtemp(join(dir, 'cache-'));
    expect(await startCli(dir, ['version'], { XDG_CACHE_HOME: home }).ended).toMatchObject({ code: 0, err: '' });
    expect((await stat(folder(home))).mode & 0o777).toBe(0o700);
    expect(await readdir(folder(home))).toHaveLength(1);
  });

  test('nowhere, when somebody else could put code there', async () => {
    const home = await mkdtemp(join(dir, 'cache-'));
    await mkdir(folder(home), { recursive: true });
    await chmod(folder(home), 0o777);
    expect(await startCli(dir, ['version'], { XDG_CACHE_HOME: home }).ended).toMatchObject({ code: 0, err: '' });
    expect(await readdir(folder(home))).toEqual([]);
  });

  test('nowhere, without a place for it', async () => {
    expect(await startCli(dir, ['version'], { XDG_CACHE_HOME: '/dev/null' }).ended).toMatchObject({ code: 0, err: '' });
  });
});

describe.each(nodes)('started by Node $version', { timeout: 120_000 }, ({ path }) => {
  test('exit codes come through', async () => {
    expect(await startCli(dir, ['version'], {}, path).ended).toMatchObject({ code: 0, err: '' });
    expect(await startCli(dir, ['nonsense'], {}, path).ended).toMatchObject({ code: 2 });
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('%s reaches the gateway, which drains and ends with 0', async (signal) => {
    const gateway = startCli(dir, ['start'], { SHOP_DB_PASSWORD: 'x' }, path);
    await gateway.until('stands');
    // Ctrl-C comes twice, from the terminal and from whoever forwards it; it is one.
    gateway.signal(signal);
    gateway.signal(signal);
    const ended = await gateway.ended;
    expect(ended.err).toContain(`${signal}: draining`);
    expect(ended.code).toBe(0);
  });

  test('killed outright, it leaves no gateway behind', async () => {
    const gateway = startCli(dir, ['start'], { SHOP_DB_PASSWORD: 'x' }, path);
    await gateway.until('stands');
    gateway.signal('SIGKILL');
    await gateway.ended;
    // The folder is free again, and so is the port.
    const next = startCli(dir, ['start'], { SHOP_DB_PASSWORD: 'x' }, path);
    await next.until('stands');
    next.signal('SIGTERM');
    expect((await next.ended).code).toBe(0);
  });

  test('SIGHUP changes nothing, and says so', async () => {
    const gateway = startCli(dir, ['start', '--workers', '2'], { SHOP_DB_PASSWORD: 'x' }, path);
    await gateway.until('workers    2');
    gateway.signal('SIGHUP');
    await gateway.untilNote('policies are taken up by themselves');
    gateway.signal('SIGTERM');
    expect((await gateway.ended).code).toBe(0);
  });
});

test('two gateways of one folder: the second is told why not', { timeout: 60_000 }, async () => {
  const first = startCli(dir, ['start'], { SHOP_DB_PASSWORD: 'x' });
  await first.until('stands');
  const second = await cli(dir, ['start'], { SHOP_DB_PASSWORD: 'x' });
  expect(second.code).toBe(1);
  expect(second.err).toMatch(/guardrails: .+\n {2}→ .+/);
  expect(second.err).not.toContain('    at ');
  first.signal('SIGTERM');
  expect((await first.ended).code).toBe(0);
});
