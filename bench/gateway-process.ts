// The gateway as a process of its own: what `guardrails start` runs, plus an account to log in with and an answer to "how much memory is that?".
// `node --expose-gc bench/gateway-process.ts CONFIG`, started with an IPC channel by bench/gateway.ts.
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import { statePath } from '../src/compose/state-path.ts';
import { serve } from '../src/compose/serve.ts';
import { formatFinding, loadConfig } from '../src/config/load.ts';
import { createUser, grant } from '../src/identity/registry.ts';
import { sqliteStore } from '../src/store/sqlite-store.ts';
import type { FromGateway, ToGateway } from './gateway.ts';

const [file] = process.argv.slice(2);
if (file === undefined || process.send === undefined) throw new Error('this is started by bench/run.ts');

const loaded = await loadConfig(file);
if (!loaded.ok) throw new Error(loaded.errors.map(formatFinding).join('\n'));

const user = 'bench';
const store = sqliteStore({ path: statePath(loaded.config.gateway.data), clock: Date.now, randomBytes });
const context = { store, clock: Date.now, randomBytes, by: 'cli:bench' };
const { secret } = await createUser(context, { name: user });
for (const { target } of loaded.config.targets) {
  await grant(context, { holder: { kind: 'principal', name: user }, target: target.name, verbs: ['read', 'insert', 'update', 'delete', 'execute', 'configure'], for: '1d' });
}
await store.close();

const serving = await serve(loaded.config, loaded.digest, []);

function say(message: FromGateway): void { process.send?.(message); }

/** Microseconds between two looks at what runs. */
const sampling = 200;
const profiler = new Session();

async function profile(file: string): Promise<void> {
  const { profile } = await profiler.post('Profiler.stop');
  profiler.disconnect();
  await writeFile(file, JSON.stringify(profile));
  say({ say: 'profiled' });
}

async function watch(): Promise<void> {
  profiler.connect();
  await profiler.post('Profiler.enable');
  await profiler.post('Profiler.setSamplingInterval', { interval: sampling });
  await profiler.post('Profiler.start');
  say({ say: 'profiling' });
}

process.on('message', (message: ToGateway) => {
  switch (message.ask) {
    case 'memory': {
      globalThis.gc?.();
      const { rss, heapUsed, external } = process.memoryUsage();
      say({ say: 'memory', rss, heapUsed, external });
      break;
    }
    case 'profile': void watch(); break;
    case 'profile-to': void profile(message.file); break;
  }
});
process.once('SIGTERM', () => { void serving.stop('the benchmark is over').then(() => process.exit(0)); });
process.once('disconnect', () => { process.exit(1); });
say({ say: 'ready', port: serving.listening[0]?.port ?? 0, user, secret });
