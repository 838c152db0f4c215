import { truncate } from '../core/display.ts';

const hidden = '[redacted]';

/** Names of fields that hold secrets, or text of commands; the net under the rule that nobody logs either. */
const secretName = /pass(?:word|phrase|wd)|secret|token|authorization|cookie|credential|verifier|private|api_?key|dsn|connection_?string|^(?:sql|text|query|statement|parameters|values?|row|literal)$/i;

/** Fields with the text of an error, of ours or of a server. */
const errorName = /error|cause|reason/i;

const longest = 500;
const deepest = 4;
const widest = 50;

/** `scheme://user:password@`. */
function withoutUserinfo(text: string): string { return text.replaceAll(/([a-z][a-z0-9+.-]*:\/\/)[^\s/@]*:[^\s@]*@/gi, `$1${hidden}@`); }

/** What a server or library quotes is often a literal of a command: `invalid input syntax for type integer: "abc"`, `Key (email)=(a@b.c)`. Backticks are our own, and hold names. */
function withoutLiterals(text: string): string {
  return text.replaceAll(/"[^"]*"?/g, '"…"').replaceAll(/'[^']*'?/g, "'…'").replaceAll(/=\([^)]*\)?/g, '=(…)');
}

/** A text fit to be written: no password in a URL, well-formed, at most 500 characters. */
export function safeText(text: string): string { return truncate(withoutUserinfo(text.toWellFormed()), longest); }

function safeError(error: Error, depth: number): unknown {
  const code: unknown = Reflect.get(error, 'code');
  const frames = error.stack?.split('\n').filter((line) => line.startsWith('    at ')).slice(0, 8).map((line) => line.trim());
  return {
    name: safeText(error.name), message: safeText(withoutLiterals(error.message)),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(frames === undefined ? {} : { at: frames }),
    ...(error.cause === undefined ? {} : { cause: safeValue(error.cause, depth + 1) }),
  };
}

function safeValue(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'string': return safeText(value);
    case 'bigint': case 'symbol': return String(value);
    case 'function': return '[function]';
    case 'number': return Number.isFinite(value) ? value : String(value);
    case 'boolean': case 'undefined': return value;
    case 'object': break;
  }
  if (value === null) return null;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (depth >= deepest) return '[deeper]';
  if (value instanceof Error) return safeError(value, depth);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid date' : value.toISOString();
  if (Array.isArray(value)) return value.slice(0, widest).map((item) => safeValue(item, depth + 1));
  if (value instanceof Map || value instanceof Set) return `[${value.size} entries]`;
  return safeObject(value, depth);
}

function safeObject(value: object, depth: number): Record<string, unknown> {
  const safe: Record<string, unknown> = {};
  for (const key of Object.keys(value).slice(0, widest)) {
    if (key === '__proto__') continue;
    const inside: unknown = Reflect.get(value, key);
    safe[safeText(key)] = secretName.test(key) ? hidden : errorName.test(key) && typeof inside === 'string' ? safeText(withoutLiterals(inside)) : safeValue(inside, depth + 1);
  }
  return safe;
}

/** Fields fit to be written: no field that is named like a secret, no password in a URL, no bytes, no literal in an error's message; bounded in depth, width and length. Total. */
export function safeFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  try {
    const { level, time, message, component, ...rest } = safeObject(fields, 0);
    // These name parts of the line itself.
    return { ...rest, ...Object.fromEntries(Object.entries({ level, time, message, component }).filter(([, value]) => value !== undefined).map(([key, value]) => [`field_${key}`, value])) };
  } catch {
    // A getter or proxy that throws.
    return { fields: 'unreadable' };
  }
}
