import type { SourceFile } from './policy.ts';

/** One case of a `.decide` file: what was asked, and the lines that were expected. */
export interface GoldenCase {
  readonly file: string;
  /** Of the command, from 1. */
  readonly line: number;
  readonly command: string;
  readonly input: readonly string[];
  readonly expected: string;
  /** Lines of the file, from 0, that hold the expected output: `[from, to)`. */
  readonly output: readonly [number, number];
}

function isContent(text: string | undefined): text is string {
  return text !== undefined && text !== '';
}

/**
 * Reads the form of datadriven (cockroachdb/datadriven): comments with `#`, a command line, input lines, `----`, and output lines up to a
 * blank line. A case without `----` has no expectation and so fails, with an empty one.
 */
export function goldenCases(source: SourceFile): readonly GoldenCase[] {
  const lines = source.text.split('\n');
  const cases: GoldenCase[] = [];
  let at = 0;
  const line = (): string | undefined => lines[at]?.trimEnd();
  while (at < lines.length) {
    const command = line();
    if (!isContent(command) || command.startsWith('#')) { at += 1; continue; }
    const start = at;
    const input: string[] = [];
    at += 1;
    for (let text = line(); isContent(text) && text !== '----'; text = line()) {
      if (!text.startsWith('#')) input.push(text);
      at += 1;
    }
    if (line() === '----') at += 1;
    const from = at;
    while (isContent(line())) at += 1;
    cases.push({ file: source.file, line: start + 1, command, input, expected: lines.slice(from, at).join('\n'), output: [from, at] });
  }
  return cases;
}

/** The file's text with other outputs, one for each case in order. */
export function withOutputs(source: SourceFile, outputs: readonly string[]): string {
  const lines = source.text.split('\n');
  const made: string[] = [];
  let at = 0;
  for (const [index, golden] of goldenCases(source).entries()) {
    const [from, to] = golden.output;
    made.push(...lines.slice(at, from));
    if (made.at(-1)?.trimEnd() !== '----') made.push('----');
    made.push(outputs[index] ?? golden.expected);
    at = to;
  }
  return [...made, ...lines.slice(at)].join('\n');
}
