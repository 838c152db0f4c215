import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Principal } from '../core/principal.ts';
import { runProgram } from './program.ts';
import { testCli } from './testing/test-cli.ts';
import type { Could, CouldWish, Finding, Identities, Policies } from './tools.ts';

function targetYaml(name: string, port: number): string {
  return `  ${name}:\n    protocol: postgres\n    listen: 127.0.0.1:${port}\n    upstream: postgres://app@127.0.0.1:5432/shopdb\n    environment: production\n`;
}

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'check-'));
  mkdirSync(join(dir, 'policies/baseline'), { recursive: true });
  writeFileSync(join(dir, 'one.yaml'), `version: 1\ntargets:\n${targetYaml('shop', 6432)}purposes:\n  reporting: { verbs: [read] }\n`, { mode: 0o644 });
  writeFileSync(join(dir, 'two.yaml'), `version: 1\ntargets:\n${targetYaml('shop', 6432)}${targetYaml('stage', 6433)}`, { mode: 0o644 });
});
afterEach(() => {
  process.exitCode = undefined;
  rmSync(dir, { recursive: true });
});

const finding: Finding = { file: 'a.cedar', line: 3, column: 1, message: 'policy `p/a` is odd', mend: 'make it even' };
const yes: Could = {
  answer: 'yes', granted: undefined, notes: [],
  cases: [
    { outcome: 'permit', reason: undefined, needs: [], policies: ['p/grant'], observed: ['p/seen'], through: undefined, when: [{ purposes: ['general'], from: undefined, facets: { extent: ['one', 'bounded'] } }] },
    { outcome: 'hold', reason: undefined, needs: [{ kind: 'approval', approvers: ['owners'], quorum: 2 }, { kind: 'justification' }], policies: ['p/whole'], observed: [], through: undefined, when: [{ purposes: ['general', 'reporting'], from: Date.UTC(2027, 0, 1), facets: {} }] },
    { outcome: 'deny', reason: 'no-permit', needs: [], policies: [], observed: [], through: { kind: 'schema', path: ['public'], system: false }, when: [{ purposes: ['general', 'reporting'], from: undefined, facets: {} }] },
  ],
  policies: [{ id: 'p/grant', title: 'Grants', says: 'permits', where: undefined, purposes: undefined }, { id: 'p/whole', title: 'Whole', says: 'holds', where: 'context.extent == Extent::"all"', purposes: ['general'] }],
};

interface Said { readonly code: number; readonly out: string; readonly err: string; readonly asked: readonly unknown[] }

async function said(args: readonly string[], answers: { readonly check?: Partial<ReturnType<Policies['check']>>; readonly could?: ReturnType<Policies['could']> } = {}): Promise<Said> {
  const asked: unknown[] = [];
  const policies: Partial<Policies> = {
    check: (folders, targets) => { asked.push(folders, targets); return { errors: [], warnings: [], notes: [], ids: ['p/a', 'p/b'], ...answers.check }; },
    could: (folders, wish) => { asked.push(folders, wish); return answers.could ?? yes; },
  };
  const principal: Principal = { ref: { kind: 'Agent', name: 'reporter' }, enabled: true, groups: [], grants: [], strongAuth: false };
  const identities: Partial<Identities> = { principal: async (kind, name) => (kind === 'Agent' && name === 'reporter' ? principal : undefined), close: async () => undefined };
  const { cli, out, err } = testCli({ tools: { policies: async () => policies as Policies, identities: async () => identities as Identities } }); // nothing else is asked
  const code = await runProgram(cli, ['policy', 'check', ...args]);
  return { code, out: out(), err: err(), asked };
}

const could = ['--could', 'destroy', '--resource', 'table:public.orders', '--config'] as const;

describe('policy check', () => {
  test('looks at the folders of the config, and says which targets there are', async () => {
    const { code, out, asked } = await said(['--config', join(dir, 'two.yaml')]);
    expect([code, out, asked]).toEqual([0, '2 policies are right\n', [[join(dir, 'policies/baseline')], ['shop', 'stage']]]);
    expect((await said(['some/folder'])).asked).toEqual([['some/folder'], undefined]);
  });

  test('counts notes, and prints them when asked', async () => {
    expect(await said(['f'], { check: { notes: [finding] } })).toMatchObject({ code: 0, out: '2 policies are right; 1 note, which --notes prints\n', err: '' });
    expect(await said(['f', '--notes'], { check: { notes: [finding], warnings: [finding] } })).toMatchObject({
      code: 0, out: '2 policies are right, with 1 warning\n', err: 'a.cedar:3:1: warning: policy `p/a` is odd; make it even\na.cedar:3:1: note: policy `p/a` is odd; make it even\n',
    });
    expect(JSON.parse((await said(['f', '--json'], { check: { notes: [finding] } })).out)).toEqual({ ok: true, errors: [], warnings: [], policies: ['p/a', 'p/b'], notes: [finding] });
  });

  test('an error is exit code 1', async () => {
    expect(await said(['f'], { check: { errors: [finding] } })).toMatchObject({ code: 1, out: '' });
  });
});

describe('policy check --could', () => {
  test('asks for who, what and where, of the config\'s own policies', async () => {
    const { asked } = await said([...could, join(dir, 'one.yaml'), '--as', 'agent:reporter']);
    expect(asked[0]).toEqual([join(dir, 'policies/baseline')]);
    const wish = asked[1] as CouldWish; // what was handed over
    expect(wish).toMatchObject({ principal: { ref: { name: 'reporter' } }, target: { name: 'shop', environment: 'production' }, database: 'shopdb', verb: 'destroy', resource: { kind: 'table', path: ['public', 'orders'] } });
    expect(wish.purposes.map(({ name }) => name).toSorted()).toEqual(['general', 'reporting']);
    const other = await said([...could, join(dir, 'two.yaml'), '--target', 'stage', '--database', 'other', '--purpose', 'general', 'my/policies']);
    expect(other.asked).toMatchObject([['my/policies'], { principal: undefined, target: { name: 'stage' }, database: 'other', purposes: [{ name: 'general' }] }]);
  });

  test('says under what, with what evidence, and what is left of the policies', async () => {
    const { code, out } = await said([...could, join(dir, 'one.yaml'), '--as', 'agent:reporter']);
    expect([code, out.split('\n')]).toEqual([0, [
      'YES  agent:reporter: destroy table:public.orders on shop (production)', '',
      '  permitted where extent is one or bounded, for the purpose general',
      '    by p/grant, not by p/seen, which is only observed',
      '  held from 2027-01-01T00:00:00Z on: it needs approval:owners:2 and justification',
      '    by p/whole',
      '  refused always, through schema:public: nothing permits it', '',
      'what is left of the policies once who and what are known',
      '  p/grant  permits',
      '  p/whole  holds where context.extent == Extent::"all", for the purpose general', '',
    ]]);
  });

  test('what it would be with a grant, and notes, come behind', async () => {
    const never: Could = { ...yes, answer: 'never', cases: [], policies: [], granted: { ...yes, answer: 'undecided', cases: [], policies: [] }, notes: ['shop is in observe mode'] };
    const { out } = await said([...could, join(dir, 'one.yaml')], { could: never });
    expect(out.split('\n')).toEqual(['NEVER  someone who is granted everything: destroy table:public.orders on shop (production)', '', '', 'NOT DECIDED  with a grant of it', '', '', 'note: shop is in observe mode', '']);
  });

  test('as JSON', async () => {
    const answer: unknown = JSON.parse((await said([...could, join(dir, 'one.yaml'), '--json'])).out);
    expect(answer).toMatchObject({
      principal: null, verb: 'destroy', resource: 'table:public.orders', target: 'shop', environment: 'production', database: 'shopdb', answer: 'yes', granted: null, notes: [],
      cases: [
        { outcome: 'permit', reason: null, needs: [], policies: ['p/grant'], observed: ['p/seen'], through: null, when: [{ purposes: ['general'], from: null, extent: ['one', 'bounded'] }] },
        { outcome: 'hold', needs: ['approval:owners:2', 'justification'], when: [{ from: '2027-01-01T00:00:00.000Z' }] }, { outcome: 'deny', reason: 'no-permit', through: 'schema:public' },
      ],
      policies: [{ id: 'p/grant', title: 'Grants', says: 'permits', where: null, purposes: null }, { id: 'p/whole', where: 'context.extent == Extent::"all"', purposes: ['general'] }],
    });
  });

  test.each([
    ['no resource', ['--could', 'read', '--config', 'one.yaml'], 'needs --resource'],
    ['no resource that is one', ['--could', 'read', '--resource', 'orders', '--config', 'one.yaml'], 'is no resource'],
    ['the target in the resource', ['--could', 'read', '--resource', 'table:shop/public.orders', '--config', 'one.yaml'], 'write table:public.orders, and --target shop'],
    ['no verb', ['--could', 'fly', '--resource', 'table:a.b', '--config', 'one.yaml'], 'read, insert'],
    ['several targets', ['--could', 'read', '--resource', 'table:a.b', '--config', 'two.yaml'], 'name one of: shop, stage'],
    ['no such purpose', ['--could', 'read', '--resource', 'table:a.b', '--config', 'one.yaml', '--purpose', 'fun'], 'name one of: '],
    ['no such principal', ['--could', 'read', '--resource', 'table:a.b', '--config', 'one.yaml', '--as', 'agent:nobody'], 'there is no `agent:nobody`'],
    ['its options without it', ['--target', 'shop'], '--target goes with --could'],
  ])('an error of usage: %s', async (_, args, words) => {
    const { code, out, err } = await said(args.map((arg) => (arg.endsWith('.yaml') ? join(dir, arg) : arg)));
    expect([code === 0, out]).toEqual([false, '']);
    expect(err).toContain(words);
  });

  test('policies that do not load answer nothing', async () => {
    expect(await said([...could, join(dir, 'one.yaml')], { could: { errors: [finding] } })).toMatchObject({ code: 1, out: '', err: expect.stringContaining('a.cedar:3:1: policy `p/a` is odd; make it even') });
  });
});
