import { expect, test } from 'vitest';
import { fineClock } from './fine-clock.ts';

test('it goes as the monotonic clock does, and follows the system\'s within a second', () => {
  const at = { wall: 1_795_255_000_000, ticks: 500 };
  const clock = fineClock(() => at.wall, { now: () => at.ticks });
  expect(clock()).toBe(1_795_255_000_000);
  at.ticks += 0.25;
  expect(clock()).toBe(1_795_255_000_000.25);
  // Somebody sets the system's clock back.
  at.wall -= 3_600_000;
  at.ticks += 900;
  expect(clock()).toBe(1_795_255_000_900.25);
  at.ticks += 100;
  expect(clock()).toBe(1_795_251_400_000);
});
