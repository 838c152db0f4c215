import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { libpq, pythonModule, run } from './support/client-program.ts';
import { expectSame } from './support/same.ts';
import { type Sides, startSides } from './support/sides.ts';

let sides: Sides;
beforeAll(async () => { sides = await startSides(); });
afterAll(async () => { await sides.stop(); });

const drivers = [['psycopg2', 'psycopg2_work.py'], ['psycopg', 'psycopg_work.py']] as const;

for (const [module, program] of drivers) {
  const { missing } = await pythonModule(module);
  describe.skipIf(missing !== '')(`${module}${missing}`, () => {
    test('connections, cursors, batches, COPY, transactions, errors, notifications', async () => {
      const seen = await expectSame(sides, async (side) => {
        const { code, out, err } = await run('/usr/bin/python3', [join(import.meta.dirname, 'programs', program)], libpq(side));
        if (code !== 0) throw new Error(err);
        return JSON.parse(out) as unknown[];
      });
      expect(seen.length).toBeGreaterThan(15);
    });
  });
}
