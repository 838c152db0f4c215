import { isatty } from 'node:tty';
import pc from 'picocolors';
import { display } from '../../src/core/display.ts';

const colours = pc.createColors(isatty(1) && process.env['NO_COLOR'] === undefined);
const width = Math.min(100, process.stdout.columns ?? 100);

export const say = (text = ''): void => { console.log(text); };
export const heading = (text: string): void => { say(`\n${colours.bold(text)}`); };
export const sql = (text: string): void => { wrapped(text, '  > ', colours.cyan); };
export const passed = (text: string): void => { wrapped(text, '  ✓ ', colours.green); };
export const refused = (text: string): void => { wrapped(text, '  ✗ ', colours.red); };
export const note = (text: string): void => { wrapped(text, '    ', colours.dim); };
export const loud = (text: string): string => colours.bold(text);

/** Whatever came from a server is shown, never obeyed. */
function wrapped(text: string, indent: string, colour: (text: string) => string): void {
  const room = width - indent.length;
  let lead = indent;
  for (const paragraph of display(text, { lines: true }).split('\n')) {
    let line = '';
    for (const word of paragraph.split(' ')) {
      if (line !== '' && line.length + 1 + word.length > room) {
        say(lead + colour(line));
        lead = ' '.repeat(indent.length);
        line = word;
      } else line = line === '' ? word : `${line} ${word}`;
    }
    say(lead + colour(line));
    lead = ' '.repeat(indent.length);
  }
}

const cell = (value: unknown): string => display(value instanceof Date ? value.toISOString() : String(value));

/** Rows as a small table, cut where the screen ends. */
export function rows(found: readonly Readonly<Record<string, unknown>>[]): void {
  const columns = Object.keys(found[0] ?? {});
  const widths = columns.map((column) => Math.max(column.length, ...found.map((row) => cell(row[column]).length)));
  const line = (cells: readonly string[]): string => `    ${cells.map((text, i) => text.padEnd(widths[i] ?? 0)).join('  ')}`.slice(0, width);
  say(colours.dim(line(columns)));
  for (const row of found) say(colours.dim(line(columns.map((column) => cell(row[column])))));
}
