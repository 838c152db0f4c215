import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../examples/support/postgres-server.ts';
import { onCleanup } from './cleanup.ts';
import type { Login } from './path.ts';
import { type Started, start } from './process.ts';

export type ToGateway = { readonly ask: 'memory' } | { readonly ask: 'profile' } | { readonly ask: 'profile-to'; readonly file: string };

/** What the gateway's process says. Sizes in bytes, after a collection. */
export type FromGateway =
  | { readonly say: 'profiling' }
  | { readonly say: 'profiled' }
  | { readonly say: 'ready'; readonly port: number; readonly user: string; readonly secret: string }
  | { readonly say: 'memory'; readonly rss: number; readonly heapUsed: number; readonly external: number };

export type Memory = Omit<Extract<FromGateway, { say: 'memory' }>, 'say'>;

export interface Gateway {
  readonly login: Login;
  readonly process: Started;
  /** The folder of its policies. */
  readonly policies: string;
  memory(): Promise<Memory>;
  /** Writes a .cpuprofile of what runs in the gateway meanwhile. */
  profile(file: string, meanwhile: () => Promise<unknown>): Promise<void>;
}

/** A folder with a config for that server, the baseline policies and an empty state. */
export async function gatewayFolder(server: Login): Promise<{ readonly file: string; readonly port: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'guardrails-bench-'));
  onCleanup(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  await cp(fileURLToPath(new URL('../policies/baseline', import.meta.url)), join(folder, 'policies/baseline'), { recursive: true });
  await writeFile(join(folder, 'password'), server.password, { mode: 0o600 });
  const port = await freePort();
  const file = join(folder, 'guardrails.yaml');
  // Sessions: the idle ones. Text: so that statements of a megabyte are read, which is dearer than refusing them for their length.
  await writeFile(file, `version: 1
targets:
  bench:
    protocol: postgres
    listen: 127.0.0.1:${port}
    upstream: postgres://${server.user}@127.0.0.1:${server.port}/${server.database}
    password: { file: ./password }
    environment: production
    limits: { text: 2MiB, sessions: 5000 }
gateway:
  admin: off
  log: { level: warn }
  drain: 1s
`, { mode: 0o600 });
  return { file, port };
}

export async function startGateway(server: Login): Promise<Gateway> {
  const { file } = await gatewayFolder(server);
  const started = start(process.execPath, ['--expose-gc', fileURLToPath(new URL('./gateway-process.ts', import.meta.url)), file], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const ready = await next(started, 'ready');
  return {
    process: started, policies: join(dirname(file), 'policies/baseline'), login: { port: ready.port, user: ready.user, password: ready.secret, database: server.database },
    memory: () => ask(started, { ask: 'memory' }, 'memory'),
    profile: async (file, meanwhile) => {
      await ask(started, { ask: 'profile' }, 'profiling');
      await meanwhile();
      await ask(started, { ask: 'profile-to', file }, 'profiled');
    },
  };
}

function ask<Say extends FromGateway['say']>(started: Started, question: ToGateway, say: Say): Promise<Extract<FromGateway, { say: Say }>> {
  const answer = next(started, say);
  started.child.send(question);
  return answer;
}

function next<Say extends FromGateway['say']>({ child }: Started, say: Say): Promise<Extract<FromGateway, { say: Say }>> {
  return new Promise((resolve, reject) => {
    const ended = (): void => { reject(new Error('the gateway ended; its last words are above')); };
    const take = (message: FromGateway): void => {
      if (!isSaying(message, say)) return;
      child.off('message', take).off('exit', ended);
      resolve(message);
    };
    child.on('message', take).once('exit', ended);
  });
}

function isSaying<Say extends FromGateway['say']>(message: FromGateway, say: Say): message is Extract<FromGateway, { say: Say }> { return message.say === say; }
