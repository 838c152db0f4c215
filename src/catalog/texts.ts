import type { ClientBase } from 'pg';
import * as z from 'zod';
import { question, type Question } from './question.ts';
import { settled, untilSettled } from './settled.ts';
import { type Subjects, sourceOf, textSources, type TextSource } from './text-sources.ts';
import { answersApart } from './transaction.ts';
import { Turn } from './turns.ts';

/** Milliseconds. Whoever holds a lock against reading is not waited for: we must not stand in a migration's queue. A text is written in some tenths of one. */
const forText = { lock: 10, statement: 1_000 };
/** Milliseconds; these read catalogs only. */
const forKeys = { lock: 5_000, statement: 60_000 };
/** A text that is longer is absent: nobody would interpret it. Bytes. */
const longestText = 262_144;
const transactionsPerTrip = 8;
const settlingPatience = 100; // ms
/** Of functions whose text is written without locks. */
const functionsPerStatement = 50;

/** What is known of a source: its text, or that this role cannot have it. Holds as long as the source's key is the same. */
export interface KnownText { readonly key: string; readonly text: string | undefined; readonly bytes: number }

/** By the source's `id`. */
export type Texts = ReadonlyMap<string, KnownText>;

export interface TextsRead {
  readonly texts: Texts;
  /** There are texts that could not be had just now; to be tried again. */
  readonly busy: boolean;
  /** There are texts that are not those of `sources` any more. */
  readonly moved: boolean;
}

/**
 * The texts of `sources`, of which those in `known` with the same key are not read again. Each is read in a transaction of its own, so that
 * no lock outlives the writing of one text; then the keys are read again, and only a text whose key did not move is taken.
 * Throws when the connection fails, never because of an object.
 */
export async function readTexts(client: ClientBase, sources: Iterable<TextSource>, known: Texts): Promise<TextsRead> {
  const turn = new Turn();
  const missing: TextSource[] = [];
  const kept: TextSource[] = [];
  for (const source of sources) {
    (known.get(source.id)?.key === source.key ? kept : missing).push(source);
    if (turn.over) await turn.next();
  }
  if (missing.length === 0 && kept.length === known.size) return { texts: known, busy: false, moved: false };
  const texts = new Map<string, KnownText>();
  for (const { id } of kept) {
    const text = known.get(id);
    if (text !== undefined) texts.set(id, text);
  }
  if (missing.length === 0) return { texts, busy: false, moved: false };

  if (!await untilSettled(() => alone(client, settled), settlingPatience)) return { texts, busy: true, moved: false };
  const answers = await askAll(client, missing);
  const after = new Map((await alone(client, textSources(subjectsOf(missing)))).map((row) => [sourceOf(row).id, sourceOf(row)]));
  let busy = false;
  let moved = false;
  for (const source of missing) {
    const answer = answers.get(source.id);
    const then = after.get(source.id);
    if (answer === 'busy') busy = true;
    else if (then?.key === source.key && then.guard === source.guard) texts.set(source.id, { key: source.key, text: answer?.text, bytes: Buffer.byteLength(answer?.text ?? '') });
    else moved = true;
  }
  return { texts, busy, moved };
}

export function subjectsOf(sources: Iterable<TextSource>): Subjects & { readonly relations: readonly number[]; readonly functions: readonly number[] } {
  const relations = new Set<number>();
  const functions = new Set<number>();
  for (const { kind, subject } of sources) (kind === 'function' ? functions : relations).add(subject);
  return { relations: [...relations], functions: [...functions] };
}

type Answers = Map<string, { readonly text: string | undefined } | 'busy'>;

async function askAll(client: ClientBase, sources: readonly TextSource[]): Promise<Answers> {
  const statements = [...chunks(sources.filter(({ locks }) => locks), 1), ...chunks(sources.filter(({ locks }) => !locks), functionsPerStatement)];
  const answers: Answers = new Map();
  for (const trip of chunks(statements, transactionsPerTrip)) await ask(client, trip, answers);
  return answers;
}

const refused = z.object({ code: z.string().length(5) });
/** It is not the object's fault, and may be otherwise next time: lock_timeout, statement_timeout, and short of memory (appendix A of the documentation). */
const passing = /^(?:55P03|57014|40...|53...)$/;

/** Each statement in a transaction of its own. Which of them failed the server does not say, so they are asked in smaller parts until it is one. */
async function ask(client: ClientBase, statements: readonly (readonly TextSource[])[], answers: Answers): Promise<void> {
  try {
    for (const [id, text] of await answersApart(client, statements.map(textsOf), forText)) answers.set(id, { text: text ?? undefined });
  } catch (error) {
    const code = refused.safeParse(error).data?.code;
    if (code === undefined) throw error;
    // Rejects when the error was the connection's end.
    await client.query('ROLLBACK');
    const [first = [], ...others] = statements;
    const [only] = first;
    if (others.length > 0) for (const statement of statements) await ask(client, [statement], answers);
    else if (first.length > 1) for (const half of chunks(first, Math.ceil(first.length / 2))) await ask(client, [half], answers);
    // Gone meanwhile, or not for this role.
    else if (only !== undefined) answers.set(only.id, passing.test(code) ? 'busy' : { text: undefined });
  }
}

/** One question that only reads catalogs. */
async function alone<Row>(client: ClientBase, asked: Question<Row>): Promise<readonly Row[]> {
  try {
    return await answersApart(client, [asked], forKeys);
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

const writers = { view: 'pg_get_viewdef', rule: 'pg_get_ruledef', function: 'pg_get_functiondef' } as const;

/** A statement holds one source, or functions only. OFFSET keeps the text from being written twice. */
function textsOf(sources: readonly TextSource[]): Question<readonly [id: string, text: string | null]> {
  const [kind = 'function'] = sources.map((source) => source.kind);
  const asked = sources.map((source) => `('${source.id}', ${kind === 'view' ? source.subject : source.oid}::oid)`);
  return question(z.tuple([z.string(), z.string().nullable()]), `SELECT json_build_array(id, CASE WHEN octet_length(text) <= ${longestText} THEN text END)::text
    FROM (SELECT id, ${writers[kind]}(object) AS text FROM (VALUES ${asked.join(', ')}) AS asked (id, object) OFFSET 0) AS written`);
}

function chunks<T>(list: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, n) => list.slice(n * size, (n + 1) * size));
}
