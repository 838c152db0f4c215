import { afterAll, describe, expect, test } from 'vitest';
import { noCatalog } from '../../core/catalog.ts';
import { formatEffect } from '../../core/format.ts';
import { initialState, type Interpretation } from '../../core/interpretation.ts';
import { createPostgresInterpreter } from './interpreter.ts';

const interpreter = await createPostgresInterpreter();
afterAll(async () => { await interpreter.close(); });

async function lines(text: string): Promise<string[]> {
  const { statements } = await interpreter.interpret(text, noCatalog, initialState);
  return statements.flatMap((statement) => statement.effects.map(formatEffect));
}

const healthy = ['delete table:t extent=all irreversible [0,13)'];

test('36 statements of 20,000 terms leave everything working', async () => {
  const bomb = `select 1${'+1'.repeat(20_000)}`;
  for (let i = 0; i < 36; i++) {
    expect(await lines(bomb)).toEqual([`opaque statement:text extent=unknown reason=too-deep irreversible [0,${bomb.length})`]);
    expect(await lines('DELETE FROM t')).toEqual(healthy);
  }
});

test('as many that just fit inline', async () => {
  for (let i = 0; i < 36; i++) {
    expect((await lines(`select ${'('.repeat(8000)}`)).join()).toContain('reason=too-deep');
    expect((await lines(`select array${'['.repeat(900)}1${']'.repeat(900)}`)).length).toBeLessThan(2);
    expect(await lines('DELETE FROM t')).toEqual(healthy);
  }
});

describe('text of every length', () => {
  test('short text is answered without a promise', () => {
    expect(interpreter.interpret('SELECT 1', noCatalog, initialState)).not.toBeInstanceOf(Promise);
  });

  test('long text goes to a thread, and means the same', async () => {
    const rows = Array.from({ length: 10_000 }, (_, i) => `(${i}, 'x')`).join(', ');
    const answer = interpreter.interpret(`INSERT INTO t (a, b) VALUES ${rows}; DROP TABLE u`, noCatalog, initialState);
    expect(answer).toBeInstanceOf(Promise);
    const { statements, shape } = await answer;
    expect(statements.map((statement) => statement.effects.map((effect) => `${effect.verb} ${effect.resource.path.join('.')}`))).toEqual([['insert t'], ['destroy u']]);
    expect(shape.startsWith('INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4)')).toBe(true);
    expect(shape.length).toBeLessThan(17_000);
  });

  test('a call among many constants is not cut away with them', async () => {
    const rows = Array.from({ length: 5000 }, (_, i) => i === 4321 ? '(evil())' : `(${i})`).join(', ');
    expect((await lines(`INSERT INTO t VALUES ${rows}`))[0]).toMatch(/^opaque function:evil /);
  });

  test('too long is too long', async () => {
    expect(await lines(`SELECT '${'x'.repeat(300_000)}'`)).toEqual(['opaque statement:text extent=unknown reason=too-large irreversible [0,300009)']);
  });

  test('a body too long to be read in passing is opaque', async () => {
    expect((await lines(`DO $$ BEGIN ${'PERFORM 1; '.repeat(9000)} END $$`)).join()).toContain('reason=too-large');
  });
});

describe('text that is no text', () => {
  test.each(['SELECT 1\0; DROP TABLE t', 'SELECT \'\uD800\''])('%j', async (text) => {
    expect((await lines(text))[0]).toContain('reason=encoding');
  });
});

function reasons(interpretation: Interpretation): unknown[] {
  return interpretation.statements.flatMap((statement) => statement.effects.map((effect) => effect.reason));
}

test('a deadline that passes makes it opaque, and the next text is read', async () => {
  const hasty = await createPostgresInterpreter({ deadline: 1 });
  const text = `SELECT ${Array.from({ length: 20_000 }, (_, i) => i).join(', ')}`;
  expect(reasons(await hasty.interpret(text, noCatalog, initialState))).toEqual(['deadline']);
  await hasty.close();
  expect(reasons(await hasty.interpret(text, noCatalog, initialState))).toEqual(['parser-failed']);
  expect(await lines(text)).toEqual([]);
});
