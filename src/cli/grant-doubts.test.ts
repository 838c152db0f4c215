import { describe, expect, test } from 'vitest';
import type { Config } from '../config/config.ts';
import { resourceOf } from '../core/grant-scope.ts';
import { sayDoubts } from './grant-doubts.ts';
import { testCli } from './testing/test-cli.ts';
import type { Catalogs, GrantWish } from './tools.ts';

const config = {
  targets: [{ target: { name: 'shop' }, upstream: { database: 'shop_db' } }], purposes: new Map([['general', { name: 'general', verbs: ['read'], labels: [] }]]),
} as unknown as Config; // all that is looked at

function wish(over: Partial<GrantWish> = {}): GrantWish {
  return { target: 'shop', verbs: ['read'], for: '1h', resources: [], unmask: [], why: 'w', ...over };
}

async function said(given: GrantWish, lacking: Catalogs['lacking']): Promise<string> {
  const made = testCli({ tools: { catalogs: async () => ({ lacking } as unknown as Catalogs) } }); // the others are not asked
  await sayDoubts(made.cli, config, given);
  return made.err();
}

const lacks: Catalogs['lacking'] = async (_, target, refs) => (target === 'shop' ? refs.filter(({ path }) => path[1] === 'ordres') : undefined);

describe('doubts about a grant', () => {
  test('names that the target does not have', async () => {
    expect(await said(wish({ resources: ['table:public.orders', 'table:public.ordres'] }), lacks)).toBe('note: `table:public.ordres` is not in the database `shop_db` of `shop` today: see how it is written, with its schema and its case\n');
  });

  test('nothing is said where the target could not be asked', async () => {
    expect(await said(wish({ resources: ['table:public.ordres'] }), async () => undefined)).toBe('');
    expect(await said(wish({ resources: ['table:public.ordres'] }), () => { throw new Error('no such tool'); })).toBe('');
  });

  test('nobody is asked of the whole target', async () => {
    expect(await said(wish(), () => { throw new Error('asked'); })).toBe('');
    expect(resourceOf('table:public.orders')?.path).toEqual(['public', 'orders']);
  });

  test('a verb that no purpose allows', async () => {
    expect(await said(wish({ verbs: ['read', 'delete'] }), async () => [])).toBe('note: no purpose of the config allows `delete`, and the baseline lets no session do what its purpose does not: see purposes in the config\n');
  });
});
