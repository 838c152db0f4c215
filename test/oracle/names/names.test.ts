import { expect, test } from 'vitest';
import { run } from './run.ts';

/** The long form is `npm run test:oracle`. */
test('the server and the interpreter name the same relations and columns', async () => {
  const { statements, differences } = await run({ seed: 20_250_106, minutes: 0.4 });
  expect(differences).toEqual([]);
  expect(statements).toBeGreaterThan(300);
}, 120_000);
