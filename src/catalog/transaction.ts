import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import * as z from 'zod';
import type { Question } from './rows.ts';

const statementTimeout = 60_000; // ms; 20,000 tables take a second or two
const lockTimeout = 5_000; // ms; only catalogs are locked, and only VACUUM FULL and its like stand in the way
const rowsPerTurn = 500;

/**
 * With these the server writes every name with its schema, and every text in the same way, whatever role and database have set. `LOCAL`:
 * they end with the transaction, so that none is taken for granted later.
 */
export const localSettings = `SET LOCAL search_path = ''; SET LOCAL quote_all_identifiers = off; SET LOCAL standard_conforming_strings = on; SET LOCAL client_encoding = 'UTF8';
  SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL intervalstyle = 'postgres'; SET LOCAL timezone = 'UTC'; SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1`;

/** One state of the database, from its catalogs alone: what is asked in here must not lock a relation of a user, because locks last until the end. */
export async function inReadOnlyTransaction<T>(client: ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query(`BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY; ${localSettings};
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

const text = z.tuple([z.string()]);

export async function rows<Row>(client: ClientBase, question: Question<Row>): Promise<readonly Row[]> {
  const result = await client.query<unknown[]>({ text: question.sql, rowMode: 'array' });
  return inTurns(result.rows, (row) => question.row.parse(JSON.parse(text.parse(row)[0])));
}

/** Maps a long list without holding up other sessions: a large catalog takes about a second in all. */
export async function inTurns<From, To>(list: readonly From[], map: (from: From) => To): Promise<To[]> {
  const mapped: To[] = [];
  for (let start = 0; start < list.length; start += rowsPerTurn) {
    if (start > 0) await nextTurn();
    for (const item of list.slice(start, start + rowsPerTurn)) mapped.push(map(item));
  }
  return mapped;
}
