import * as z from 'zod';

/** What is asked of the target: one statement, whose rows are one JSON array each. */
export interface Question<Row> { readonly sql: string; readonly row: z.ZodType<Row> }

export function question<Row>(row: z.ZodType<Row>, sql: string): Question<Row> {
  return { sql, row };
}

/** The most that an oid can be: it is an unsigned number of four bytes (src/include/postgres_ext.h). */
export const oid = z.int().min(0).max(0xff_ff_ff_ff);
export const oids = z.array(oid);
export const names = z.array(z.string());
export const action = z.enum(['a', 'r', 'c', 'n', 'd']);

/** Which objects a question is about, by their oids. */
export type Among = readonly number[] | 'all';

export function among(column: string, asked: Among): string {
  return asked === 'all' ? 'true' : `${column} = ANY ('{${asked.join(',')}}'::oid[])`;
}


export type RowOf<Asked> = Asked extends Question<infer Row> ? Row : never;

/** A question that is not asked now. */
export function nothing<Row>({ row }: Question<Row>): Question<Row> {
  return { row, sql: '' };
}

/** A question about some objects, which is not asked when there are none. */
export function questionAbout<Row>(asked: Among, row: z.ZodType<Row>, sql: string): Question<Row> {
  return { row, sql: asked.length === 0 ? '' : sql };
}
