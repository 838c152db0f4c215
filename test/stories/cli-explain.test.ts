import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { cli, cliWithInput } from './cli-runner.ts';

/** What the answers must keep looking like: `npx vitest run test/stories/cli-explain.test.ts -u` writes them anew; the diff is the review. */
const statements: readonly string[] = [
  'SELECT 1',
  'SELECT * FROM users',
  'SELECT email FROM public.users WHERE id = 7',
  "SELECT 'DROP TABLE users' -- DROP TABLE users",
  'INSERT INTO orders (total) VALUES (1)',
  'UPDATE orders SET total = 0 WHERE id = 1',
  'UPDATE orders SET total = 0',
  'DELETE FROM users WHERE id = 1',
  'DELETE FROM users',
  'DELETE FROM users WHERE true',
  'WITH gone AS (DELETE FROM users RETURNING *) SELECT count(*) FROM gone',
  'DROP TABLE users',
  'TRUNCATE users',
  'SELECT 1; DROP TABLE users',
  'EXPLAIN ANALYZE DELETE FROM users',
  'PREPARE p AS DELETE FROM users',
  'EXECUTE nobody_made_it',
  "COPY users TO PROGRAM 'curl https://example.org'",
  "COPY users TO '/tmp/x'",
  'COPY users TO STDOUT',
  'GRANT ALL ON users TO public',
  'CREATE TABLE t (id int)',
  'ALTER TABLE users DROP COLUMN email',
  'CREATE TEMPORARY TABLE t (id int)',
  'SET standard_conforming_strings = off',
  'BEGIN; COMMIT',
  "DO $$ BEGIN DELETE FROM users; END $$",
  "SELECT pg_read_file('/etc/passwd')",
  'DELETE FRO users',
  'SELECT "Straße" FROM "Größen" WHERE ü = 1; DROP TABLE "Größen"',
  '',
];

function lines(out: string): unknown[] { return out.trimEnd().split('\n').map((line): unknown => JSON.parse(line)); }

function malformed(error: string, id: unknown = null): object { return { id, outcome: 'deny', code: 'not-understood', needs: [], policies: [], statements: [], error }; }
function refused(id: number): object { return { id, outcome: 'deny', code: 'not-understood', statements: [{ effects: [{ verb: 'opaque' }] }] }; }

describe('explain --jsonl', { timeout: 120_000 }, () => {
  test('thirty statements', async () => {
    const input = statements.map((text, index) => `${JSON.stringify({ id: `s${index}`, text })}\n`).join('');
    const ran = await cliWithInput(tmpdir(), ['explain', '--jsonl'], input);
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(lines(ran.out)).toHaveLength(statements.length);
    for (const line of lines(ran.out)) expect(Object.keys(line ?? {})).toEqual(['id', 'outcome', 'code', 'needs', 'policies', 'statements']);
    // With the text between the answers, so that a person can review them.
    const shown = ran.out.trimEnd().split('\n').map((line, index) => `${statements[index] ?? ''}\n${line}\n`).join('\n');
    await expect(shown).toMatchFileSnapshot('testdata/explain.golden');
  });

  test('spans are bytes of UTF-8', async () => {
    const { out } = await cliWithInput(tmpdir(), ['explain', '--jsonl'], '{"id":1,"text":"SELECT \'ü\'; DROP TABLE ü"}\n');
    expect(lines(out)).toMatchObject([{ statements: [{ span: [0, 11] }, { span: [13, 26] }] }]);
  });

  test('no content of a line ends it, and the order is kept', async () => {
    const deep = `{"id":${'['.repeat(100_000)}${']'.repeat(100_000)},"text":"SELECT 1"}`;
    const input = Buffer.concat([
      Buffer.from('{"id":1,"text":"SELECT 1"}\n\nnot json\n[]\n{"id":2}\n{"text":"SELECT 1"}\r\n{"id":3,"text":7}\n{"id":4,"text":"\\ud800"}\n{"id":5,"text":"a\\u0000b"}\n'),
      Buffer.from([0x7b, 0xff, 0x7d, 0x0a]), Buffer.from(`${deep}\n`),
      Buffer.from(`${JSON.stringify({ id: 6, text: `SELECT ${'('.repeat(50_000)}1${')'.repeat(50_000)}` })}\n`),
      Buffer.from(`${JSON.stringify({ id: 7, text: `SELECT '${'x'.repeat(300_000)}'` })}\n`),
      Buffer.from(`{"id":8,"text":"${'x'.repeat(9 * 2 ** 20)}"}\n`),
      Buffer.from('{"id":9,"text":"SELECT 1"}'),
    ]);
    const ran = await cliWithInput(tmpdir(), ['explain', '--jsonl'], input);
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(lines(ran.out)).toMatchObject([
      { id: 1, outcome: 'permit' }, malformed('the line is not JSON'), malformed('the line is not JSON'), malformed('the line is not an object'),
      malformed('`text` is not a string', 2), { id: null, outcome: 'permit' }, malformed('`text` is not a string', 3), refused(4), refused(5),
      malformed('the line is not UTF-8'), malformed('`id` is not a string or number'), refused(6), refused(7), malformed('the line is longer than 8 MiB'), { id: 9, outcome: 'permit' },
    ]);
  });

  test('each line is the first of its session', async () => {
    const { out } = await cliWithInput(tmpdir(), ['explain', '--jsonl'], '{"id":1,"text":"PREPARE p AS SELECT 1"}\n{"id":2,"text":"EXECUTE p"}\n');
    expect(lines(out)).toMatchObject([{ id: 1, outcome: 'permit' }, { id: 2, outcome: 'deny', code: 'not-understood' }]);
  });
});

describe('explain', { timeout: 120_000 }, () => {
  test('says effects, decision, policies and the way on, with a caret under what it is about', async () => {
    const ran = await cli(tmpdir(), ['explain', 'SELECT 1;\nDELETE FROM users']);
    expect(ran).toMatchObject({ code: 0, err: '' });
    await expect(ran.out).toMatchFileSnapshot('testdata/explain-delete.golden');
  });

  test('a command that begins with a comment is a command', async () => {
    const { out, code } = await cli(tmpdir(), ['explain', '--json', '--harmless\nDROP TABLE users', '--debug']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ outcome: 'hold', statements: [{ effects: [{ verb: 'destroy' }] }] });
    expect(await cli(tmpdir(), ['explain', '--harmless'])).toMatchObject({ code: 2, out: '' });
  });

  test('a permit, and stdin', async () => {
    const { out, code } = await cliWithInput(tmpdir(), ['explain'], 'SELECT email FROM users WHERE id = 7\n');
    expect(code).toBe(0);
    expect(out).toContain('PERMIT  it would run');
    expect(out).toContain('read table:users');
  });

  test('what a terminal would obey is shown, not sent', async () => {
    const { out } = await cli(tmpdir(), ['explain', 'SELECT 1; DROP TABLE "\u001B[2J\u202Ex"']);
    expect(out).not.toContain('\u001B');
    expect(out).not.toContain('\u202E');
    expect(out).toContain('\\u{1b}');
  });

  test.each([
    [['explain', '--jsonl', 'SELECT 1'], 2, 'reads commands from stdin'],
    [['explain', '--language', 'shell', 'ls'], 2, 'Allowed choices are sql/postgres'],
    [['explain', '--policy', '/nonexistent', 'SELECT 1'], 1, 'policies are not in force'],
    [['explain', '--catalog', '/nonexistent', 'SELECT 1'], 1, 'no such file'],
    [['explain', '--target', 'shop', 'SELECT 1'], 1, 'guardrails.yaml'],
    [['explian'], 2, 'Did you mean explain?'],
  ])('%j is refused with a line and a mend', async (args, code, words) => {
    const ran = await cli('/', args);
    expect(ran.code).toBe(code);
    expect(ran.err).toContain(words);
    expect(ran.err).toContain('→');
    expect(ran.err).not.toMatch(/^ +at /m);
    expect(ran.out).toBe('');
  });
});
