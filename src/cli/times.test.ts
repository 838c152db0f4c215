import { expect, test } from 'vitest';
import { moment } from './options.ts';
import { distance, timeText } from './times.ts';

const now = Date.UTC(2026, 0, 31, 12);
const hour = 3_600_000;

test.each([
  [8 * hour, 'in 8h'], [8 * hour - 1, 'in 7h 59m'], [26 * hour, 'in 1d 2h'], [24 * hour + 60_000, 'in 1d'], [1, 'in 0s'], [0, 'ended 0s ago'], [-90_000, 'ended 1m 30s ago'],
])('%d ms from now is %s', (ms, text) => { expect(distance(now + ms, now)).toBe(text); });

test('times are to the second, in UTC', () => { expect(timeText(now + 1)).toBe('2026-01-31T12:00:00Z'); });

test('--since takes an age or a time, and nothing else', () => {
  const read = moment(now);
  expect(read('1h')).toBe(now - hour);
  expect(read('2026-01-31')).toBe(Date.UTC(2026, 0, 31));
  expect(read('2026-01-31T08:00:00Z')).toBe(now - 4 * hour);
  for (const wrong of ['', '1', 'h', '0h', '-1h', '1.5h', 'yesterday', '2026-99-99', '1769860800000']) expect(() => read(wrong)).toThrow('Write how long ago');
});
