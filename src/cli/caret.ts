import { display } from '../core/display.ts';
import type { Span } from '../core/effect.ts';

/** Code points shown before the marked part when the line is too long for the screen. */
const lead = 16;

/** Spans count bytes of UTF-8; strings count UTF-16. */
function unitsAt(text: string, bytes: number): number { return Buffer.from(text, 'utf8').subarray(0, bytes).toString('utf8').length; }

function shown(text: string): string[] { return Array.from(display(text.replaceAll('\t', ' '))); }

export interface Marked {
  /** From 1. */
  readonly line: number;
  /** Whether the text has other lines. */
  readonly several: boolean;
  readonly text: string;
  readonly marks: string;
}

/** The line of the text in which the span begins, and a line of `^` to stand under it; cut to `width`. Safe to show. */
export function mark(text: string, span: Span, width: number): Marked {
  const start = unitsAt(text, span.start);
  const end = Math.max(unitsAt(text, span.end), start);
  const from = text.lastIndexOf('\n', start - 1) + 1;
  const nextLine = text.indexOf('\n', start);
  const to = nextLine === -1 ? text.length : nextLine;
  const before = shown(text.slice(from, start));
  const inside = shown(text.slice(start, Math.min(end, to)));
  const after = shown(text.slice(Math.min(end, to), to));
  let head = before;
  if (before.length + inside.length > width && before.length > lead) head = ['…', ...before.slice(-(lead - 1))];
  const room = Math.max(1, width - head.length);
  const body = inside.length > room ? [...inside.slice(0, room - 1), '…'] : inside;
  const left = Math.max(0, width - head.length - body.length);
  const tail = after.length > left ? (left === 0 ? [] : [...after.slice(0, left - 1), '…']) : after;
  return {
    line: text.slice(0, start).split('\n').length, several: text.includes('\n'),
    text: [...head, ...body, ...tail].join('').trimEnd(), marks: ' '.repeat(head.length) + '^'.repeat(Math.max(1, body.length)),
  };
}
