import { existsSync } from 'node:fs';
import { Client } from 'pg';

const debian15 = '/usr/lib/postgresql/15/bin';

const given = process.env['GUARDRAILS_POSTGRES_BIN'];

/** The server of the npm package, and Debian's where it is installed; or the one that is given. */
export const servers: readonly { readonly name: string; readonly options: { readonly bin?: string } }[] = given === undefined ? [
  { name: 'the embedded server', options: {} },
  ...(existsSync(debian15) ? [{ name: 'PostgreSQL 15', options: { bin: debian15 } }] : []),
] : [{ name: 'the server that was given', options: { bin: given } }];

export async function connect(connectionString: string): Promise<Client> {
  const client = new Client({ connectionString });
  // Tests end servers under their clients.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** The one value of the one row. */
export async function value(client: Client, sql: string, parameters: readonly unknown[] = []): Promise<unknown> {
  return (await client.query<unknown[]>({ text: sql, values: [...parameters], rowMode: 'array' })).rows[0]?.[0];
}
