import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import type { Client } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import type { Catalog, FunctionInfo } from '../../../src/core/catalog.ts';
import type { Statement as Understood, SessionState } from '../../../src/core/interpretation.ts';
import type { PostgresInterpreter } from '../../../src/intent/postgres/interpreter.ts';
import type { Prediction } from './judge.ts';

/** `rows` go to a COPY ... FROM STDIN. */
export interface Statement { readonly sql: string; readonly rows?: string }

export interface Read extends Prediction { readonly statements: readonly Understood[] }

/** What the interpreter says of statements that run one after the other. */
export async function predict(interpreter: PostgresInterpreter, statements: readonly Statement[], catalog: Catalog, state: SessionState): Promise<Read> {
  const watched = watch(catalog);
  const understood: Understood[] = [];
  let nextState = state;
  for (const { sql } of statements) {
    const read = await interpreter.interpret(sql, watched.catalog, nextState);
    understood.push(...read.statements);
    nextState = read.nextState;
  }
  return { statements: understood, effects: understood.flatMap(({ effects }) => effects), nextState, functions: watched.functions };
}

/** The catalog, and which functions were asked of it. */
function watch(catalog: Catalog): { catalog: Catalog; functions: ReadonlySet<number> } {
  const functions = new Set<number>();
  const seen = (fn: FunctionInfo | undefined): void => { if (fn !== undefined) functions.add(fn.oid); };
  return {
    functions,
    catalog: {
      ...catalog,
      functionByOid: (oid) => { const fn = catalog.functionByOid(oid); seen(fn); return fn; },
      functions: (name, path) => { const found = catalog.functions(name, path); found.forEach(seen); return found; },
    },
  };
}

/** Rejects with what the server says. */
export async function execute(client: Client, { sql, rows }: Statement): Promise<void> {
  if (rows !== undefined) await pipeline(Readable.from([rows]), client.query(copyFrom(sql)));
  else if (/^copy\b.*\bto stdout\b/is.test(sql)) await pipeline(client.query(copyTo(sql)), async (chunks: AsyncIterable<unknown>) => { for await (const _ of chunks); });
  else await client.query(sql);
}
