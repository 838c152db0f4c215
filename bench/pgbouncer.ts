import { execFile } from 'node:child_process';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openFolder, serverAccount } from '../examples/support/postgres-binaries.ts';
import { freePort } from '../examples/support/postgres-server.ts';
import { onCleanup } from './cleanup.ts';
import type { Login, Path } from './path.ts';
import { listening, start } from './process.ts';

const run = promisify(execFile);
const environment = { PATH: '/usr/sbin:/usr/bin:/bin:/usr/local/bin', LC_ALL: 'C' };

/** Version of the pgbouncer that is installed, such as `1.18.0`; undefined when there is none. */
export async function pgbouncerVersion(): Promise<string | undefined> {
  const said = await run('pgbouncer', ['--version'], { env: environment }).catch(() => undefined);
  return said === undefined ? undefined : (/(\d+(?:\.\d+)+)/.exec(said.stdout)?.[1] ?? 'unknown');
}

/** Session pooling, as the gate keeps a session a client; SCRAM on both sides. It does not run as root. */
export async function startPgbouncer(server: Login): Promise<Path> {
  const account = await serverAccount();
  const folder = await mkdtemp(join(await openFolder(), 'guardrails-bench-pgbouncer-'));
  onCleanup(() => rm(folder, { recursive: true, force: true }));
  const port = await freePort();
  const users = join(folder, 'users.txt');
  const config = join(folder, 'pgbouncer.ini');
  await writeFile(users, `"${server.user}" "${server.password}"\n`, { mode: 0o600 });
  await writeFile(config, `[databases]
${server.database} = host=127.0.0.1 port=${server.port} dbname=${server.database}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
server_tls_sslmode = disable
pool_mode = session
default_pool_size = 500
max_client_conn = 1000
log_connections = 0
log_disconnections = 0
`, { mode: 0o600 });
  if (account !== undefined) for (const path of [folder, users, config]) await chown(path, account.uid, account.gid);
  const started = start('pgbouncer', ['-q', config], { stdio: 'ignore', cwd: folder, env: environment, ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }) });
  await listening(started, port);
  return { name: 'pgbouncer', login: { ...server, port }, pid: started.pid };
}
