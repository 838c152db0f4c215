import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { onCleanup } from './cleanup.ts';

/** Milliseconds that something we started has to listen, and to end when asked. */
const LISTEN_MS = 20_000;
const END_MS = 5_000;

export interface Started { readonly child: ChildProcess; readonly pid: number; stop(): Promise<void> }

/**
 * Starts a process that ends with the benchmark: SIGTERM, then SIGKILL. Of a group of its own, so that Ctrl-C reaches us alone and the order
 * of ending is ours.
 */
export function start(command: string, args: readonly string[], options: SpawnOptions = {}): Started {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'], detached: true, ...options });
  const gone = new Promise<void>((resolve) => { child.once('exit', () => { resolve(); }).once('error', () => { resolve(); }); });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${command} could not be started`);
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const timer = setTimeout(() => { child.kill('SIGKILL'); }, END_MS);
    await gone;
    clearTimeout(timer);
  };
  onCleanup(stop);
  return { child, pid, stop };
}

/** Resolves with the milliseconds until somebody listens on a port of loopback. Throws when the process ends before, or nobody does. */
export async function listening({ child }: Started, port: number): Promise<number> {
  const begun = performance.now();
  while (performance.now() - begun < LISTEN_MS) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${child.spawnfile} ended before it listened (${child.signalCode ?? child.exitCode})`);
    if (await answers(port)) return performance.now() - begun;
    await sleep(2);
  }
  throw new Error(`nobody listens on port ${port} after ${LISTEN_MS / 1000} s`);
}

async function answers(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port });
  try {
    return await new Promise<boolean>((resolve) => { socket.once('connect', () => { resolve(true); }).once('error', () => { resolve(false); }); });
  } finally {
    socket.destroy();
  }
}

/** Resident bytes of a process (proc(5), /proc/pid/status); undefined where there is no such file. */
export async function residentBytes(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}

/** Of a clock tick in /proc/PID/stat (USER_HZ), microseconds; 100 a second on every Linux that Node runs on. */
const tick = 10_000;

/** Microseconds of CPU that a process has used, its own and the kernel's for it (proc(5), /proc/pid/stat, fields 14 and 15); undefined where there is no such file. */
export async function cpuTime(pid: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The name in field 2 may hold blanks; after its bracket comes field 3.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields === undefined ? undefined : (Number(fields[11]) + Number(fields[12])) * tick;
}
