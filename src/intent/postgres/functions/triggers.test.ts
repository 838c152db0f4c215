import type { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPostgres, type PostgresServer } from '../../../../examples/support/postgres-server.ts';
import { connect } from '../../../../test/support/servers.ts';
import { loadCatalog } from '../../../catalog/load.ts';
import { catalogOf } from '../../../catalog/snapshot.ts';
import type { Catalog } from '../../../core/catalog.ts';
import { formatEffect } from '../../../core/format.ts';
import { initialState } from '../../../core/interpretation.ts';
import { createPostgresInterpreter, type PostgresInterpreter } from '../interpreter.ts';

let server: PostgresServer;
let client: Client;
let catalog: Catalog;
let interpreter: PostgresInterpreter;
beforeAll(async () => {
  server = await startPostgres();
  client = await connect(server.connectionString());
  await client.query(`
    create extension moddatetime; create extension tcn; create extension lo;
    create table docs (id int primary key, body text, words tsvector, changed timestamptz, picture lo);
    create trigger words before insert on docs for each row execute function tsvector_update_trigger(words, 'pg_catalog.english', body);
    create trigger changed before update on docs for each row execute function moddatetime(changed);
    create trigger pictures before delete on docs for each row execute function lo_manage(picture);
    create table notes (id int primary key);
    create trigger tell after insert on notes for each row execute function triggered_change_notification()`);
  catalog = catalogOf((await loadCatalog(client)).snapshot);
  interpreter = await createPostgresInterpreter();
});
afterAll(async () => {
  await client.end();
  await server.stop();
});

async function effectsOf(text: string): Promise<readonly string[]> {
  const { statements } = await interpreter.interpret(text, catalog, { ...initialState, searchPath: ['public'] });
  return statements.flatMap(({ effects }) => effects).map((effect) => formatEffect(effect).replace(/ \[\d+,\d+\)$/u, ''));
}

test('triggers of the server\'s own and of extensions do what their packs say', async () => {
  expect(await effectsOf(`INSERT INTO docs (id, body) VALUES (1, 'a')`)).toEqual(['insert table:public.docs extent=bounded columns=id,body']);
  expect(await effectsOf(`UPDATE docs SET body = 'b' WHERE id = 1`)).not.toContainEqual(expect.stringContaining('opaque'));
  expect(await effectsOf('INSERT INTO notes VALUES (1)')).toContainEqual(expect.stringContaining('insert channel:*'));
  expect(await effectsOf('DELETE FROM docs WHERE id = 1')).toContainEqual(expect.stringContaining('destroy large-object:*'));
});
