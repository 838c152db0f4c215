import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createLog } from '../../src/admin/log.ts';
import { createMetrics } from '../../src/admin/metrics.ts';
import { startGateway } from '../../src/compose/gateway.ts';
import { formatFinding, loadConfig } from '../../src/config/load.ts';
import { verbs } from '../../src/core/effect.ts';
import { createUser, grant } from '../../src/identity/registry.ts';
import { sqliteStore } from '../../src/store/sqlite-store.ts';
import { freePort } from '../../examples/support/postgres-server.ts';

export interface OpenGate {
  readonly port: number;
  /** Of the user `postgres`. */
  readonly password: string;
  close(): Promise<void>;
}

/** A gateway in this process, with the policy that permits everything, before the server on `upstreamPort` of this machine. Its files are in `data`, which the caller removes. */
export async function openGate(data: string, upstreamPort: number): Promise<OpenGate> {
  const port = await freePort();
  await writeFile(join(data, 'guardrails.yaml'), `version: 1
policy: ${resolve(import.meta.dirname, '../../policies/open')}
gateway: { data: ./data }
targets:
  regress:
    protocol: postgres
    listen: 127.0.0.1:${port}
    upstream: postgres://postgres@127.0.0.1:${upstreamPort}/postgres
    databases: "*"
    environment: local
`, { mode: 0o600 });
  const loaded = await loadConfig(join(data, 'guardrails.yaml'));
  if (!loaded.ok) throw new Error(loaded.errors.map(formatFinding).join('\n'));
  const { config, digest } = loaded;
  const store = sqliteStore({ path: join(config.gateway.data, 'state.db'), clock: Date.now, randomBytes });
  const context = { store, clock: Date.now, randomBytes, by: 'test' };
  const password = (await createUser(context, { name: 'postgres' })).secret;
  await grant(context, { holder: { kind: 'principal', name: 'postgres' }, target: 'regress', verbs, for: '1d' });
  const log = createLog({ level: 'warn', format: 'json' });
  const metrics = createMetrics({ worker: 0, targets: config.targets.map(({ target }) => target), build: { version: 'test', configDigest: digest } });
  const gateway = await startGateway({ config, configDigest: digest, worker: 0, log, metrics, forwardCancel: () => undefined });
  return {
    port, password,
    close: async () => {
      await gateway.stop('the suite has ended', 1_000);
      metrics.close();
      await store.close();
    },
  };
}
