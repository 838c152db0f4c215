import { createColors } from 'picocolors';
import { display } from '../core/display.ts';

const levels = ['debug', 'info', 'warn', 'error'] as const;

function isRecord(value: unknown): value is Record<string, unknown> { return typeof value === 'object' && value !== null && !Array.isArray(value); }

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return display(/[\s"=]/.test(text) && typeof value === 'string' ? JSON.stringify(text) : text);
}

/** One JSON line of the log as a person reads it: `12:30:05.120 WARN  gate  message key=value`. A line that is not JSON stays as it is, made safe. */
export function prettyLine(line: string, color: boolean): string {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch {
    event = undefined;
  }
  if (!isRecord(event)) return `${display(line.trimEnd())}\n`;
  const { level, time, message, component, ...rest } = event;
  const paint = createColors(color);
  const colors = { debug: paint.gray, info: paint.cyan, warn: paint.yellow, error: paint.red };
  const known = levels.find((name) => name === level) ?? 'info';
  const clock = typeof time === 'string' ? time.slice(11, 23) : '';
  const fields = Object.entries(rest).map(([key, value]) => `${paint.gray(`${display(key)}=`)}${shown(value)}`);
  return `${[paint.gray(clock), colors[known](known.toUpperCase().padEnd(5)), ...(typeof component === 'string' ? [paint.bold(display(component))] : []), display(String(message)), ...fields].join(' ')}\n`;
}
