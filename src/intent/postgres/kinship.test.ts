import { afterAll, describe, expect, test } from 'vitest';
import type { Catalog } from '../../core/catalog.ts';
import type { Effect } from '../../core/effect.ts';
import { formatEffect } from '../../core/format.ts';
import { initialState } from '../../core/interpretation.ts';
import { createPostgresInterpreter } from './interpreter.ts';
import { shopCatalog } from './testdata/catalog.ts';

const interpreter = await createPostgresInterpreter();
afterAll(async () => { await interpreter.close(); });

async function effects(text: string, catalog: Catalog = shopCatalog): Promise<readonly Effect[]> {
  return (await interpreter.interpret(text, catalog, initialState)).statements.flatMap((one) => one.effects);
}

describe('tables that hold rows of others', () => {
  test('of very many partitions the first are effects of their own, and the table stands for all', async () => {
    const made = await effects("DELETE FROM years.days WHERE at = 'x'");
    expect(made.filter(({ verb }) => verb === 'delete')).toHaveLength(65);
    expect(made[0]?.resource.parts?.map(({ path }) => path[1])).toEqual(Array.from({ length: 70 }, (_, day) => `day_${day}`));
    // One list for all that is read with this catalog.
    expect((await effects('SELECT at FROM years.days'))[0]?.resource.parts).toBe(made[0]?.resource.parts);
  });

  test('where all are effects of their own, nothing is said twice', async () => {
    for (const { resource } of await effects("DELETE FROM years.events WHERE at = 'x'")) expect(resource).not.toHaveProperty('parts');
  });

  test('what the server would not have, ends all the same: tables that are each other\'s parents', async () => {
    const looped = [{ oid: 1, name: 'a', children: [2] }, { oid: 2, name: 'b', children: [1] }].map((one) => ({
      schema: 'public', kind: 'table' as const, columns: [], keys: [], triggers: [], referencedBy: [], views: [], rules: [], rowSecurity: false, code: [], ...one,
    }));
    const catalog: Catalog = { ...shopCatalog, relations: looped, relationByOid: (oid) => looped.find((one) => one.oid === oid), relation: ({ name }) => looped.find((one) => one.name === name) };
    expect((await effects('DROP TABLE a', catalog)).map(formatEffect)).toEqual(['destroy table:public.a extent=all irreversible child-of=table:public.b [0,12)']);
    expect((await effects('ALTER TABLE a SET LOGGED', catalog)).map(formatEffect)).toEqual(['define table:public.a child-of=table:public.b more-parts=1 [0,24)']);
  });
});
