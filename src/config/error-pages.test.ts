import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sqlstateOf } from '../connectors/postgres/messages/refusal.ts';
import { opaqueReasons } from '../core/effect.ts';
import { refusalCodes } from '../core/refusal.ts';

const folder = join(import.meta.dirname, '../../docs/errors');

test.each(refusalCodes.map((code) => [code]))('%s has a page: what, why, the way on', (code) => {
  const page = readFileSync(join(folder, `${code}.md`), 'utf8');
  expect(page.split('\n')[0]).toBe(`# ${code}`);
  expect(page).toContain(`SQLSTATE \`${sqlstateOf(code)}\``);
  expect([...page.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)).toEqual(['Why', 'What to do']);
});

test('every opaque reason has a section, and no other has', () => {
  const page = readFileSync(join(folder, 'opaque.md'), 'utf8');
  expect([...page.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)).toEqual([...opaqueReasons]);
  expect([...page.matchAll(/^\*What to do:\* .+$/gm)]).toHaveLength(opaqueReasons.length);
});

test('no page is left of a code that is gone, and no link leads nowhere', () => {
  const pages = readdirSync(folder);
  const codes = new Set<string>([...refusalCodes, 'opaque', 'README']);
  expect(pages.filter((page) => !page.startsWith('policy-') && !codes.has(page.replace(/\.md$/, '')))).toEqual([]);
  const guides = join(folder, '../guide');
  for (const [from, page] of [...pages.map((name) => [folder, name] as const), [guides, 'configure.md'] as const, [guides, 'operate.md'] as const]) {
    for (const [, link = ''] of readFileSync(join(from, page), 'utf8').matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
      if (!/^https?:/.test(link)) expect([page, link, existsSync(join(from, link))]).toEqual([page, link, true]);
    }
  }
});
