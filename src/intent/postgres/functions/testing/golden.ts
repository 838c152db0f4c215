import { readFileSync, writeFileSync } from 'node:fs';

/** One case of a golden file: what stands above `----`, and below it up to an empty line. Lines with `#` in front say what the case shows. */
export interface GoldenCase { readonly comment: string; readonly input: string; readonly expected: string }

export function goldenCases(file: URL): readonly GoldenCase[] {
  return readFileSync(file, 'utf8').split(/\n{2,}/u).filter((block) => block.trim() !== '').map((block) => {
    const [above = '', expected = ''] = `${block.trimEnd()}\n`.split('----\n');
    const lines = above.trimEnd().split('\n');
    const first = lines.findIndex((line) => !line.startsWith('#'));
    return { comment: lines.slice(0, first).join('\n'), input: lines.slice(first).join('\n'), expected: expected.trimEnd() };
  });
}

/** What `read` makes of each case beside what is expected. With REWRITE=1 the file is written anew first; the diff is the review. */
export function goldenResults(file: URL, read: (input: string) => string): readonly { readonly input: string; readonly expected: string; readonly got: string }[] {
  if (process.env['REWRITE'] === '1') {
    writeFileSync(file, `${goldenCases(file).map(({ comment, input }) => [...comment === '' ? [] : [comment], input, '----', read(input)].join('\n').trimEnd()).join('\n\n')}\n`);
  }
  return goldenCases(file).map(({ input, expected }) => ({ input, expected, got: read(input) }));
}
