import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';

/**
 * Golden files in the manner of cockroachdb/datadriven:
 *
 *     # what the case shows
 *     command key=value flag
 *     input, as many lines as there are
 *     ----
 *     expected output
 *
 * A blank line ends the output; output that itself holds blank lines stands between doubled `----` lines. `REWRITE=1` in the environment
 * writes what came out in place of what was expected; the diff is then the review.
 */
export interface DataCase {
  /** Path of the file. */
  readonly file: string;
  /** Of the command, from 1. */
  readonly line: number;
  readonly command: string;
  /** `key=value` words of the command line; a bare word has the value `''`. */
  readonly args: ReadonlyMap<string, string>;
  readonly input: string;
  readonly expected: string;
}

interface Parsed { readonly cases: readonly DataCase[]; /** Comments and blank lines before each case, and after the last. */ readonly gaps: readonly string[] }

const separator = '----';

/** Throws for a file that is not of that form: a golden file that is half read would pass. */
export function parseDataFile(file: string, text: string): Parsed {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const cases: DataCase[] = [];
  const gaps: string[] = [];
  let at = 0;
  for (;;) {
    const gap: string[] = [];
    while (at < lines.length && (lines[at] === '' || lines[at]?.startsWith('#') === true)) gap.push(lines[at++] ?? '');
    gaps.push(gap.map((line) => `${line}\n`).join(''));
    if (at >= lines.length) return { cases, gaps };
    const line = at + 1;
    const [command = '', ...words] = (lines[at++] ?? '').split(' ').filter((word) => word !== '');
    const input: string[] = [];
    while (at < lines.length && lines[at] !== separator) input.push(lines[at++] ?? '');
    if (at >= lines.length) throw new Error(`${file}:${line}: no "${separator}" after the input`);
    at++;
    const expected: string[] = [];
    if (lines[at] === separator) {
      at++;
      while (at < lines.length && !(lines[at] === separator && lines[at + 1] === separator)) expected.push(lines[at++] ?? '');
      if (at >= lines.length) throw new Error(`${file}:${line}: no doubled "${separator}" after the output`);
      at += 2;
    } else {
      while (at < lines.length && lines[at] !== '') expected.push(lines[at++] ?? '');
    }
    const args = new Map(words.map((word): [string, string] => {
      const [key = '', ...value] = word.split('=');
      return [key, value.join('=')];
    }));
    cases.push({ file, line, command, args, input: input.join('\n'), expected: expected.join('\n') });
  }
}

function commandLine(one: DataCase): string {
  return [one.command, ...[...one.args].map(([key, value]) => value === '' ? key : `${key}=${value}`)].join(' ');
}

/** The file's text with other outputs. */
export function writeDataFile(parsed: Parsed, outputs: readonly string[]): string {
  let text = '';
  for (const [i, one] of parsed.cases.entries()) {
    const output = outputs[i] ?? '';
    const body = /(?:^|\n)(?:\n|$)/.test(output) && output !== '' ? `${separator}\n${output}\n${separator}\n${separator}\n` : output === '' ? '' : `${output}\n`;
    text += `${parsed.gaps[i] ?? ''}${commandLine(one)}\n${one.input === '' ? '' : `${one.input}\n`}${separator}\n${body}`;
  }
  return text + (parsed.gaps[parsed.cases.length] ?? '');
}

/** One test a case, for a file or for each file of a folder that ends in `suffix`. `run` gives the output, without a newline at its end. */
export function dataDriven(path: string, suffix: string, run: (one: DataCase) => string | Promise<string>): void {
  const files = statSync(path).isDirectory() ? readdirSync(path).filter((name) => name.endsWith(suffix)).toSorted().map((name) => join(path, name)) : [path];
  if (files.length === 0) throw new Error(`no golden files ${suffix} in ${path}`);
  const rewrite = (process.env['REWRITE'] ?? '') !== '';
  describe.each(files)('%s', (file) => {
    const parsed = parseDataFile(file, readFileSync(file, 'utf8'));
    const outputs: string[] = parsed.cases.map((one) => one.expected);
    for (const [i, one] of parsed.cases.entries()) {
      test(`${basename(file)}:${one.line}`, async () => {
        const output = await run(one);
        outputs[i] = output;
        if (!rewrite) expect(output).toBe(one.expected);
      });
    }
    if (rewrite) afterAll(() => { writeFileSync(file, writeDataFile(parsed, outputs)); });
  });
}
