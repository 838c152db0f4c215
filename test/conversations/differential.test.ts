import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { servers } from '../support/servers.ts';
import { Differential } from './differential.ts';
import { scripts } from './script.ts';

/** The long form is `node test/conversations/fuzz.ts --seed N --minutes M [--enforce-reads everywhere]`. */
const modes = servers.flatMap(({ name, options }) => (['on', 'everywhere'] as const).map((enforceReads) => ({ name, options, enforceReads })));

describe.each(modes)('$name, reads enforced: $enforceReads', ({ options, enforceReads }) => {
  let differential: Differential;
  beforeAll(async () => { differential = await Differential.open({ ...options, enforceReads }); });
  afterAll(() => differential.close());

  test('permitted messages in any order are answered as by the server itself, and the record names what ran', { timeout: 120_000 }, async () => {
    await fc.assert(fc.asyncProperty(scripts, fc.option(fc.nat(400), { nil: undefined }), async (script, cut) => {
      expect(await differential.run(script, cut)).toBeUndefined();
    }), { numRuns: 60 });
  });
});
