import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { parseDataFile } from '../../../test/support/datadriven.ts';
import { noCatalog, type Catalog } from '../../core/catalog.ts';
import type { Effect } from '../../core/effect.ts';
import { formatEffect } from '../../core/format.ts';
import { initialState, type Interpretation } from '../../core/interpretation.ts';
import { createPostgresInterpreter } from './interpreter.ts';
import { Parser } from './parser/parser.ts';
import type { Token } from './parser/instance.ts';
import { shopCatalog } from './testdata/catalog.ts';

const interpreter = await createPostgresInterpreter();
const parser = await Parser.create();
afterAll(async () => { await interpreter.close(); });

const folder = join(import.meta.dirname, 'testdata');
const goldens = readdirSync(folder).filter((name) => name.endsWith('.effects'))
  .flatMap((name) => parseDataFile(name, readFileSync(join(folder, name), 'utf8')).cases).filter((one) => one.command === 'effects' && !one.args.has('encoding') && !one.args.has('strings'));
const texts = goldens.map((one) => one.input);

function read(text: string, catalog: Catalog = noCatalog): Interpretation {
  const answer = interpreter.interpret(text, catalog, initialState);
  if (answer instanceof Promise) throw new Error('too long for a property');
  return answer;
}

/** Without where it stands in the text. */
function line(effect: Effect): string {
  return formatEffect({ ...effect, span: { start: 0, end: 0 } });
}

function meaning(interpretation: Interpretation): string[] {
  return interpretation.statements.flatMap((statement) => statement.effects.map(line));
}

function checkSound(text: string, catalog: Catalog): void {
  const interpretation = read(text, catalog);
  const length = Buffer.byteLength(text);
  expect(typeof interpretation.shape).toBe('string');
  for (const { span, effects } of interpretation.statements) {
    for (const { start, end } of [span, ...effects.map((effect) => effect.span)]) expect(0 <= start && start <= end && end <= length).toBe(true);
    for (const effect of effects) expect(effect.verb === 'opaque').toBe(effect.reason !== undefined);
  }
}

test('any text has a reading', () => {
  fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.string({ maxLength: 200 })), (text) => { checkSound(text, noCatalog); }), { numRuns: 500 });
});

test('any mutation of SQL has a reading', () => {
  const piece = fc.oneof(fc.constantFrom('(', ')', ';', '\'', '"', '$$', '/*', '--', ' AS ', ' ROW ', ' OLD.', ' NULL ', ',', '*', '.'), fc.constantFrom(...texts));
  fc.assert(fc.property(fc.constantFrom(...texts), fc.nat(), fc.nat({ max: 12 }), piece, fc.boolean(), (text, where, cut, insert, known) => {
    const at = where % (text.length + 1);
    checkSound(text.slice(0, at) + insert + text.slice(at + cut), known ? shopCatalog : noCatalog);
  }), { numRuns: 1500 });
});

function scan(text: string): readonly Token[] {
  const tokens = parser.scan(text);
  return 'opaque' in tokens || 'syntax' in tokens ? [] : tokens;
}

const comments = new Set([275, 276]);

/** The same tokens with other white space, comments and case of keywords between them. */
function respell(text: string, gaps: readonly string[], flip: readonly boolean[]): string {
  const bytes = Buffer.from(text);
  let out = '';
  for (const [i, token] of scan(text).filter((one) => !comments.has(one.tokenType)).entries()) {
    const word = bytes.toString('utf8', token.start, token.end);
    const other = flip[i % flip.length] === true ? word.toUpperCase() : word.toLowerCase();
    out += (gaps[i % gaps.length] ?? ' ') + (token.keywordKind === 0 ? word : other);
  }
  return out;
}

const understood = goldens.filter((one) => !read(one.input).statements.some((statement) => statement.kind === 'Opaque'));

test('comments, white space and the case of keywords change nothing', () => {
  const gap = fc.constantFrom(' ', '\n', '\t\f ', '/**/', ' /* ; DROP TABLE x; */ ', '\n-- \' " $$ (\n', '/* /* */ */');
  fc.assert(fc.property(fc.constantFrom(...understood), fc.array(gap, { minLength: 1, maxLength: 5 }), fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }), (one, gaps, flip) => {
    const catalog = one.args.has('catalog') ? shopCatalog : noCatalog;
    expect(meaning(read(respell(one.input, gaps, flip), catalog))).toEqual(meaning(read(one.input, catalog)));
  }), { numRuns: 1000 });
});

const rowKinds = new Set(['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']);
const rows = understood.filter((one) => {
  const [statement, second] = read(one.input).statements;
  return statement !== undefined && second === undefined && rowKinds.has(statement.kind) && !/;\s*$|^\/\*/.test(one.input) && !one.input.includes('--');
});

function expectKept(inner: Interpretation, outer: Interpretation, strip: number): void {
  const found = new Set(outer.statements.flatMap((statement) => statement.effects.map((effect) => line({ ...effect, via: effect.via.slice(strip) }))));
  expect(meaning(inner).filter((effect) => !found.has(effect))).toEqual([]);
}

test.each([
  ['a CTE', (sql: string) => `WITH wrapped AS (${sql}) SELECT 1`],
  ['EXPLAIN ANALYZE', (sql: string) => `EXPLAIN (ANALYZE, VERBOSE) ${sql}`],
  ['COPY', (sql: string) => `COPY (${sql}) TO STDOUT`],
  ['PREPARE', (sql: string) => `PREPARE p AS ${sql}`],
])('%s around a statement loses no effect', (_name, wrap) => {
  expect(rows.length).toBeGreaterThan(100);
  for (const one of rows) {
    const catalog = one.args.has('catalog') ? shopCatalog : noCatalog;
    const outer = read(wrap(one.input), catalog);
    // Where the grammar does not have it, nothing is lost.
    if (outer.statements[0]?.kind !== 'Opaque') expectKept(read(one.input, catalog), outer, 0);
  }
});

test('EXECUTE has the effects of what was prepared, through it', () => {
  for (const one of rows) {
    const catalog = one.args.has('catalog') ? shopCatalog : noCatalog;
    const outer = read(`PREPARE p AS ${one.input}; EXECUTE p`, catalog);
    if (outer.statements[0]?.kind === 'Opaque') continue;
    const [, execute] = outer.statements;
    // What would change the session is opaque when it is held, besides its own effects.
    expect(execute?.effects.filter((effect) => effect.reason !== 'session-state' || effect.resource.path[0] !== 'held').map((effect) => line({ ...effect, via: effect.via.slice(1) }))).toEqual(meaning(read(one.input, catalog)));
  }
});

test('a body and a DO block lose no effect', () => {
  for (const one of rows.filter((golden) => !golden.input.includes('$'))) {
    const inner = read(one.input);
    const block = read(`DO $do$ BEGIN ${one.input}; END $do$`);
    // PL/pgSQL's INTO names variables, so some of these are no PL/pgSQL.
    if (!meaning(block).join('\n').includes('reason=syntax')) expectKept(inner, block, 0);
    expectKept(inner, read(`CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $do$ ${one.input} $do$`), 1);
  }
});

test('literals that are not said to matter do not', () => {
  const numbers = new Set([260, 266]);
  const strings = new Set([261]);
  fc.assert(fc.property(fc.constantFrom(...rows), fc.nat({ max: 99_999 }), fc.string({ unit: 'grapheme-ascii', maxLength: 8 }), (one, number, text) => {
    const catalog = one.args.has('catalog') ? shopCatalog : noCatalog;
    const before = read(one.input, catalog);
    if (before.literalsThatMatter.length > 0) return;
    const bytes = Buffer.from(one.input);
    let out = '';
    let at = 0;
    for (const token of scan(one.input)) {
      out += bytes.toString('utf8', at, token.start);
      out += numbers.has(token.tokenType) ? String(number + 1) : strings.has(token.tokenType) ? `'${text.replaceAll('\'', '\'\'')}'` : bytes.toString('utf8', token.start, token.end);
      at = token.end;
    }
    const after = read(out + bytes.toString('utf8', at), catalog);
    if (after.statements[0]?.kind !== 'Opaque') expect(meaning(after)).toEqual(meaning(before));
  }), { numRuns: 1000 });
});

test('no shape holds a literal', () => {
  fc.assert(fc.property(fc.constantFrom('', 'E', 'U&', 'B', 'X', 'N'), fc.constantFrom(...understood), (prefix, one) => {
    const shape = read(`${one.input};SELECT ${prefix}'5EC4E7', $$5EC4E7$$, $x$5EC4E7$x$ /* 5EC4E7 */ -- 5EC4E7`).shape;
    expect(shape).not.toContain('5EC4E7');
  }), { numRuns: 300 });
});
