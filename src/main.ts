import cluster from 'node:cluster';
import { runProgram } from './cli/program.ts';
import { processTerminal } from './cli/terminal.ts';
import { makeTools } from './compose/tools.ts';

/** A process that `start --workers` made: its arguments are its parent's words, not a person's. */
async function work(path: string | undefined): Promise<void> {
  const [{ loadConfig, formatFinding }, { serveAsWorker }] = await Promise.all([import('./config/load.ts'), import('./compose/serve.ts')]);
  const loaded = await loadConfig(path ?? '');
  if (loaded.ok) return serveAsWorker(loaded.config, loaded.digest);
  // Edited since the parent read it.
  for (const error of loaded.errors) process.stderr.write(`${formatFinding(error)}\n`);
  process.exitCode = 1;
  return process.disconnect?.();
}

const args = process.argv.slice(2);
if (cluster.isWorker && args[0] === '--serve-as-worker') await work(args[1]);
else {
  const code = await runProgram({ tools: makeTools(), terminal: processTerminal(), now: Date.now, signals: process }, args);
  // stdin that is still open, or a timer of a part that was only looked at, must not keep the process.
  process.stdout.write('', () => { process.exit(code); });
}
