import type { LogRecord } from '../core/log-record.ts';

export interface Row<Kind extends string> {
  readonly what: string;
  /** For people: a policy's title. */
  readonly note: string | undefined;
  readonly counts: Readonly<Record<Kind, number>>;
  readonly total: number;
  /** `gateway-0/17`: the newest of them, for `guardrails why`. */
  readonly example: string;
}

/** Rows that one table keeps; what comes beyond them is counted together. A day of an ORM has some hundred statement shapes. */
const mostRows = 10_000;

/** Counts by some name and kind, in memory that does not grow with the record. */
export class Tally<Kind extends string> {
  readonly #none: Readonly<Record<Kind, number>>;
  readonly #rows = new Map<string, { what: string; note: string | undefined; counts: Record<Kind, number>; total: number; example: string }>();
  /** Of names that came when the table was full. */
  unlisted = 0;

  constructor(none: Readonly<Record<Kind, number>>) { this.#none = none; }

  add(what: string, note: string | undefined, kind: Kind, record: Pick<LogRecord, 'writer' | 'sequence'>): void {
    let row = this.#rows.get(what);
    if (row === undefined) {
      if (this.#rows.size >= mostRows) {
        this.unlisted += 1;
        return;
      }
      row = { what, note, counts: { ...this.#none }, total: 0, example: '' };
      this.#rows.set(what, row);
    }
    row.counts[kind] += 1;
    row.total += 1;
    row.example = `${record.writer}/${record.sequence}`;
  }

  /** Most first; of equals, by name. */
  rows(): readonly Row<Kind>[] {
    return [...this.#rows.values()].toSorted((a, b) => b.total - a.total || (a.what < b.what ? -1 : 1));
  }

  /** How many are in no row of the first so many. */
  beyond(rows: number): number {
    return this.rows().slice(rows).reduce((sum, row) => sum + row.total, this.unlisted);
  }
}
