import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { loadModule, scanSync } from 'libpg-query';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noCatalog } from '../../core/catalog.ts';
import { formatEffectAnywhere } from '../../core/format.ts';
import { initialState, type Interpretation } from '../../core/interpretation.ts';
import { createPostgresInterpreter, type PostgresInterpreter } from './interpreter.ts';
import { shapeKey } from './shape-key.ts';

let interpreter: PostgresInterpreter;
beforeAll(async () => {
  await loadModule();
  interpreter = await createPostgresInterpreter();
});
afterAll(() => interpreter.close());

/** SQL of the golden files: what people thought of when they wanted to deceive the interpreter. */
const folder = join(import.meta.dirname, 'testdata');
const goldenTexts = readdirSync(folder).filter((name) => name.endsWith('.effects')).flatMap((name) =>
  readFileSync(join(folder, name), 'utf8').split(/\n\n+/).flatMap((block) => {
    const match = /^effects[^\n]*\n([\s\S]*?)\n----/m.exec(block);
    return match?.[1] === undefined ? [] : [match[1]];
  }));

/** Values that change what a predicate means where values matter at all. */
const numbers = ['0', '1', '7', '42', '999999999'];
const strings = ["''", "'t'", "'true'", "'%'", "'it''s'", "'public, pg_temp'", "'DROP TABLE x'", "'1'"];

/** The text with other values in the places that the key leaves open. */
function withValues(text: string, pick: (choices: readonly string[]) => string): string {
  return text.replaceAll(/'(?:[^']|'')*'|(?<![\w$.])\d+(?![\w.])/g, (literal) => pick(literal.startsWith("'") ? strings : numbers));
}

function effectsOf(text: string): string[] {
  const made = interpreter.interpret(text, noCatalog, initialState);
  if (made instanceof Promise) throw new Error('a text of this test is too long');
  return lines(made);
}

function lines(made: Interpretation): string[] { return made.statements.flatMap((statement) => [statement.kind, statement.transaction, ...statement.effects.map(formatEffectAnywhere)]); }

const literalTokens = new Set(['ICONST', 'SCONST', 'FCONST', 'BCONST', 'XCONST', 'USCONST']);

/** What the server's own scanner makes of it: tokens, with the values of plain literals left out; undefined when it refuses the text. */
function scanned(text: string): string[] | undefined {
  try {
    return scanSync(text).tokens.map((token) => (literalTokens.has(token.tokenName) ? token.tokenName : `${token.tokenName} ${token.text}`));
  } catch {
    return undefined;
  }
}

const fragments = fc.array(fc.oneof(
  fc.constantFrom('SELECT', ' ', '\n', 'a', 't.b', '"x"', '"a""1"', '(', ')', ',', '=', '<', '-', '--', '/', '*', '/*', '*/', "'", "''", '$1', '$$', '$a$', 'E', 'U&', 'B', 'x', '\\', '.', '..', '1', '12', '1.5', '.5',
    '1e5', '0x1f', '1_0', '2147483648', ';', '::', ':', '::int', '&', '?', '|', 'é', '\u00a0', '\f', '_1', 'a$1'),
  fc.string({ maxLength: 3 }),
), { maxLength: 12 }).map((parts) => parts.join(''));

describe('shapeKey', () => {
  it.each([
    ['SELECT a FROM t WHERE id = 12 AND n = \'x\'\'y\'', "SELECT a FROM t WHERE id = 0 AND n = ''"],
    ['SELECT t.a1, $1 FROM "T 1" t', 'SELECT t.a1, $1 FROM "T 1" t'],
  ])('%s', (text, key) => {
    expect(shapeKey(text)).toBe(key);
  });

  it.each(["E'\\''", "U&'x'", "x'1'", '$$a$$', '1.5', '.5', '1e5', '0x1f', '1_000', '9999999999', '1--', '/* */ 1', "'é'", "'a\\'", "'open", '"open', '1a', 'a\f1'])('leaves %s to the grammar', (text) => {
    expect(shapeKey(`SELECT ${text}`)).toBeUndefined();
  });

  it('agrees with the scanner of the server: equal keys are equal tokens', () => {
    fc.assert(fc.property(fragments, fc.infiniteStream(fc.nat()), (text, picks) => {
      const key = shapeKey(text);
      if (key === undefined) return;
      const other = withValues(text, (choices) => choices[(picks.next().value ?? 0) % choices.length] ?? '');
      fc.pre(shapeKey(other) === key);
      const tokens = scanned(text);
      expect(scanned(other)).toEqual(tokens);
      expect(scanned(key)).toEqual(tokens);
    }), { numRuns: 20_000 });
  });

  it('leads to the same effects whatever the values, where no literal was said to matter', () => {
    let compared = 0;
    for (const text of goldenTexts) {
      const key = shapeKey(text);
      const made = key === undefined ? undefined : interpreter.interpret(text, noCatalog, initialState);
      if (key === undefined || made === undefined || made instanceof Promise || made.literalsThatMatter.length > 0 || made.readsSession || made.nextState !== initialState) continue;
      for (let round = 0; round < 8; round++) {
        const other = withValues(text, (choices) => choices[(round * 5 + compared) % choices.length] ?? '');
        if (shapeKey(other) !== key) continue;
        compared++;
        expect({ other, effects: effectsOf(other) }).toEqual({ other, effects: lines(made) });
      }
    }
    expect(compared).toBeGreaterThan(200);
  });
});
