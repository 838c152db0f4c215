import type { ColumnInfo, SingleValue } from '../core/catalog.ts';

/** Nothing, once. */
export const none: readonly never[] = [];

/** One object for equal ones: `id integer`, `public`, `{now}` come by the ten thousand. */
export class Sharing {
  readonly #texts = new Map<string, string>();
  readonly #lists = new Map<string, readonly (string | number)[]>();
  readonly #columns = new Map<string, ColumnInfo>();

  text(value: string): string {
    const known = this.#texts.get(value);
    if (known !== undefined) return known;
    this.#texts.set(value, value);
    return value;
  }

  list<Item extends string | number>(list: readonly Item[]): readonly Item[] {
    if (list.length === 0) return none;
    const key = JSON.stringify(list);
    const known = this.#lists.get(key);
    if (known !== undefined) return known as readonly Item[]; // JSON tells numbers from texts
    this.#lists.set(key, list);
    return list;
  }

  column(number: number, name: string, type: string, single?: SingleValue): ColumnInfo {
    const key = `${number} ${JSON.stringify(name)} ${type}${single === undefined ? '' : ` ${single.of} ${single.value}`}`;
    const known = this.#columns.get(key);
    if (known !== undefined) return known;
    const column = { number, name: this.text(name), type: this.text(type), ...single === undefined ? {} : { single } };
    this.#columns.set(key, column);
    return column;
  }
}
