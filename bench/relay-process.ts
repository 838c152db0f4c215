import { fileURLToPath } from 'node:url';
import { freePort } from '../examples/support/postgres-server.ts';
import type { Login, Path } from './path.ts';
import { listening, start } from './process.ts';

/** bench/relay.ts in front of a server. */
export async function startRelay(server: Login): Promise<Path> {
  const port = await freePort();
  const started = start(process.execPath, [fileURLToPath(new URL('./relay.ts', import.meta.url)), String(port), String(server.port)]);
  await listening(started, port);
  return { name: 'relay', login: { ...server, port }, pid: started.pid };
}
