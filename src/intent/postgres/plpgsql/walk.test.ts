import fc from 'fast-check';
import { loadModule, parsePlPgSQLSync, scanSync } from 'libpg-query';
import { beforeAll, describe, expect, test } from 'vitest';
import { goldenCases, goldenResults } from '../functions/testing/golden.ts';
import { constantText } from './constant.ts';
import { nodeMembers } from './nodes.ts';
import { tokenize } from './tokens.ts';
import { walkPlpgsql, type PlpgsqlBody } from './walk.ts';

const golden = new URL('testdata/bodies.plpgsql', import.meta.url);

beforeAll(async () => { await loadModule(); });

function tree(body: string): unknown {
  const returns = /\breturn (?:next|query)\b/u.test(body) ? 'function f() returns setof int' : /\breturn m/u.test(body) ? 'function f() returns int' : 'procedure f()';
  return parsePlPgSQLSync(`create ${returns} language plpgsql as $body$${body}$body$`);
}

function walk(body: string): PlpgsqlBody {
  return walkPlpgsql(tree(body), body);
}

function walkStatement(sql: string): PlpgsqlBody {
  return walkPlpgsql(parsePlPgSQLSync(sql), sql);
}

function format({ fragments, computed, commits, unknownNodes }: PlpgsqlBody): string {
  return [
    ...fragments.map(({ kind, sql }) => `${kind} ${sql.replaceAll(/\s+/gu, ' ')}`),
    ...computed.map(({ line, constant }) => `execute line ${line}: ${constant ?? 'computed'}`),
    ...commits ? ['commits'] : [],
    ...unknownNodes.map((node) => `unknown: ${node}`),
  ].join('\n');
}

test('what each statement holds', () => {
  const results = goldenResults(golden, (input) => format(walk(input)));
  for (const { expected, got } of results) expect(got).toBe(expected);
  expect(results.length).toBeGreaterThan(20);
});

test('no marker of a body gets lost, unless the body is unknown', () => {
  const cases = goldenCases(golden);
  expect(cases.length).toBeGreaterThan(20);
  for (const { input } of cases) {
    const body = walk(input);
    const found = [...body.fragments.map(({ sql }) => sql), ...body.computed.map(({ constant }) => constant ?? '')].join('\n');
    const lost = [...new Set(input.match(/\bm\d+\b/gu))].filter((marker) => !new RegExp(`\\b${marker}\\b`, 'u').test(found));
    if (body.unknownNodes.length === 0) expect(lost).toEqual([]);
  }
});

test('every kind of node stands in the golden bodies', () => {
  const seen = new Set<string>();
  const collect = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, member] of Object.entries(value)) {
      seen.add(key);
      collect(member);
    }
  };
  for (const { input } of goldenCases(golden)) collect(tree(input));
  collect(parsePlPgSQLSync('create function f(a int) returns int language plpgsql as $$ declare b alias for a; begin return b; end $$'));
  expect([...nodeMembers.keys()].filter((kind) => !seen.has(kind))).toEqual([]);
});

describe('functions as they are written', () => {
  test.each([
    ['a trigger', `create function t() returns trigger language plpgsql as $$ begin new.x := m(); if tg_op = 'DELETE' then insert into log select old.*; return old; end if; return m(new); end $$`, 4],
    ['an event trigger', `create function t() returns event_trigger language plpgsql as $$ begin perform m(tg_tag); end $$`, 1],
    ['RETURNS TABLE', `create function t(a int) returns table (x int, y text) language plpgsql as $$ #variable_conflict use_column\n begin return query select m(a), 'x'; end $$`, 1],
    ['OUT parameters', `create function t(a int, out b int, inout c text) language plpgsql as $$ begin b := a; c := m(c); end $$`, 2],
    ['polymorphic types', `create function t(a anyelement, variadic b anyarray) returns anyelement language plpgsql as $$ begin return m(b); end $$`, 1],
    ['a record parameter', `create function t(r record) returns record language plpgsql as $$ begin return m(r); end $$`, 1],
    ['types of columns', `create function t() returns void language plpgsql as $$ declare x users.id%type; y public.users.name%type := m(); begin end $$`, 1],
    ['DO', `do $$ begin delete from m; end $$`, 1],
  ])('%s', (_what, sql, fragments) => {
    const body = walkStatement(sql);
    expect(body.unknownNodes).toEqual([]);
    expect(body.fragments).toHaveLength(fragments);
    expect(body.fragments.some(({ sql: fragment }) => /\bm\b/u.test(fragment))).toBe(true);
  });

  test('a function in another language has no body here', () => {
    expect(walkStatement(`create function f() returns int language sql as 'delete from m'`).unknownNodes).toEqual(['PLpgSQL_function without a body']);
  });

  test('without the body a declared record may hide its default', () => {
    expect(walkPlpgsql(tree('declare r record; begin null; end')).unknownNodes).toEqual(['the default of a record variable']);
    expect(walkPlpgsql(tree('declare r record; begin null; end'), 'another text').unknownNodes).toEqual(['the default of a record variable']);
  });

  test('all bodies of a text are walked', () => {
    expect(walkStatement('do $$ begin delete from a; end $$; do $$ begin delete from b; end $$').fragments.map(({ sql }) => sql)).toEqual(['delete from a', 'delete from b']);
  });
});

describe('bodies made up of constructs around a marker', () => {
  /** `#` is where the inner statements go. */
  const statements = [
    'begin # end;', 'begin null; exception when others then # end;', 'begin # exception when others then raise; end;', 'declare v int := 1; begin # end;',
    'if true then # end if;', 'if false then null; else # end if;', 'if false then null; elsif true then # end if;', 'case 1 when 1 then # else null; end case;',
    'case 1 when 2 then null; else # end case;', 'case when true then # end case;', 'loop # exit; end loop;', 'while true loop # end loop;',
    'for i in 1 .. 2 loop # end loop;', 'for r in select 1 loop # end loop;', `for r in execute 'select 1' loop # end loop;`, 'for q in c loop # end loop;',
    'foreach x in array array[1] loop # end loop;', '<<label>> begin # end label;', 'perform 1; # x := 2;', '/* ; */ # -- end\n',
  ];
  const leaves = [
    'DELETE FROM marker;', 'x := (WITH d AS (DELETE FROM marker RETURNING 1) SELECT 1);', `EXECUTE 'DELETE FROM marker';`, `EXECUTE 'DELETE ' || 'FROM marker' USING x;`,
    'RETURN QUERY DELETE FROM marker RETURNING 1;', `RETURN QUERY EXECUTE 'DELETE FROM marker';`, 'FOR r IN DELETE FROM marker RETURNING * LOOP END LOOP;',
    `OPEN k FOR EXECUTE 'DELETE FROM marker';`, `declare y int := f('DELETE FROM marker'); begin end;`, `a[f('DELETE FROM marker')] := 1;`, `assert f('DELETE FROM marker');`,
    `raise notice '%', f('DELETE FROM marker');`, `exit when f('DELETE FROM marker');`, `perform f($q$DELETE FROM marker$q$);`, `return next f('DELETE FROM marker');`,
    `fetch relative f('DELETE FROM marker') from k into x;`, `declare p cursor for select f('DELETE FROM marker'); begin open p; end;`,
  ];

  test('the marker is always found', () => {
    fc.assert(fc.property(fc.array(fc.constantFrom(...statements), { maxLength: 6 }), fc.constantFrom(...leaves), (around, leaf) => {
      const looped = leaf.startsWith('exit') ? `loop ${leaf} end loop;` : leaf;
      const inner = around.reduce((text, statement) => statement.replace('#', () => `${text}\n`), looped);
      const body = `declare r record; x int; a int[]; k refcursor; c cursor for select 1; begin ${inner} end`;
      const { fragments, computed, unknownNodes } = walkPlpgsql(parsePlPgSQLSync(`create function f() returns setof int language plpgsql as $body$${body}$body$`), body);
      expect(unknownNodes).toEqual([]);
      expect([...fragments.map(({ sql }) => sql), ...computed.map(({ constant }) => constant)].filter((sql) => sql?.includes('DELETE FROM marker') === true)).toHaveLength(1);
    }), { numRuns: 400 });
  });
});

describe('total', () => {
  const kinds = [...nodeMembers.keys()];
  const node = fc.letrec((tie) => ({
    node: fc.oneof({ maxDepth: 5 }, fc.jsonValue({ maxDepth: 2 }), fc.dictionary(fc.constantFrom(...kinds, 'PLpgSQL_stmt_new'), tie('members'), { maxKeys: 2 }), fc.array(tie('node'), { maxLength: 3 })),
    members: fc.dictionary(fc.constantFrom('query', 'parseMode', 'body', 'expr', 'datums', 'action', 'lineno', 'datatype', 'added'), tie('node'), { maxKeys: 3 }),
  })).node;

  test('whatever the tree', () => {
    fc.assert(fc.property(fc.oneof(fc.jsonValue(), fc.anything(), fc.array(node, { minLength: 1, maxLength: 3 }).map((functions) => ({ plpgsql_funcs: functions }))), fc.option(fc.string(), { nil: undefined }), (value, body) => {
      const read = walkPlpgsql(value, body);
      expect(Array.isArray(read.fragments)).toBe(true);
    }), { numRuns: 1000 });
  });

  test('what is no answer of the parser is unknown', () => {
    for (const value of [undefined, null, 1, 'x', {}, [], { plpgsql_funcs: [] }, { plpgsql_funcs: {} }]) expect(walkPlpgsql(value).unknownNodes).not.toEqual([]);
  });

  test('a new kind of node and a new member are told, and what they hold is found', () => {
    const query = { PLpgSQL_expr: { query: 'delete from m', parseMode: 0 } };
    const body = walkPlpgsql([{ PLpgSQL_function: { datums: [], action: { PLpgSQL_stmt_block: { body: [{ PLpgSQL_stmt_new: { act: query } }], finally: [query] } } } }]);
    expect(body.unknownNodes).toEqual(['PLpgSQL_stmt_block.finally', 'PLpgSQL_stmt_new', 'act']);
    expect(body.fragments).toHaveLength(2);
  });

  test('a tree of any depth', () => {
    let deep: unknown = { PLpgSQL_expr: { query: 'delete from m', parseMode: 0 } };
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect(walkPlpgsql([deep]).fragments).toHaveLength(1);
  });

  test('a tree that is its own part ends', () => {
    const loop: unknown[] = [];
    loop.push(loop);
    expect(walkPlpgsql(loop).unknownNodes).toEqual(['too many nodes']);
  });
});

describe('constants', () => {
  test.each([
    [`'a'`, 'a'], [`'it''s'`, `it's`], [`'a\\'`, 'a\\'], [`E'a\\'b\\n\\101\\x41\\u0041\\\\'`, `a'b\nAAA\\`], [`$$a'b$$`, `a'b`], [`$x$ $$ $x$`, ' $$ '],
    [`'a' || 'b' /* c */ || $$d$$ -- e`, 'abd'], [`'a'\n'b'`, 'ab'], [`'a' -- x\n 'b'`, 'ab'], [`e'a' || 'b'`, 'ab'],
  ])('%s', (expression, text) => { expect(constantText(expression)).toBe(text); });

  test.each([
    '', `'a' 'b'`, `'a' || x`, `x || 'a'`, `'a' || `, `|| 'a'`, `'a' | 'b'`, `'a' | | 'b'`, `'a' ||| 'b'`, `'a' + 'b'`, `'a'::text`, `('a')`, `f('a')`, `format('a')`, `N'a'`, `B'1'`,
    `U&'\\0061'`, `U&'a' UESCAPE '!'`, `E'\\xC3\\xA9'`, `E'\\ud83d\\ude00'`, `E'\\xg'`, `E'\\0'`, `'a`, `E'a\\'`, `$x$a$y$`, `'a' /* b`, `'a', 'b'`, `'a' || NULL`, '$1', `a$$b$$`, `'a' COLLATE "C"`,
  ])('%s is not worked out', (expression) => { expect(constantText(expression)).toBeUndefined(); });

  test('strings and names end where the scanner of PostgreSQL ends them', () => {
    const pieces = [`'a'`, `'`, `''`, '"b"', '"', 'c', 'E', 'e', 'U&', 'N', 'x', '$$', '$x$', '$', '1', '/*', '*/', '\n', ' ', '=', ':', '[', '\\', `\\'`, ';', 'é'];
    // Without `--`, which libpg-query's scanner makes a token of its own, so that a string does not go on behind it, as it does for the server.
    let compared = 0;
    fc.assert(fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 14 }), (parts) => {
      const text = parts.join('');
      const tokens = tokenize(text);
      let scanned: readonly { readonly end: number; readonly tokenName: string }[];
      try {
        scanned = scanSync(text).tokens;
      } catch {
        return;
      }
      expect(tokens).toBeDefined();
      // Positions of the scanner are bytes.
      const bytes = (index: number): number => Buffer.byteLength(text.slice(0, index));
      const ours = new Set((tokens ?? []).map(({ end }) => bytes(end)));
      const theirs = new Set(scanned.map(({ end }) => end));
      for (const { end, tokenName } of scanned) if (tokenName === 'SCONST' || tokenName === 'IDENT') expect(ours).toContain(end);
      for (const { kind, end } of tokens ?? []) if (kind === 'string') {
        expect(theirs).toContain(bytes(end));
        compared += 1;
      }
    }), { numRuns: 5000 });
    expect(compared).toBeGreaterThan(200);
  });
});
