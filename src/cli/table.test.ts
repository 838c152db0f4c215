import { expect, test } from 'vitest';
import { table } from './table.ts';

const columns = [{ head: 'name' }, { head: 'rows', right: true }, { head: 'why' }];

test('columns are as wide as they need', () => {
  expect(table(columns, [['orders', '12', 'looking into it'], ['a', '3', '']], 80)).toEqual([
    'NAME    ROWS  WHY',
    'orders    12  looking into it',
    'a          3',
  ]);
});

test('the widest gives way to the screen', () => {
  const lines = table(columns, [['orders', '12', 'a long story about what is wrong with them'], ['customers_of_the_shop', '3', 'short']], 40);
  expect(lines).toEqual([
    'NAME              ROWS  WHY',
    'orders              12  a long story ab…',
    'customers_of_th…     3  short',
  ]);
  for (const line of lines) expect(Array.from(line).length).toBeLessThanOrEqual(40);
});

test('what is from outside cannot move the cursor or turn the text around', () => {
  expect(table([{ head: 'name' }], [['\u001B[31mred\u202E']], 80)[1]).toBe('\\u{1b}[31mred\\u{202e}');
});

test('a screen that is too narrow for all gets more than its width, not nothing', () => {
  expect(table(columns, [['orders', '12', 'x']], 5)).toEqual(['NAME    ROWS  WHY', 'orders    12  x']);
});
