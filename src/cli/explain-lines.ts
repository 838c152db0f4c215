import { explanationLine, failureLine } from './explanation-json.ts';
import { linesOf, type InputLine } from './lines.ts';
import type { Terminal } from './terminal.ts';
import type { Explainer } from './tools.ts';

/** Bytes of a line of input. A command beyond 256 KiB is not understood anyhow; escapes make six bytes of one. */
const longestLine = 8 * 2 ** 20;
/** Characters of output gathered before they are written. */
const gathered = 64 * 2 ** 10;

type Id = string | number | boolean | null;
type Asked = { readonly id: Id; readonly text: string } | { readonly id: Id; readonly error: string };

function parsed(bytes: Buffer): { readonly value: unknown } | { readonly error: string } {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return { error: 'the line is not UTF-8' };
  }
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { error: 'the line is not JSON' };
  }
}

/** The id is given back as it was read; null where there is none to read. */
function asked(line: InputLine): Asked {
  if ('tooLong' in line) return { id: null, error: `the line is longer than ${longestLine / 2 ** 20} MiB` };
  const read = parsed(line.bytes);
  if ('error' in read) return { id: null, error: read.error };
  const { value } = read;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { id: null, error: 'the line is not an object' };
  const id: unknown = Object.hasOwn(value, 'id') ? Reflect.get(value, 'id') : null;
  // A list or object could be nested deeper than can be written again.
  if (id !== null && typeof id !== 'string' && typeof id !== 'number' && typeof id !== 'boolean') return { id: null, error: '`id` is not a string or number' };
  const text: unknown = Object.hasOwn(value, 'text') ? Reflect.get(value, 'text') : undefined;
  return typeof text === 'string' ? { id, text } : { id, error: '`text` is not a string' };
}

async function answer(explainer: Explainer, line: InputLine): Promise<string> {
  const question = asked(line);
  if ('error' in question) return failureLine(question.id, 'not-understood', question.error);
  try {
    return explanationLine(question.id, await explainer.explain(question.text));
  } catch (error) {
    // Explaining is total; should it fail all the same, the lines after it are still answered.
    return failureLine(question.id, 'internal', error instanceof Error ? error.name : 'unknown');
  }
}

/** `--jsonl`: a line of answer for each line of input, in order; no content of a line ends it. */
export async function explainLines(explainer: Explainer, terminal: Terminal): Promise<void> {
  let out = '';
  for await (const line of linesOf(terminal.input, longestLine)) {
    out += `${await answer(explainer, line)}\n`;
    if (out.length >= gathered || terminal.inputIsTerminal) {
      await terminal.write(out);
      out = '';
    }
  }
  await terminal.write(out);
}
