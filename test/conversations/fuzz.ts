import fc from 'fast-check';
import { parseArgs } from 'node:util';
import { Differential } from './differential.ts';
import { scripts } from './script.ts';

const { values } = parseArgs({ options: { seed: { type: 'string' }, minutes: { type: 'string', default: '1' }, bin: { type: 'string' }, 'enforce-reads': { type: 'string', default: 'on' } } });
const seed = Number(values.seed ?? Date.now() % 1_000_000_000);
const minutes = Number(values.minutes);
const enforceReads = values['enforce-reads'];
if (enforceReads !== 'off' && enforceReads !== 'on' && enforceReads !== 'everywhere') throw new Error('--enforce-reads is off, on or everywhere');
const differential = await Differential.open({ enforceReads, ...(values.bin === undefined ? {} : { bin: values.bin }) });
console.log(`seed ${seed}, for ${minutes} minutes`);
let runs = 0;
const result = await fc.check(fc.asyncProperty(scripts, fc.option(fc.nat(400), { nil: undefined }), async (script, cut) => {
  runs++;
  const difference = await differential.run(script, cut);
  if (difference !== undefined) throw new Error(difference);
}), { seed, numRuns: 1_000_000_000, interruptAfterTimeLimit: minutes * 60_000, markInterruptAsFailure: false });
await differential.close();
console.log(`${runs} scripts`);
if (result.failed) {
  const [script, cut] = result.counterexample ?? [];
  console.log(`${script?.lines.join('\n') ?? ''}\ncut ${String(cut)}\n`);
  console.log(result.errorInstance instanceof Error ? result.errorInstance.message : String(result.errorInstance));
  process.exitCode = 1;
}
