import { display, truncate } from '../core/display.ts';

/** Columns between two cells. */
const gap = 2;
/** A column is not made narrower than this (or than its head) to fit the screen. */
const narrowest = 8;

export interface Column { readonly head: string; readonly right?: boolean }

function length(text: string): number { return Array.from(text).length; }

/** Widths that fit into `width` together: the widest column gives way first. */
function fitted(natural: readonly number[], least: readonly number[], width: number): readonly number[] {
  const widths = [...natural];
  let over = widths.reduce((sum, one) => sum + one, 0) + gap * (widths.length - 1) - width;
  while (over > 0) {
    const candidates = widths.map((one, index) => (one > (least[index] ?? 0) ? one : 0));
    const widest = Math.max(...candidates);
    if (widest === 0) break;
    const at = candidates.indexOf(widest);
    const next = Math.max(...candidates.filter((_, index) => index !== at), least[at] ?? 0);
    const take = Math.min(over, Math.max(1, widest - next));
    widths[at] = widest - take;
    over -= take;
  }
  return widths;
}

/** Lines of a table: heads in capitals, then the rows; cells are made safe to show and cut to fit. `style` gets each head, padded. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], width: number, style: (head: string) => string = (head) => head): string[] {
  const heads = columns.map(({ head }) => head.toUpperCase());
  const cells = rows.map((row) => columns.map((_, index) => display(row[index] ?? '')));
  const natural = heads.map((head, index) => Math.max(length(head), ...cells.map((row) => length(row[index] ?? ''))));
  const least = heads.map((head, index) => Math.min(natural[index] ?? 0, Math.max(length(head), narrowest)));
  const widths = fitted(natural, least, width);
  const line = (row: readonly string[], paint: (cell: string) => string): string => row.map((cell, index) => {
    const room = widths[index] ?? 0;
    const cut = truncate(cell, room);
    const space = ' '.repeat(Math.max(0, room - length(cut)));
    const last = index === row.length - 1;
    return columns[index]?.right === true ? space + paint(cut) : paint(cut) + (last ? '' : space);
  }).join(' '.repeat(gap)).trimEnd();
  return [line(heads, style), ...cells.map((row) => line(row, (cell) => cell))];
}
