// `npm run bench [-- --short] [--json] [--only NAME]...`: direct, bare relay, pgbouncer and gateway in one run, against the budgets of DESIGN.md, section 10.
import { parseArgs } from 'node:util';
import { cleanUp, cleanUpOnSignals } from './cleanup.ts';
import { startGateway } from './gateway.ts';
import { formatMachine, load, machine } from './machine.ts';
import type { Path } from './path.ts';
import { pgbench, pgbenchVersion } from './pgbench.ts';
import { pgbouncerVersion, startPgbouncer } from './pgbouncer.ts';
import { startRelay } from './relay-process.ts';
import type { Bench, Row, Scenario } from './scenario.ts';
import { connections } from './scenarios/connections.ts';
import { firstSight } from './scenarios/first-sight.ts';
import { idleSessions } from './scenarios/idle-sessions.ts';
import { largeCatalog } from './scenarios/large-catalog.ts';
import { largeResult } from './scenarios/large-result.ts';
import { largeStatements } from './scenarios/large-statements.ts';
import { latency } from './scenarios/latency.ts';
import { policyReload } from './scenarios/policy-reload.ts';
import { start } from './scenarios/start.ts';
import { throughputScenarios } from './scenarios/throughput.ts';
import { startServer } from './server.ts';
import { tableFoot, tableHead, tableLine } from './table.ts';

// Memory before what fragments it.
const scenarios: readonly Scenario[] = [idleSessions, firstSight, latency, ...throughputScenarios, largeStatements, largeResult, connections, start, policyReload, largeCatalog];
const names = scenarios.map(({ name }) => name);

const { values: options } = parseArgs({ options: {
  json: { type: 'boolean', default: false }, short: { type: 'boolean', default: false }, only: { type: 'string', multiple: true, default: [] },
} });

const unknown = options.only.find((name) => !names.includes(name));
if (unknown !== undefined) {
  console.error(`there is no scenario \`${unknown}\`; there are: ${names.join(', ')}`);
  process.exit(2);
}
if (await pgbenchVersion() === undefined) {
  console.error('the load comes from pgbench, and it is not installed: apt-get install postgresql-contrib (Debian, Ubuntu), dnf install postgresql-contrib (Fedora), or brew install postgresql');
  process.exit(2);
}

cleanUpOnSignals();
const before = load();
try {
  const server = await startServer();
  const gateway = await startGateway(server.login);
  const paths: readonly Path[] = [
    { name: 'direct', login: server.login, pid: undefined },
    await startRelay(server.login),
    ...(await pgbouncerVersion() === undefined ? [] : [await startPgbouncer(server.login)]),
    { name: 'gateway', login: gateway.login, pid: gateway.process.pid },
  ];
  const bench: Bench = { paths, gateway, rounds: options.short ? 2 : 3, seconds: options.short ? 1 : 2, short: options.short };
  const facts = await machine(server.version, before);
  if (!options.json) console.log(`${formatMachine(facts)}\n\n${tableHead}`);
  // Compiled code on every path, pages in the server's memory, and as many connections in the pooler's pool as will be used.
  for (const { name, login } of paths) await pgbench(login, { clients: name === 'pgbouncer' ? 64 : 8, protocol: 'prepared', script: ['-S'], seconds: 1 });
  const rows: Row[] = [];
  const failures: { readonly scenario: string; readonly why: string }[] = [];
  for (const scenario of scenarios) {
    if (options.only.length > 0 && !options.only.includes(scenario.name)) continue;
    try {
      for (const row of await scenario.run(bench)) {
        rows.push(row);
        if (!options.json) console.log(tableLine(row));
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      failures.push({ scenario: scenario.name, why });
      console.error(`${scenario.name} failed: ${why}`);
    }
  }
  console.log(options.json ? JSON.stringify({ machine: facts, rounds: bench.rounds, seconds: bench.seconds, rows, failures }, null, 2) : `\n${tableFoot}`);
  if (failures.length > 0) process.exitCode = 1;
} finally {
  await cleanUp();
}
