import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkPolicies } from './check.ts';
import { readOwnSchema } from './files.ts';
import { formatIssue, type PolicyIssue } from './issue.ts';
import { loadPolicies } from './load.ts';
import { baseline, open, pack, permitAll } from './samples.ts';

function brief(issue: PolicyIssue): string {
  return formatIssue(issue).replaceAll(/\/\S*\/p\/a\.cedar/g, 'a.cedar');
}

/** What is said of a pack with these policies, without the folder's name. */
function said(text: string): { readonly errors: readonly string[]; readonly warnings: readonly string[] } {
  const { errors, warnings } = checkPolicies([pack('p', { 'a.cedar': text })]);
  return { errors: errors.map(brief), warnings: warnings.map(brief) };
}

const hold = (annotations: string, rest: string): string => `@id("h") @title("h") ${annotations} forbid (principal, action, resource) ${rest};`;
const approval = 'unless { context has approval && context.approval.count >= 1 }';

describe('the packs that ship', () => {
  test.each([baseline, open])('%s has no error and no warning', (folder) => {
    expect(checkPolicies([folder])).toMatchObject({ errors: [], warnings: [] });
  });

  // An editor finds the schema in the folder of the policy that it shows, and nowhere above.
  test.each([baseline, open])('%s has the schema beside it', (folder) => {
    expect(readFileSync(join(folder, 'schema.cedarschema'), 'utf8')).toBe(readOwnSchema().text);
  });

  test('every policy of the baseline that refuses says a way on or what it waits for, and its controls are named', () => {
    const { set } = loadPolicies([baseline]);
    const forbids = [...set?.policies.values() ?? []].filter((policy) => policy.effect === 'forbid');
    expect(forbids.filter((policy) => policy.ref.mend === undefined && policy.hold.length === 0).map((policy) => policy.ref.id)).toEqual([]);
    expect(forbids.length).toBeGreaterThan(15);
  });

  test('the baseline can be loaded with a pack of one\'s own', () => {
    expect(checkPolicies([baseline, pack('mine', { 'a.cedar': permitAll })]).ids).toContain('mine/all');
  });
});

describe('errors say where and how on', () => {
  test.each([
    ['a syntax error', `// ünï\n${permitAll}permit (principal action, resource);`, [/^a\.cedar:3:19: unexpected token `action`/]],
    ['no id', `${permitAll}\npermit (principal, action, resource);`, [/^a\.cedar:3:1: policy has no @id; give it an @id/]],
    ['an id that is none', '@id("A b") @title("x") permit (principal, action, resource);', [/`A b` is no id/]],
    ['an id twice', permitAll + permitAll, [/^a\.cedar:2:1: policy id `p\/all` is used twice, first at a\.cedar:1;/]],
    ['no title', '@id("a") permit (principal, action, resource);', [/`p\/a` has no @title/]],
    ['a title without words', '@id("a") @title permit (principal, action, resource);', [/`p\/a` has no @title/]],
    ['a template', '@id("a") @title("a") permit (principal == ?principal, action, resource);', [/has a template/]],
    ['a name that is not in the schema', '@id("a") @title("a")\npermit (principal, action, resource)\nwhen { context.extend == Extent::"all" };', [/^a\.cedar:3:\d+: policy `p\/a`: .*extend/]],
    ['a value that is not in a closed vocabulary', '@id("a") @title("a") permit (principal, action, resource) when { context has approval && resource.target == Target::"x" && context.verb == Verb::"remove" };', [/remove/]],
    ['a hold for what is no evidence', hold('@hold("patience")', approval), [/holds for `patience`, which is no evidence/]],
    ['a hold that nothing lifts', hold('@hold("justification")', ''), [/holds for justification but never reads context\.justification/]],
    ['no approvers and no quorum', hold('@hold("approval")', approval), [/without @approvers/, /without a @quorum/]],
    ['a quorum that is no number', hold('@hold("approval") @approvers("a") @quorum("two")', approval), [/without a @quorum/]],
    ['approvers of nothing', '@id("a") @title("a") @approvers("x") forbid (principal, action, resource);', [/without @hold/]],
    ['a permit that holds', '@id("a") @title("a") @hold("justification") permit (principal, action, resource) when { context has justification };', [/is a permit with @hold/]],
    ['a permit of nothing but text that is not seen', '@id("a") @title("reads\u200b only") permit (principal, action in Action::"any", resource);', [/has characters in @title that are not seen/]],
    ['a mend that is a book', `@id("a") @title("a") @mend("${'x'.repeat(501)}") forbid (principal, action == Action::"read", resource);`, [/has more than 500 characters in @mend/]],
    ['a name with characters that are not seen', '@id("a") @title("a") forbid (principal, action == Action::"read", resource == Table::"db/public.or\u200bders");', [/with characters that are not seen/]],
    ['text that turns', `${permitAll}// \u202e gnihton timrep`, [/^a\.cedar:2:4: has a character that turns the direction of text/]],
    ['an annotation twice', '@id("a") @title("a") @title("b") permit (principal, action in Action::"any", resource);', [/duplicate/]],
    ['an annotation that is almost one', hold('@holds("approval") @approver("a")', approval), [/@approver, which nobody reads; write @approvers/, /@holds, which nobody reads; write @hold/]],
    ['an annotation in capitals', '@id("a") @title("a") @Mode("observe") forbid (principal, action == Action::"read", resource);', [/@Mode, which nobody reads; write @mode/]],
    ['approvers with a comma', hold('@hold("approval") @approvers("a, b") @quorum("1")', approval), [/`a,`, which is no name of a group/]],
    ['approvers in letters that look alike', hold('@hold("approval") @approvers("\u0430dmins") @quorum("1")', approval), [/`\u0430dmins`, which is no name of a group/]],
    ['a quorum in another notation', hold('@hold("approval") @approvers("a") @quorum("0x2")', approval), [/without a @quorum of 1 to 9/]],
    ['an empty quorum', hold('@hold("approval") @approvers("a") @quorum("")', approval), [/without a @quorum of 1 to 9/]],
    ['an id in letters that look alike', '@id("\u0430ll") @title("a") permit (principal, action in Action::"any", resource);', [/is no id/]],
    ['evidence that is read without asking whether it is there', '@id("a") @title("a") forbid (principal, action == Action::"read", resource) unless { context.approval.count > 1 };', [/unable to guarantee safety of access to optional attribute `approval`/]],
    ['evidence that is read before it is asked for', '@id("a") @title("a") forbid (principal, action == Action::"read", resource) unless { context.approval.count > 1 && context has approval };', [/optional attribute `approval`/]],
    ['evidence that is read where it is not', '@id("a") @title("a") forbid (principal, action == Action::"read", resource) when { !(context has approval) && context.approval.count > 1 };', [/optional attribute `approval`|impossible/]],
  ])('%s', (_, text, expected) => {
    const { errors } = said(text);
    for (const [index, pattern] of expected.entries()) expect(errors[index]).toMatch(pattern);
  });

  test.each([
    ['a policy that can never fire', '@id("a") @title("a") forbid (principal is User, action, resource) when { principal is Agent };', /policy `p\/a`: .*impossible/],
    ['law 1, in a condition', '@id("a") @title("a") forbid (principal, action, resource) when { resource in Schema::"db/hr" };', /law 1/],
    ['law 1, in the scope', '@id("a") @title("a") forbid (principal, action, resource in Schema::"db/hr");', /law 1/],
    ['law 1, of the principal', '@id("a") @title("a") forbid (principal in Group::"x", action, resource);', /hierarchy of `principal`/],
    ['a forbid that evidence makes fire', '@id("a") @title("a") forbid (principal, action, resource) when { context has approval };', /reads context\.approval/],
    ['arithmetic that can leave the integers', '@id("a") @title("a") forbid (principal, action == Action::"read", resource) when { context.amount.rows + 9223372036854775807 > 0 };', /computes what can be more than an integer holds/],
    ['a product that can', '@id("a") @title("a") forbid (principal, action == Action::"read", resource) when { context.amount.rows * 1025 > 0 };', /computes what can be more than an integer holds/],
    ['letters of two scripts in one name', '@id("a") @title("a") forbid (principal, action == Action::"read", resource == Table::"db/public.\u043erders");', /letters of several scripts, which look alike/],
    ['evidence without a hold', '@id("a") @title("a") forbid (principal, action, resource) unless { context has approval };', /has no @hold/],
    ['a schema alone, where what is in it is mostly meant', '@id("a") @title("a") forbid (principal, action, resource == Schema::"db/hr");', /is a forbid of `Schema::"db\/hr"` itself, and of nothing in it.*`resource in`/],
  ])('warns: %s', (_, text, pattern) => {
    const { errors, warnings } = said(text);
    expect(errors).toEqual([]);
    expect(warnings.join('\n')).toMatch(pattern);
  });

  test('law 1 is of forbids: a permit may look at hierarchies, and a forbid at action groups', () => {
    expect(said('@id("a") @title("a") permit (principal in Group::"x", action in Action::"any", resource in Schema::"db/hr");\n@id("b") @title("b") forbid (principal, action in Action::"write", resource);').warnings).toEqual([]);
  });

  test('law 2: only evidence may be absent for a forbid', () => {
    expect(said('@id("a") @title("a") forbid (principal, action, resource is Path) when { resource has workspace };').errors.join()).toMatch(/law 2/);
  });

  test('files that are not text, folders that are empty, names that are none', () => {
    expect(checkPolicies([pack('p', { 'a.txt': '' })]).errors.map(formatIssue).join()).toMatch(/has no \*\.cedar file/);
    expect(checkPolicies([pack('p q', { 'a.cedar': permitAll })]).errors.map(formatIssue).join()).toMatch(/is no name for a pack/);
    expect(checkPolicies([pack('p', { 'a.cedar': permitAll }), pack('p', { 'a.cedar': permitAll })]).errors.map(formatIssue).join()).toMatch(/two packs named `p`/);
    expect(checkPolicies([]).errors).toHaveLength(1);
    expect(checkPolicies([pack('p', { 'a.cedar': `${permitAll}// ${'x'.repeat(1024 * 1024)}` })]).errors.map(formatIssue).join()).toMatch(/at most 1048576 are read/);
  });

  test('files that look like policies and are not read', () => {
    const { errors, warnings } = checkPolicies([pack('p', { 'a.cedar': permitAll, 'B.CEDAR': 'forbid', 'more/c.cedar': 'forbid', 'tests/d.cedar': 'forbid', 'e.cedar.bak': 'forbid', 'notes.md': '' })]);
    expect(errors).toEqual([]);
    expect(warnings.map(formatIssue).map((text) => text.replace(/^.*\/p\//, '')).toSorted()).toEqual(['B.CEDAR', 'more/c.cedar', 'tests/d.cedar'].map((name) => `${name}: is not read: policies are the files *.cedar of the folder itself; move it there, or to where no pack is`));
  });

  test('arithmetic that stays among the integers is fine', () => {
    expect(said('@id("a") @title("a") forbid (principal, action == Action::"read", resource) when { context.amount.rows * 1000 - context.run.destroyed > 5 + 3 };').warnings).toEqual([]);
  });

  test('annotations of one\'s own are nobody\'s business', () => {
    expect(said('@id("a") @title("a") @owner("sales") @see("OPS-1") permit (principal, action in Action::"any", resource);')).toEqual({ errors: [], warnings: [] });
  });

  test('a schema of its own is not used, and said to be another', () => {
    expect(checkPolicies([pack('p', { 'a.cedar': permitAll, 'schema.cedarschema': 'entity A;' })])).toMatchObject({ errors: [], warnings: [{ message: expect.stringContaining('used instead') }] });
  });
});

function version(files: Record<string, string>): string | undefined {
  return loadPolicies([pack('p', files)]).set?.version;
}

test('the version is of the contents: tests and folders do not count, every policy does', () => {
  const one = version({ 'a.cedar': permitAll });
  expect(version({ 'a.cedar': permitAll, 'tests/a.decide': '' })).toBe(one);
  expect(version({ 'a.cedar': `${permitAll} ` })).not.toBe(one);
  expect(version({ 'b.cedar': permitAll })).not.toBe(one);
});
