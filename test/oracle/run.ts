// The server as the judge of what the interpreter says: `npm run test:oracle -- --seed N --minutes M [PART...]`. Without arguments a short form with
// a fixed seed. `regress` runs only when it is named: it needs PostgreSQL's own suite. Exit 0 when nothing differs.
import { parseArgs } from 'node:util';
import { run as runRegress } from './execution/regress/run.ts';
import { run as runExecution } from './execution/run.ts';
import { run as runNames } from './names/run.ts';

const { values, positionals } = parseArgs({ options: { seed: { type: 'string', default: '1' }, minutes: { type: 'string', default: '1' } }, allowPositionals: true });
const options = { seed: Number(values.seed), minutes: Number(values.minutes) };
const parts = { execution: runExecution, names: runNames, regress: runRegress } as const;
let differs = false;
for (const [name, run] of Object.entries(parts)) {
  if (positionals.length === 0 ? name === 'regress' : !positionals.includes(name)) continue;
  const { statements, differences, lines } = await run(options);
  console.log(`${name}: seed ${options.seed}, ${statements} statements, ${differences.length === 0 ? 'nothing differs' : `${differences.length} differences`}`);
  for (const line of [...lines, ...differences]) console.log(line);
  differs ||= differences.length > 0;
}
process.exitCode = differs ? 1 : 0;
