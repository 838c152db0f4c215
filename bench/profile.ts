// Where the gateway's time goes: `node bench/profile.ts prepared|simple|tpcb|tpcb-prepared|pipeline [SECONDS] [FILE.cpuprofile]`.
// Prints the functions that a profile found at work most often; the file opens in Chromium's developer tools.
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { cleanUp, cleanUpOnSignals } from './cleanup.ts';
import { startGateway } from './gateway.ts';
import { type Load, pgbench } from './pgbench.ts';
import { pipelineScript } from './pipeline-script.ts';
import { startServer } from './server.ts';

/** Lines of the table. */
const rows = 40;

const cpuProfile = z.object({
  nodes: z.array(z.object({ id: z.number(), callFrame: z.object({ functionName: z.string(), url: z.string(), lineNumber: z.number() }), children: z.array(z.number()).default([]) })),
  samples: z.array(z.number()), timeDeltas: z.array(z.number()),
});

type Profile = z.output<typeof cpuProfile>;
type Frame = Profile['nodes'][number]['callFrame'];

/**
 * Native functions that are one system call. A sampling profile counts the clock on the wall: after a write to loopback the kernel often runs
 * the receiver first, so their time says little, and the shares are of the rest.
 */
const systemCalls: ReadonlySet<string> = new Set(['writeBuffer', 'writev', 'writeUtf8String', 'fdatasync', 'readStop', 'readStart', 'shutdown', 'readdirRecursive', 'lstat', 'stat']);

function print({ nodes, samples, timeDeltas }: Profile): void {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const callers = new Map(nodes.flatMap(({ id, children }) => children.map((child) => [child, id] as const)));
  const own = new Map<string, number>();
  const withCalled = new Map<string, number>();
  const time = { busy: 0, idle: 0, system: 0 };
  for (const [at, id] of samples.entries()) {
    const frame = frames.get(id);
    const delta = timeDeltas[at] ?? 0;
    if (frame === undefined || frame.url === 'node:inspector') continue;
    if (frame.functionName === '(idle)') time.idle += delta;
    else if (frame.url === '' && systemCalls.has(frame.functionName)) time.system += delta;
    else {
      time.busy += delta;
      const called = frame.url === '' ? caller(id, frames, callers) : undefined;
      add(own, `${nameOf(frame)}${called === undefined ? '' : `  <- ${nameOf(called)}`}`, delta);
      const stack = new Set<string>();
      for (let above: number | undefined = id; above !== undefined; above = callers.get(above)) {
        const at = frames.get(above);
        if (at !== undefined && at.url !== '' && !at.url.startsWith('node:')) stack.add(nameOf(at));
      }
      for (const name of stack) add(withCalled, name, delta);
    }
  }
  for (const [title, counted] of [['own time', own], ['with what it called', withCalled]] as const) {
    console.log(title);
    for (const [name, delta] of [...counted].toSorted((a, b) => b[1] - a[1]).slice(0, rows)) console.log(`${((100 * delta) / time.busy).toFixed(1).padStart(5)} %  ${name}`);
    console.log('');
  }
  console.log(`busy ${seconds(time.busy)}, in system calls (and waiting for a core after them) ${seconds(time.system)}, idle ${seconds(time.idle)}`);
}

function seconds(microseconds: number): string { return `${(microseconds / 1e6).toFixed(1)} s`; }
function add(counted: Map<string, number>, name: string, time: number): void { counted.set(name, (counted.get(name) ?? 0) + time); }

/** The nearest JavaScript above something native, which is named by it. */
function caller(id: number, frames: ReadonlyMap<number, Frame>, callers: ReadonlyMap<number, number>): Frame | undefined {
  for (let at = callers.get(id); at !== undefined; at = callers.get(at)) {
    const frame = frames.get(at);
    if (frame !== undefined && frame.url !== '' && !frame.url.startsWith('node:')) return frame;
  }
  return undefined;
}

function shorten(url: string): string { return url.replace(/^.*\/(?=(?:src|node_modules|bench)\/)/, ''); }
function nameOf({ functionName, url, lineNumber }: Frame): string { return `${functionName || '(anonymous)'}${url === '' ? '' : ` ${shorten(url)}:${lineNumber + 1}`}`; }

const [what = 'prepared', duration = '6', file] = process.argv.slice(2);

async function loadOf(name: string): Promise<Omit<Load, 'seconds'>> {
  switch (name) {
    case 'prepared': return { clients: 8, protocol: 'prepared', script: ['-S'] };
    case 'simple': return { clients: 8, protocol: 'simple', script: ['-S'] };
    case 'tpcb': return { clients: 8, protocol: 'simple', script: [] };
    case 'tpcb-prepared': return { clients: 8, protocol: 'prepared', script: [] };
    case 'pipeline': return { clients: 1, protocol: 'prepared', script: ['-f', await pipelineScript()] };
    default: throw new Error(`there is no load \`${name}\`; say prepared, simple, tpcb, tpcb-prepared or pipeline`);
  }
}

cleanUpOnSignals();
try {
  const load = await loadOf(what);
  const server = await startServer();
  const gateway = await startGateway(server.login);
  const out = file ?? join(await mkdtemp(join(tmpdir(), 'guardrails-profile-')), `${what}.cpuprofile`);
  await pgbench(gateway.login, { ...load, seconds: 2 });
  let tps = 0;
  await gateway.profile(out, async () => { ({ tps } = await pgbench(gateway.login, { ...load, seconds: Number(duration) })); });
  console.log(`${what}: ${tps.toFixed(0)} transactions/s while profiled; ${out}\n`);
  print(cpuProfile.parse(JSON.parse(await readFile(out, 'utf8'))));
} finally {
  await cleanUp();
}
