import type { Client } from 'pg';
import { type PostgresOptions, startPostgres } from '../../examples/support/postgres-server.ts';
import { loadCatalog } from '../../src/catalog/load.ts';
import { catalogOf } from '../../src/catalog/snapshot.ts';
import type { Catalog } from '../../src/core/catalog.ts';
import { connect } from './servers.ts';

/** A real server, to compare what an interpreter says with what happens. */
export interface JudgingServer {
  readonly client: Client;
  /** As it was once everything was made. */
  readonly catalog: Catalog;
  /** As it is now. */
  readCatalog(): Promise<Catalog>;
  stop(): Promise<void>;
}

/** Makes what `sql` says. */
export async function startJudgingServer(sql: string, options: PostgresOptions = {}): Promise<JudgingServer> {
  const server = await startPostgres(options);
  const client = await connect(server.connectionString());
  const readCatalog = async (): Promise<Catalog> => catalogOf((await loadCatalog(client)).snapshot);
  const stop = async (): Promise<void> => {
    await client.end();
    await server.stop();
  };
  try {
    await client.query(sql);
    return { client, catalog: await readCatalog(), readCatalog, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
