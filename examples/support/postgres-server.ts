import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findBinaries, openFolder, readableBy, serverAccount, serverEnvironment, type Account, type Binaries } from './postgres-binaries.ts';

const run = promisify(execFile);

const readyDeadline = 60_000; // ms
const readyPoll = 20; // ms
const bindAttempts = 5;

export type PostgresAuth = 'trust' | 'scram' | 'md5' | 'password';

export interface PostgresOptions {
  /** Folder with `initdb` and `postgres`; else those of the npm package, else those of the system. */
  readonly bin?: string;
  /** Where data, log and password are kept; it is made when it is not there. Without it a temporary folder, which goes with the server and does without fsync. */
  readonly dir?: string;
  readonly port?: number;
  /** How clients prove who they are, fixed when the folder is made. Default `scram`. */
  readonly auth?: PostgresAuth;
  /** Lines of pg_hba.conf in place of those that `auth` gives. */
  readonly hba?: readonly string[];
  /** PEM texts. TLS is then offered, and required only where `hba` says so. `ca` checks client certificates. */
  readonly ssl?: { readonly cert: string; readonly key: string; readonly ca?: string };
  /** Settings of postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A running server on loopback. When this process ends, in whatever way, the server ends too. */
export interface PostgresServer {
  readonly host: '127.0.0.1';
  readonly port: number;
  readonly superuser: string;
  readonly password: string;
  readonly dir: string;
  readonly pid: number;
  /** As the server's programs say, such as `18.4`. */
  readonly version: string;
  /** Of the superuser, with its password. */
  connectionString(database?: string): string;
  /** `fast` ends sessions and closes the files; `immediate` is a crash. Resolves when the process is gone, and a temporary folder with it. */
  stop(how?: 'fast' | 'immediate'): Promise<void>;
}

const authMethods: Readonly<Record<PostgresAuth, string>> = { trust: 'trust', scram: 'scram-sha-256', md5: 'md5', password: 'password' };
const superuser = 'postgres';

/**
 * Starts a real PostgreSQL, made anew unless `dir` holds one already. Takes about a second.
 * Throws when there are no binaries that run here, when the folder cannot be used, or with the end of the server's log when it does not come up.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const account = await serverAccount();
  const binaries = await findBinaries(options.bin, account);
  const { dir, temporary } = await prepareFolder(options.dir, account);
  try {
    const password = await prepareData(dir, binaries, account, options);
    const settings: Record<string, string> = {
      listen_addresses: '127.0.0.1', unix_socket_directories: '', ...(temporary ? { fsync: 'off' } : {}),
      ...(await prepareTls(dir, account, options.ssl)), ...options.settings,
    };
    if (options.hba !== undefined) await writeOwned(join(dir, 'data', 'pg_hba.conf'), `${options.hba.join('\n')}\n`, account);
    for (let attempt = 1; ; attempt++) {
      const port = options.port ?? await freePort();
      const started = await launch(dir, binaries, account, temporary, { ...settings, port: String(port) });
      if (started.kind === 'up') return server(started, { dir, port, password, version: binaries.version, temporary });
      // Between asking for a free port and taking it somebody else may have taken it.
      const taken = started.log.includes('Address already in use');
      if (!taken || options.port !== undefined || attempt === bindAttempts) throw new Error(`PostgreSQL did not start in ${dir}:\n${started.log}`);
    }
  } catch (error) {
    if (temporary) await rm(dir, { recursive: true, force: true });
    throw error;
  }
}

interface Up { readonly kind: 'up'; readonly postgres: ChildProcess; readonly pid: number; readonly watchdog: ChildProcess; readonly gone: Promise<void> }

function server(up: Up, at: { dir: string; port: number; password: string; version: string; temporary: boolean }): PostgresServer {
  return {
    host: '127.0.0.1', port: at.port, superuser, password: at.password, dir: at.dir, pid: up.pid, version: at.version,
    connectionString: (database = 'postgres') => `postgresql://${superuser}:${at.password}@127.0.0.1:${at.port}/${encodeURIComponent(database)}`,
    async stop(how = 'fast') {
      // pg_ctl's own signals (PostgreSQL documentation, section 18.5).
      up.postgres.kill(how === 'fast' ? 'SIGINT' : 'SIGQUIT');
      up.postgres.ref();
      await up.gone;
      up.watchdog.kill('SIGKILL');
      if (at.temporary) await rm(at.dir, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

async function prepareFolder(wanted: string | undefined, account: Account | undefined): Promise<{ dir: string; temporary: boolean }> {
  const dir = wanted === undefined ? await mkdtemp(join(account === undefined ? tmpdir() : await openFolder(), 'guardrails-pg-')) : resolve(wanted);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  if (account !== undefined) {
    await chown(dir, account.uid, account.gid);
    if (!(await readableBy(dir, account))) {
      throw new Error(`PostgreSQL does not run as root; here it runs as \`${account.name}\`, which may not enter ${dir}: choose a folder that it may`);
    }
  }
  return { dir, temporary: wanted === undefined };
}

/** Makes the data folder unless there is one; the superuser's password either way. */
async function prepareData(dir: string, { bin }: Binaries, account: Account | undefined, options: PostgresOptions): Promise<string> {
  const data = join(dir, 'data');
  const passwordFile = join(dir, 'password');
  const made = await readFile(join(data, 'PG_VERSION'), 'utf8').catch(() => undefined);
  if (made !== undefined) return (await readFile(passwordFile, 'utf8')).trim();
  const password = randomBytes(24).toString('base64url');
  await writeOwned(passwordFile, `${password}\n`, account);
  await run(join(bin, 'initdb'), [
    '--pgdata', data, '--username', superuser, '--pwfile', passwordFile, '--auth', authMethods[options.auth ?? 'scram'],
    '--encoding', 'UTF8', '--locale', 'C', '--no-sync',
  ], { cwd: '/', env: serverEnvironment, ...account });
  return password;
}

async function prepareTls(dir: string, account: Account | undefined, ssl: PostgresOptions['ssl']): Promise<Record<string, string>> {
  if (ssl === undefined) return {};
  const settings: Record<string, string> = { ssl: 'on' };
  for (const [name, pem] of Object.entries({ cert: ssl.cert, key: ssl.key, ca: ssl.ca })) {
    if (pem === undefined) continue;
    const path = join(dir, `${name}.pem`);
    await writeOwned(path, pem, account);
    settings[`ssl_${name}_file`] = path;
  }
  return settings;
}

/** For the server's eyes only: it refuses keys that others can read. */
async function writeOwned(path: string, text: string, account: Account | undefined): Promise<void> {
  await writeFile(path, text, { mode: 0o600 });
  if (account !== undefined) await chown(path, account.uid, account.gid);
}

/** Resolves when the server accepts sessions, or with the end of its log when it ended before. */
async function launch(dir: string, { bin }: Binaries, account: Account | undefined, temporary: boolean, settings: Readonly<Record<string, string>>): Promise<Up | { kind: 'ended'; log: string }> {
  const log = join(dir, 'log');
  const file = await open(log, 'w', 0o600);
  // Detached: Ctrl-C in a terminal signals the whole process group, and the server must outlive the drain of what stands before it.
  const postgres = spawn(join(bin, 'postgres'), ['-D', join(dir, 'data'), ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    { cwd: '/', env: serverEnvironment, stdio: ['ignore', file.fd, file.fd], detached: true, ...account });
  await file.close();
  const gone = new Promise<void>((done) => { postgres.once('exit', () => { done(); }).once('error', () => { done(); }); });
  const pid = postgres.pid;
  if (pid === undefined) return { kind: 'ended', log: `${bin}/postgres could not be started` };
  const watchdog = watch(pid, dir, temporary, account);
  const deadline = performance.now() + readyDeadline;
  while (postgres.exitCode === null && postgres.signalCode === null) {
    if (await isReady(join(dir, 'data'), pid)) {
      postgres.unref();
      return { kind: 'up', postgres, pid, watchdog, gone };
    }
    if (performance.now() > deadline) postgres.kill('SIGQUIT');
    await sleep(readyPoll);
  }
  watchdog.kill('SIGKILL');
  return { kind: 'ended', log: (await readFile(log, 'utf8')).slice(-2000) };
}

/**
 * Reads the server's word for itself, as pg_ctl does: line 1 of postmaster.pid is its process, line 8 its status
 * (src/include/utils/pidfile.h). No connection is needed, so it works under every kind of authentication.
 */
async function isReady(data: string, pid: number): Promise<boolean> {
  const lines = (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  return lines[0] === String(pid) && lines[7]?.trim() === 'ready';
}

/**
 * A shell that holds the other end of a pipe: when this process dies, even by SIGKILL, it reads the end of the file, stops the server
 * and removes the temporary folder.
 */
function watch(pid: number, dir: string, temporary: boolean, account: Account | undefined): ChildProcess {
  const script = 'read -r _; kill -INT "$1" || exit 0; n=0; while [ -e "$2/data/postmaster.pid" ] && [ $n -lt 100 ]; do sleep 0.1; n=$((n+1)); done; [ "$3" = kept ] || rm -rf -- "$2"';
  const shell = spawn('/bin/sh', ['-c', script, 'sh', String(pid), dir, temporary ? 'temporary' : 'kept'], { cwd: '/', env: serverEnvironment, stdio: ['pipe', 'ignore', 'ignore'], detached: true, ...account });
  shell.unref();
  // A pipe of a child is a socket, which its type does not tell; referenced, it would keep this process alive.
  if (shell.stdin !== null && 'unref' in shell.stdin && typeof shell.stdin.unref === 'function') shell.stdin.unref();
  return shell;
}

/** A port of loopback that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((listening, failed) => { probe.once('error', failed).listen(0, '127.0.0.1', listening); });
  const address = probe.address();
  await new Promise((closed) => { probe.close(closed); });
  if (address === null || typeof address === 'string') throw new Error('loopback gave no port');
  return address.port;
}
