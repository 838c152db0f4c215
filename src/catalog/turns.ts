import { setImmediate as nextTurn } from 'node:timers/promises';

/** Milliseconds that long work may hold the event loop, so that other sessions go on meanwhile. */
const longestTurn = 4;
/** The clock is looked at once in so many items. */
const itemsPerLook = 8;

/** Of long work: `if (turn.over) await turn.next()` after each item. */
export class Turn {
  #began = performance.now();
  #items = 0;

  get over(): boolean {
    return ++this.#items % itemsPerLook === 0 && performance.now() - this.#began > longestTurn;
  }

  async next(): Promise<void> {
    await nextTurn();
    this.#began = performance.now();
  }
}

/** Maps a long list without holding up other sessions. */
export async function inTurns<From, To>(list: Iterable<From>, map: (from: From) => To): Promise<To[]> {
  const turn = new Turn();
  const mapped: To[] = [];
  for (const item of list) {
    mapped.push(map(item));
    if (turn.over) await turn.next();
  }
  return mapped;
}

/** Lists by the first member, without holding up other sessions. */
export async function byFirst<Row extends readonly [number, ...unknown[]]>(rows: readonly Row[]): Promise<ReadonlyMap<number, readonly Row[]>> {
  const turn = new Turn();
  const lists = new Map<number, Row[]>();
  for (const row of rows) {
    const list = lists.get(row[0]);
    if (list === undefined) lists.set(row[0], [row]);
    else list.push(row);
    if (turn.over) await turn.next();
  }
  return lists;
}

/** Does all of something that pauses wherever it yields. */
export async function throughTurns<Result>(work: Generator<undefined, Result>): Promise<Result> {
  const turn = new Turn();
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    if (turn.over) await turn.next();
  }
}

/** The same at once, for who has nobody to hold up. */
export function atOnce<Result>(work: Generator<undefined, Result>): Result {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}
