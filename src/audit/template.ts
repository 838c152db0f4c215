import type { DecisionTemplate } from '../core/audit-log.ts';
import type { DecisionEvent, OutcomeEvent } from '../core/event.ts';
import type { DecisionPieces, OutcomePieces } from './form.ts';
import type { Origin } from './ocsf/base.ts';
import { outcomeText, recordText } from './ocsf/record.ts';

/** Outcomes whose record is kept ready, by status and SQLSTATE. Others are built each time. */
const mostOutcomes = 8;

export type Random = (bytes: number) => Uint8Array;

/** Pieces of a record that are written out once, when they are needed again, and then by number. */
export class Form<P extends DecisionPieces | OutcomePieces = DecisionPieces | OutcomePieces> {
  readonly pieces: P;
  /** It was used once: what comes a second time may come a thousand times. */
  used = false;
  number = 0;
  /** The run of segments in which that number stands for it. */
  run = -1;

  constructor(pieces: P) {
    this.pieces = pieces;
  }
}

/**
 * A decision, and how it ended so far, as canonical JSON cut around what changes from record to record. The bytes are those that `recordText` and
 * `outcomeText` give; a property in the tests holds them together.
 */
export class RecordTemplate implements DecisionTemplate {
  readonly event: DecisionEvent;
  readonly #origin: Origin;
  readonly #random: Random;
  readonly decision: Form<DecisionPieces>;
  readonly #outcomes = new Map<string, Form<OutcomePieces>>();
  /** Most commands of a shape end alike. */
  #latest: { readonly status: OutcomeEvent['status']; readonly sqlstate: string | undefined; readonly form: Form<OutcomePieces> } | undefined;

  constructor(event: DecisionEvent, origin: Origin, random: Random) {
    this.event = event;
    this.#origin = origin;
    this.#random = random;
    const [a = '', b = '', c = '', d = ''] = cut(random, 3, (marks) => [
      recordText(event, { sequence: at(marks, 0), uid: uidOf(at(marks, 1)), time: at(marks, 2) }, origin),
      [String(at(marks, 0)), uidOf(at(marks, 1)), String(at(marks, 2))],
    ]);
    this.decision = new Form([a, b, c, d]);
  }

  /** Of outcomes that are kept ready; undefined for one too many. */
  outcome(outcome: OutcomeEvent): Form<OutcomePieces> | undefined {
    const latest = this.#latest;
    if (latest !== undefined && latest.status === outcome.status && latest.sqlstate === outcome.sqlstate) return latest.form;
    const key = outcome.sqlstate === undefined ? outcome.status : `${outcome.status} ${outcome.sqlstate}`;
    const known = this.#outcomes.get(key);
    if (known !== undefined) this.#latest = { status: outcome.status, sqlstate: outcome.sqlstate, form: known };
    if (known !== undefined || this.#outcomes.size >= mostOutcomes) return known;
    const [a = '', b = '', c = '', d = '', e = '', f = '', g = '', h = ''] = cut(this.#random, 7, (marks) => [
      outcomeText(
        this.event, { ...outcome, bytes: at(marks, 3), rows: at(marks, 6) }, { sequence: at(marks, 4), uid: uidOf(at(marks, 5)) },
        { sequence: at(marks, 0), uid: uidOf(at(marks, 1)), time: at(marks, 2) }, this.#origin,
      ),
      [at(marks, 0), uidOf(at(marks, 1)), at(marks, 2), at(marks, 3), at(marks, 4), uidOf(at(marks, 5)), at(marks, 6)].map(String),
    ]);
    const form = new Form<OutcomePieces>([a, b, c, d, e, f, g, h]);
    this.#outcomes.set(key, form);
    return form;
  }
}

/**
 * Finds the places of the fields by building the record with marks in them: random numbers, so that no text from outside can hold one; drawn
 * again if it does all the same. Each mark must stand once, in the order given.
 */
function cut(random: Random, count: number, build: (marks: readonly number[]) => readonly [text: string, marks: readonly string[]]): string[] {
  for (let tries = 0; tries < 4; tries++) {
    const [text, marks] = build(Array.from({ length: count }, () => mark(random)));
    const places = marks.map((mark) => text.indexOf(mark));
    if (marks.some((mark, k) => places[k] === -1 || text.lastIndexOf(mark) !== places[k])) continue;
    if (places.some((place, k) => k > 0 && place < (places[k - 1] ?? 0))) throw new Error('the fields of a record are not in the order that its template writes them');
    const ends = marks.map((mark, k) => (places[k] ?? 0) + mark.length);
    return [...places, text.length].map((place, k) => text.slice(k === 0 ? 0 : ends[k - 1], place));
  }
  throw new Error('a record holds the random marks of its template');
}

/** 15 digits. */
function mark(random: Random): number {
  const bytes = Buffer.from(random(6));
  return 100_000_000_000_000 + (bytes.readUIntBE(0, 6) % 900_000_000_000_000);
}

function uidOf(mark: number): string {
  const digits = String(mark);
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-7${digits.slice(12, 15)}-8000-000000000000`;
}

function at(marks: readonly number[], index: number): number { return marks[index] ?? 0; }
