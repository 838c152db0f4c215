import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { verbs, type Verb } from './effect.ts';
import { mayDo, resourceOf, scopeDoubts, scopeFault, type GrantScope } from './grant-scope.ts';

function scope(resources: readonly string[], can: GrantScope['verbs'] = ['read', 'update'], target = 'shop'): GrantScope {
  return { target, protocol: 'postgres', verbs: can, resources };
}

function said(...args: Parameters<typeof scope>): string {
  const fault = scopeFault(scope(...args));
  return fault === undefined ? 'fine' : `${fault.code}: ${fault.message}; ${fault.mend}`;
}

describe('a grant that can cover nothing', () => {
  test.each<[string, string, GrantScope['verbs']?]>([
    ['target:other', 'other-target: `target:other` is another target than that of the grant, `shop`; make a grant for `other`, or leave the resource away: the whole of `shop` is meant then'],
    ['table:other-db/public.orders', 'other-target: `table:other-db/public.orders` has a target in its name; make a grant for that target, and write `table:public.orders`; a name with a slash in it goes in double quotes'],
    ['table:shop/public.orders', 'invalid-resource: `table:shop/public.orders` has a target in its name; write `table:public.orders`; a name with a slash in it goes in double quotes'],
    ['schema:shop/public', 'invalid-resource: `schema:shop/public` has a target in its name; write `schema:public`; a name with a slash in it goes in double quotes'],
    ['table:shop.public.orders', 'invalid-resource: `table:shop.public.orders` has 3 parts, and a table has 2 at most; write `table:public.orders`: databases are no part of names; a name with a dot in it goes in double quotes'],
    ['schema:shop.public', 'invalid-resource: `schema:shop.public` has 2 parts, and a schema has 1 at most; write `schema:public`: databases are no part of names; a name with a dot in it goes in double quotes'],
    ['column:orders.total', 'invalid-resource: `column:orders.total` does not say of which table; write it as `column:public.users.email`'],
    ['table:public.ord*', 'invalid-resource: `table:public.ord*` has a `*` that is not a whole name; write `table:public.*` for all of a schema; a name with a star in it goes in double quotes'],
    ['table:*s.orders', 'invalid-resource: `table:*s.orders` has a `*` that is not a whole name; write `table:public.*` for all of a schema; a name with a star in it goes in double quotes'],
    ['endpoint:v1.orders', 'invalid-resource: `shop` speaks postgres, in which no command is about `endpoint:v1.orders`; name what it has: a schema, a table, a function, a sequence'],
    ['tool:search', 'invalid-resource: `shop` speaks postgres, in which no command is about `tool:search`; name what it has: a schema, a table, a function, a sequence'],
    ['tabel:orders', 'invalid-resource: `tabel:orders` is not a resource; write it as `table:public.users` or `schema:public`'],
    ['column:public.people.name', 'unknown-verb: nothing that `read,update` stands for is done to `column:public.people.name`; grant it on the table: `table:public.people`; which of its columns are read is for policies to say'],
    ['role:bob', 'unknown-verb: nothing that `insert` stands for is done to `role:bob`; grant what is done to it: `define`, `destroy`, `configure`, `execute`, `read`', ['insert']],
  ])('%s', (resource, words, can) => { expect(said([resource], can)).toBe(words); });

  test('one of several is enough, and a verb that none of them takes', () => {
    expect(said(['table:public.orders', 'target:other'])).toMatch(/^other-target/);
    expect(said(['role:bob', 'extension:vector'], ['configure', 'insert'])).toBe('unknown-verb: nothing that `insert` stands for is done to `role:bob`, `extension:vector`; leave `insert` away, or name a table');
    expect(said(['role:bob', 'table:public.orders'], ['configure', 'insert'])).toBe('fine');
  });

  test.each([
    [], ['target:shop'], ['schema:public'], ['table:public.orders'], ['table:orders'], ['table:*'], ['table:public.*'], ['table:*.orders'], ['table:public."a/b"'], ['table:"other/public".orders'], ['table:"shop.public".orders'],
    ['table:public."ord*"'], ['sequence:public.orders_id_seq'], ['function:public.f'], ['path:/tmp/out'], ['host:db.example.com'], ['large-object:*'], ['table:pg_catalog.pg_class'],
  ].map((resources) => [resources]))('%j is granted', (resources) => { expect(said(resources)).toBe('fine'); });

  test.each(['setting:app.tenant', 'role:bob', 'session:*'])('%s is granted for what is done to it', (resource) => { expect(said([resource], ['configure', 'execute'])).toBe('fine'); });

  test('a column can be dropped, and shown', () => {
    expect(said(['column:public.people.name'], ['destroy'])).toBe('fine');
    expect(said(['column:public.people.name'], ['unmask'])).toBe('fine');
    expect(said(['column:public.people.name', 'table:public.people'], ['read', 'unmask'])).toBe('fine');
  });

  test('nothing that commands do is taken for impossible', () => {
    const folder = join(import.meta.dirname, '../intent/postgres/testdata');
    const seen = new Set<string>();
    for (const name of readdirSync(folder).filter((one) => one.endsWith('.effects'))) {
      for (const [, verb = '', resource = ''] of readFileSync(join(folder, name), 'utf8').matchAll(/^([a-z]+) ([a-z-]+:\S+)(?: .*)?\[\d+,\d+\)$/gm)) {
        const kind = resourceOf(resource)?.kind;
        if (kind === undefined || !verbs.some((one) => one === verb)) continue;
        seen.add(`${verb} ${kind}`);
        expect(mayDo(verb as Verb, kind), `${verb} ${resource}`).toBe(true);
      }
    }
    expect(seen.size).toBeGreaterThan(60);
  });
});

test('a table without its schema is granted, and doubted', () => {
  expect(scopeDoubts(['table:orders', 'table:*', 'table:public.orders', 'schema:public'])).toEqual([
    '`table:orders` has no schema, and covers only what a command names where the schema is not known: write `table:public.orders`, or `table:*.orders` for whatever schema',
  ]);
});
