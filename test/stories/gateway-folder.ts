import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadShop } from '../../examples/shop/load.ts';
import { startPostgres } from '../../examples/support/postgres-server.ts';
import { connect } from '../support/servers.ts';
import { cli, freePort, type Running, startCli } from './cli-runner.ts';

/** A shop, and a folder from which the real CLI guards it; nothing runs yet but the database. */
export interface GatewayFolder {
  readonly dir: string;
  readonly data: string;
  readonly admin: number;
  /** Makes a person with all that ordinary work needs, or with just these verbs; her connection string. */
  createUser(name: string, verbs?: string): Promise<string>;
  /** As the superuser, in the shop's database. */
  administer(sql: string): Promise<void>;
  /** `guardrails start` with these options; resolves when it has said that it records. */
  start(...options: readonly string[]): Promise<Running>;
  /** Kills what was started and still runs. */
  kill(): Promise<void>;
  /** The same, and takes all away. */
  end(): Promise<void>;
}

/** `keys`: lines of YAML for the target, besides the usual ones. */
export async function gatewayFolder(keys: readonly string[] = []): Promise<GatewayFolder> {
  const server = await startPostgres();
  const shop = await loadShop(server);
  const dir = await mkdtemp(join(tmpdir(), 'guardrails-story-'));
  const [listen, admin] = [await freePort(), await freePort()];
  const data = join(dir, 'data');
  await mkdir(data, { mode: 0o700 });
  await writeFile(join(dir, 'password'), shop.password, { mode: 0o600 });
  await writeFile(join(dir, 'guardrails.yaml'), `version: 1
policy: ${join(import.meta.dirname, '../../policies/baseline')}
gateway: { data: ./data, admin: "127.0.0.1:${admin}", drain: 2s }
targets:
  shop:
    protocol: postgres
    listen: 127.0.0.1:${listen}
    upstream: postgres://${shop.user}@127.0.0.1:${server.port}/${shop.database}
    password: { file: ./password }
    environment: production
${keys.map((line) => `    ${line}\n`).join('')}`, { mode: 0o600 });
  const started: Running[] = [];
  const kill = async (): Promise<void> => {
    for (const gateway of started) gateway.signal('SIGKILL');
    await Promise.all(started.map((gateway) => gateway.ended));
  };
  return {
    dir, data, admin,
    createUser: async (name, verbs = 'read,insert,update,delete,execute,configure') => {
      const made = await cli(dir, ['user', 'create', name, '--target', 'shop', '--can', verbs, '--for', '8h', '--print', '--json']);
      const url = /postgres:\/\/[^"\s]+/.exec(made.out)?.[0];
      if (url === undefined) throw new Error(`no connection string: ${made.out}${made.err}`);
      return url;
    },
    administer: async (sql) => {
      const admin = await connect(server.connectionString(shop.database));
      await admin.query(sql);
      await admin.end();
    },
    start: async (...options) => {
      const gateway = startCli(dir, ['start', ...options]);
      started.push(gateway);
      await gateway.until('recording');
      return gateway;
    },
    kill,
    end: async () => {
      await kill();
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
