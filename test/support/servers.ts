import { existsSync } from 'node:fs';
import { Client } from 'pg';

const debian15 = '/usr/lib/postgresql/15/bin';

/** The server of the npm package, and Debian's where it is installed. */
export const servers: readonly { readonly name: string; readonly options: { readonly bin?: string } }[] = [
  { name: 'the embedded server', options: {} },
  ...(existsSync(debian15) ? [{ name: 'PostgreSQL 15', options: { bin: debian15 } }] : []),
];

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
