import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDataFile, writeDataFile } from './datadriven.ts';

const file = `# what it shows
effects catalog=shop strict
SELECT 1
FROM t
----
one
two

# output with blank lines
show
x
----
----
a

b
----
----

# nothing in, nothing out
empty
----
`;

test('a file is read as it is written', () => {
  const { cases } = parseDataFile('f', file);
  expect(cases.map(({ line, command, input, expected }) => [line, command, input, expected])).toEqual([
    [2, 'effects', 'SELECT 1\nFROM t', 'one\ntwo'], [10, 'show', 'x', 'a\n\nb'], [21, 'empty', '', ''],
  ]);
  expect([...cases[0]?.args ?? []]).toEqual([['catalog', 'shop'], ['strict', '']]);
});

test('rewriting it with what it holds changes nothing', () => {
  const parsed = parseDataFile('f', file);
  expect(writeDataFile(parsed, parsed.cases.map((one) => one.expected))).toBe(file);
});

test('any output survives being written', () => {
  const output = fc.array(fc.constantFrom('', 'a', '# b', 'c d'), { maxLength: 5 }).map((lines) => lines.join('\n'));
  fc.assert(fc.property(output, output, (first, second) => {
    const parsed = parseDataFile('f', 'a\nx\n----\n\nb\ny\n----\n');
    const again = parseDataFile('f', writeDataFile(parsed, [first, second]));
    expect(again.cases.map((one) => one.expected)).toEqual([first, second]);
  }));
});

test('a case without a separator is an error, not a case less', () => {
  expect(() => parseDataFile('f', 'effects\nSELECT 1\n')).toThrow('f:1: no "----" after the input');
});
