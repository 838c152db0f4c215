import { describe, expect, test, vi } from 'vitest';
import { instantiate, type ParserModule } from './module.ts';
import { tooDeep } from './depth.ts';
import { isTree, Parser } from './parser.ts';

const marker = 'SELECT 666';

/** The real parser, with one text that breaks it as a stack overflow does: it throws, and answers nonsense from then on. */
async function brittle(): Promise<ParserModule> {
  const real = await instantiate();
  let broken = false;
  return {
    ...real,
    parseQuery: (pointer) => {
      if (broken || real.readText(pointer) === marker) {
        broken = true;
        throw new RangeError('Maximum call stack size exceeded');
      }
      return real.parseQuery(pointer);
    },
  };
}

test('an instance that threw is gone; the very next statement is parsed by another', async () => {
  const parser = await Parser.create(brittle);
  expect(parser.parse(marker)).toEqual({ opaque: 'parser-failed' });
  expect(parser.recovering).toBeUndefined();
  expect(isTree(parser.parse('SELECT 1'))).toBe(true);
});

test('36 in a row leave it working', async () => {
  const parser = await Parser.create(brittle);
  for (let i = 0; i < 36; i++) {
    expect(parser.parse(marker)).toEqual({ opaque: 'parser-failed' });
    await parser.recovering;
    expect(isTree(parser.parse('SELECT 1'))).toBe(true);
  }
});

test('without any instance it fails closed, and recovers', async () => {
  const parser = await Parser.create(brittle);
  parser.parse(marker);
  parser.parse(marker);
  expect(parser.parse('SELECT 1')).toEqual({ opaque: 'parser-failed' });
  await parser.recovering;
  expect(isTree(parser.parse('SELECT 1'))).toBe(true);
});

test('a syntax error is an answer, not a failure', async () => {
  const parser = await Parser.create();
  expect(parser.parse('SELEC 1')).toEqual({ syntax: true, message: 'syntax error at or near "SELEC"', offset: 0 });
});

const bombs: readonly (readonly [string, string])[] = [
  ['operators', `SELECT 1${'+1'.repeat(20_000)}`],
  ['signs', `SELECT ${'- '.repeat(5000)}1`],
  ['negations', `SELECT ${'NOT '.repeat(3000)}true`],
  ['parentheses', `SELECT ${'('.repeat(10_000)}1${')'.repeat(10_000)}`],
  ['open parentheses', `SELECT ${'('.repeat(10_000)}`],
  ['arrays', `SELECT ARRAY${'['.repeat(5000)}1${']'.repeat(5000)}`],
  ['sub-queries', `SELECT ${'(SELECT '.repeat(1500)}1${')'.repeat(1500)}`],
  ['calls', `SELECT ${'f('.repeat(4000)}1${')'.repeat(4000)}`],
  ['CASE', `SELECT ${'CASE WHEN '.repeat(2000)}1${' THEN 1 END'.repeat(2000)}`],
  ['unions', `SELECT 1${' UNION SELECT 1'.repeat(2000)}`],
  ['unions between lists', `SELECT 1, 2${' UNION SELECT 1, 2'.repeat(2000)}`],
  ['joins', `SELECT 1 FROM a${' JOIN a ON b AND c'.repeat(2000)}`],
  ['casts', `SELECT 1${'::int'.repeat(3000)}`],
  ['a chain inside each of many levels', `SELECT ${'(1+1+1+1+1+'.repeat(450)}1${')'.repeat(450)}`],
];

test.each(bombs)('a bomb of %s is told from its tokens', async (_name, text) => {
  const parser = await Parser.create();
  expect(parser.parse(text)).toEqual({ opaque: 'too-deep' });
  expect(isTree(parser.parse('SELECT 1'))).toBe(true);
});

test('what people write is not too deep', async () => {
  const parser = await Parser.create();
  const wide = [
    `SELECT * FROM t WHERE ${Array.from({ length: 700 }, (_, i) => `(a = ${i} AND b = ${i})`).join(' OR ')}`,
    `SELECT * FROM t WHERE a IN (${Array.from({ length: 3000 }, (_, i) => i).join(',')})`,
    `SELECT CASE ${Array.from({ length: 500 }, (_, i) => `WHEN a = ${i} THEN ${i}`).join(' ')} END FROM t`,
    `INSERT INTO t VALUES ${Array.from({ length: 1000 }, (_, i) => `(${i}, 'x', now())`).join(', ')}`,
    `SELECT 1 FROM a${Array.from({ length: 60 }, (_, i) => ` LEFT JOIN b${i} ON b${i}.id = a.id AND b${i}.x > 1`).join('')}`,
  ];
  expect(wide.filter((text) => !isTree(parser.parse(text)))).toEqual([]);
});

test('closing more than was opened does not lower the count', async () => {
  const parser = await Parser.create();
  const tokens = parser.scan(`SELECT ${')'.repeat(100)} 1${'+1'.repeat(3000)}`);
  expect(Array.isArray(tokens) && tooDeep(tokens)).toBe(true);
});

describe('PL/pgSQL bodies that the parser was not made for', () => {
  test('nothing is printed by a body that asks for it', async () => {
    const written: unknown[] = [];
    const spies = [vi.spyOn(process.stdout, 'write'), vi.spyOn(console, 'log')].map((spy) => spy.mockImplementation((...text: unknown[]) => written.push(text) > 0));
    const parser = await Parser.create();
    parser.parsePlpgsql("DO '#option dump\nBEGIN PERFORM 1; END'");
    for (const spy of spies) spy.mockRestore();
    expect(written).toEqual([]);
  });

  test('a body in standard syntax costs one instance, and the next text is read', async () => {
    const parser = await Parser.create();
    expect(parser.parsePlpgsql('CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql BEGIN ATOMIC SELECT 1; END')).toEqual({ opaque: 'parser-failed' });
    expect(isTree(parser.parse('SELECT 1'))).toBe(true);
    expect(parser.parsePlpgsql("DO 'BEGIN PERFORM 1; END'")).toHaveProperty('plpgsql_funcs');
  });
});
