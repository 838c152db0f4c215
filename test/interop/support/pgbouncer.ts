import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openFolder, serverAccount } from '../../../examples/support/postgres-binaries.ts';
import { freePort } from '../../../examples/support/postgres-server.ts';
import type { Side } from './sides.ts';

/** Milliseconds for pgbouncer to listen. */
const READY_MS = 10_000;

export interface Pgbouncer {
  readonly side: Side;
  stop(): Promise<void>;
}

/** Debian's pgbouncer in front of one way to the shop. It refuses to run as root. */
export async function startPgbouncer(behind: Side, mode: 'session' | 'transaction', settings: readonly string[] = [], poolSize = 4): Promise<Pgbouncer> {
  const account = await serverAccount();
  const folder = await mkdtemp(join(await openFolder(), 'guardrails-pgbouncer-'));
  const port = await freePort();
  const [users, config] = [join(folder, 'users.txt'), join(folder, 'pgbouncer.ini')];
  await writeFile(users, `"${behind.user}" "${behind.password}"\n`, { mode: 0o600 });
  await writeFile(config, `[databases]
${behind.database} = host=${behind.host} port=${behind.port} dbname=${behind.database}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
pool_mode = ${mode}
default_pool_size = ${poolSize}
${settings.join('\n')}
`, { mode: 0o600 });
  if (account !== undefined) for (const path of [folder, users, config]) await chown(path, account.uid, account.gid);
  const child = spawn('pgbouncer', ['-q', config], { stdio: 'ignore', cwd: folder, env: { PATH: '/usr/sbin:/usr/bin:/bin' }, ...account });
  const ended = once(child, 'exit');
  for (const started = performance.now(); ; await sleep(20)) {
    if (await listening(port)) break;
    if (performance.now() - started > READY_MS || child.exitCode !== null) throw new Error('pgbouncer does not listen');
  }
  return {
    side: { ...behind, port, url: `postgresql://${behind.user}:${behind.password}@127.0.0.1:${port}/${behind.database}` },
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function listening(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false)).once('connect', () => socket.destroy());
  });
}
