import type { ClientBase } from 'pg';
import * as z from 'zod';
import type { Question } from './question.ts';
import { inTurns } from './turns.ts';

const statementTimeout = 60_000; // ms; 20,000 tables take a second or two
const lockTimeout = 5_000; // ms; only catalogs are locked, and only VACUUM FULL and its like stand in the way

/**
 * With these the server writes every name with its schema, and every text in the same way, whatever role and database have set. `LOCAL`:
 * they end with the transaction, so that none is taken for granted later. To compile these queries takes longer than to run them.
 */
const settings = `SET LOCAL search_path = ''; SET LOCAL quote_all_identifiers = off; SET LOCAL standard_conforming_strings = on; SET LOCAL client_encoding = 'UTF8';
  SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL intervalstyle = 'postgres'; SET LOCAL timezone = 'UTC'; SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1;
  SET LOCAL jit = off; SET LOCAL max_parallel_workers_per_gather = 0`;

/** One state of the database, from its catalogs alone: what is asked in here must not lock a relation of a user, because locks last until the end. */
export async function inReadOnlyTransaction<T>(client: ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query(`BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY; ${settings};
    SET LOCAL statement_timeout = ${statementTimeout}; SET LOCAL lock_timeout = ${lockTimeout}`);
  try {
    const result = await work();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    // The connection may be what failed; the first error is the one that matters.
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

type Answers<Questions> = { readonly [Name in keyof Questions]: Questions[Name] extends Question<infer Row> ? readonly Row[] : never };

/** Asks in one message, inside a transaction of the caller's. Who asks about nothing (no SQL) gets nothing. */
export async function answers<Questions extends Readonly<Record<string, Question<unknown>>>>(client: ClientBase, questions: Questions): Promise<Answers<Questions>> {
  const asked = Object.values(questions).map(({ sql }) => sql).filter((sql) => sql !== '');
  const lists = asked.length === 0 ? [] : await ask(client, asked);
  const named: [string, readonly unknown[]][] = [];
  let n = 0;
  for (const [name, question] of Object.entries(questions)) named.push([name, question.sql === '' ? [] : await parsed(question, lists[n++])]);
  return Object.fromEntries(named) as Answers<Questions>; // a record with the names of another is beyond what fromEntries can say
}

/**
 * Asks in one message, each question in a transaction of its own, which ends before the next begins: between an answer and its COMMIT the
 * server waits for nobody. Locks are waited for that long, in ms, and an answer that long. When it rejects, the caller must send ROLLBACK.
 */
export async function answersApart<Row>(client: ClientBase, questions: readonly Question<Row>[], patience: { readonly lock: number; readonly statement: number }): Promise<readonly Row[]> {
  const lists = await ask(client, questions.map(({ sql }) => `BEGIN TRANSACTION ISOLATION LEVEL READ COMMITTED READ ONLY; ${settings};
    SET LOCAL lock_timeout = ${patience.lock}; SET LOCAL statement_timeout = ${patience.statement}; ${sql}; COMMIT`));
  const all: Row[] = [];
  for (const [n, question] of questions.entries()) for (const row of await parsed(question, lists[n])) all.push(row);
  return all;
}

/** pg gives a list of results only where there are several. */
const result = z.object({ command: z.string(), rows: z.custom<readonly unknown[]>((rows) => Array.isArray(rows)) });
const results = z.union([z.array(result), result.transform((only) => [only])]);
const row = z.tuple([z.string()]);

/** A list of rows for each SELECT. */
async function ask(client: ClientBase, statements: readonly string[]): Promise<readonly (readonly unknown[])[]> {
  const answer: unknown = await client.query<unknown[]>({ text: statements.join(';\n'), rowMode: 'array' });
  return results.parse(answer).filter(({ command }) => command === 'SELECT').map(({ rows }) => rows);
}

async function parsed<Row>(question: Question<Row>, rows: readonly unknown[] | undefined): Promise<readonly Row[]> {
  if (rows === undefined) throw new Error('the server answered fewer questions than it was asked');
  return inTurns(rows, (said) => question.row.parse(JSON.parse(row.parse(said)[0])));
}
