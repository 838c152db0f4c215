import type { LogRecord } from '../core/log-record.ts';

/** What would have become of the records of one row. */
export interface Counts { deny: number; hold: number }

export interface Row extends Counts {
  readonly what: string;
  /** For people: a policy's title. */
  readonly note: string | undefined;
  /** `gateway-0/17`: the newest of them, for `guardrails why`. */
  example: string;
}

/** Rows that one table keeps; what comes beyond them is counted together. A day of an ORM has some hundred statement shapes. */
const mostRows = 10_000;

/** Counts by some name, in memory that does not grow with the record. */
export class Tally {
  readonly #rows = new Map<string, Row>();
  /** Of names that came when the table was full. */
  readonly unlisted: Counts = { deny: 0, hold: 0 };

  add(what: string, note: string | undefined, would: keyof Counts, record: Pick<LogRecord, 'writer' | 'sequence'>): void {
    let row = this.#rows.get(what);
    if (row === undefined) {
      if (this.#rows.size >= mostRows) {
        this.unlisted[would] += 1;
        return;
      }
      row = { what, note, deny: 0, hold: 0, example: '' };
      this.#rows.set(what, row);
    }
    row[would] += 1;
    row.example = `${record.writer}/${record.sequence}`;
  }

  /** Most first; of equals, by name. */
  rows(): readonly Row[] {
    return [...this.#rows.values()].toSorted((a, b) => b.deny + b.hold - a.deny - a.hold || (a.what < b.what ? -1 : 1));
  }
}
