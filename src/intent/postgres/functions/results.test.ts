import { expect, test } from 'vitest';
import { startPostgres } from '../../../../examples/support/postgres-server.ts';
import { connect, servers } from '../../../../test/support/servers.ts';
import { builtinResult, knownResults } from './results.ts';

test.each(servers)('$name: what a built-in function gives in FROM has the columns that are said of it', async ({ options }) => {
  const server = await startPostgres(options);
  const client = await connect(server.connectionString());
  const { rows } = await client.query<{ name: string; kind: string; outs: string[] }>(`
    SELECT p.proname AS name, CASE WHEN t.typtype IN ('b', 'e', 'r', 'm') OR array_length(o.outs, 1) > 1 THEN 'known' ELSE 'unknown' END AS kind, o.outs
    FROM pg_proc p JOIN pg_type t ON t.oid = p.prorettype
    CROSS JOIN LATERAL (SELECT ARRAY(SELECT p.proargnames[i] FROM generate_subscripts(p.proargmodes, 1) AS i WHERE p.proargmodes[i] IN ('o', 'b', 't') ORDER BY i) AS outs) AS o
    WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname = ANY ($1)`, [knownResults]);
  expect(rows.length).toBeGreaterThan(50);
  const said = rows.map(({ name }) => ({ name, kind: 'known', columns: builtinResult(name, 'alone') }));
  expect(rows.map(({ name, kind, outs }) => ({ name, kind, columns: outs.length === 0 ? ['alone'] : outs }))).toEqual(said);
  await client.end();
  await server.stop();
});
