import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rewritePolicyTests, testPolicies } from './check.ts';
import { goldenCases } from './golden-file.ts';
import { baseline, open, pack, permitAll, testPack } from './samples.ts';

describe('golden cases of the packs', () => {
  // REWRITE=1 writes what is decided now; the diff is the review.
  test.each([baseline, open, testPack('naming')])('%s', (folder) => {
    if (process.env['REWRITE'] === '1') rewritePolicyTests([folder]);
    const { passed, failed } = testPolicies([folder]);
    expect(failed).toEqual([]);
    expect(passed).toBeGreaterThan(1);
  });
});

describe('the form of golden cases', () => {
  const text = '# why\ndecide\nread table:public.a\n----\ndeny no-permit\n\ndecide cannot\n# a comment within\nread table:public.a\n----\n\ndecide\nread\n';

  test('cases have line, input and expectation', () => {
    expect(goldenCases({ file: 'a', text }).map(({ line, command, input, expected }) => [line, command, input, expected])).toEqual([
      [2, 'decide', ['read table:public.a'], 'deny no-permit'], [7, 'decide cannot', ['read table:public.a'], ''], [12, 'decide', ['read'], ''],
    ]);
  });

  test('what came out otherwise is told with its place, and can be written', () => {
    const folder = pack('p', { 'a.cedar': permitAll, 'tests/a.decide': text });
    const file = join(folder, 'tests', 'a.decide');
    const { passed, failed } = testPolicies([folder]);
    expect([passed, failed.map(({ line, expected, got }) => [line, expected, got])]).toEqual([0, [
      [2, 'deny no-permit', 'permit by p/all'], [7, '', 'permit by p/all'], [12, '', 'error: `` is no resource; write kind:part.part'],
    ]]);
    expect(rewritePolicyTests([folder])).toEqual([file]);
    expect(readFileSync(file, 'utf8')).toBe('# why\ndecide\nread table:public.a\n----\npermit by p/all\n\ndecide cannot\n# a comment within\nread table:public.a\n----\npermit by p/all\n\ndecide\nread\n----\nerror: `` is no resource; write kind:part.part\n');
    expect(rewritePolicyTests([folder])).toEqual([]);
  });

  test('a misspelt word is an error, not another question', () => {
    const folder = pack('p', { 'a.cedar': permitAll, 'tests/a.decide': 'decide enviroment=staging\n----\npermit\n\nderide\n----\npermit\n\ndecide\nread table:public.a extend=all\n----\npermit\n' });
    expect(testPolicies([folder]).failed.map(({ got }) => got.slice(0, 40))).toEqual(['error: `enviroment=staging` is not a wor', 'error: a case starts with `decide` or `a', 'error: `extend=all` is not a word here; ']);
  });

  test('a set that does not load has one failure that says why', () => {
    expect(testPolicies([pack('p', { 'a.cedar': 'permit' })])).toMatchObject({ passed: 0, failed: [{ line: 1 }] });
  });
});
