import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from 'pg';
import { startPostgres } from '../../../examples/support/postgres-server.ts';
import { connect } from '../../support/servers.ts';

/** A server of its own, whose database holds schema.sql, and one session of its owner. Nobody else writes there: every transaction id is that session's. */
export interface World {
  readonly actor: Client;
  /** What the session's search path is, as it was set at its start. */
  readonly searchPath: readonly string[];
  close(): Promise<void>;
}

const searchPath = ['app', 'public'];

/** Takes some two seconds. Throws what the server says of the schema. */
export async function openWorld(): Promise<World> {
  const server = await startPostgres({ settings: { autovacuum: 'off', track_functions: 'all', max_prepared_transactions: '2', statement_timeout: '10s', jit: 'off' } });
  const closing: (() => Promise<void>)[] = [() => server.stop('immediate')];
  const close = async (): Promise<void> => { for (const step of closing.toReversed()) await step(); };
  try {
    const admin = await connect(server.connectionString());
    closing.push(() => admin.end());
    await admin.query('CREATE DATABASE oracle');
    const loader = await connect(server.connectionString('oracle'));
    closing.push(() => loader.end());
    await loader.query(await readFile(join(import.meta.dirname, 'schema.sql'), 'utf8'));
    const path = encodeURIComponent(`-c search_path=${searchPath.join(',')}`);
    const actor = await connect(`postgresql://actor:actor@${server.host}:${server.port}/oracle?options=${path}`);
    closing.push(() => actor.end());
    // What a session does once: it gets a temporary schema, and settings of the language.
    await actor.query('CREATE TEMP TABLE first (); DROP TABLE first; DO $$ BEGIN END $$');
    return { actor, searchPath, close };
  } catch (error) {
    await close();
    throw error;
  }
}
