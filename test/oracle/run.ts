// The server as the judge of what the interpreter says: `npm run test:oracle -- --seed N --minutes M`. Without arguments a short form with a fixed
// seed. Exit 0 when nothing differs.
import { parseArgs } from 'node:util';
import { run as runExecution } from './execution/run.ts';

const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' }, minutes: { type: 'string', default: '1' } } });
const options = { seed: Number(values.seed), minutes: Number(values.minutes) };
let differs = false;
for (const [name, run] of [['execution', runExecution]] as const) {
  const { statements, differences, lines } = await run(options);
  console.log(`${name}: seed ${options.seed}, ${statements} statements, ${differences.length === 0 ? 'nothing differs' : `${differences.length} differences`}`);
  for (const line of [...lines, ...differences]) console.log(line);
  differs ||= differences.length > 0;
}
process.exitCode = differs ? 1 : 0;
