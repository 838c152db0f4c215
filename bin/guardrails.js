#!/usr/bin/env node
// Starts the CLI on a Node that is new enough: this one, or the one that the npm package `node` put beside us.
// Plain JavaScript that old versions can read, so that an old Node gets a clear word and not a syntax error.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import * as module from 'node:module';
import { Socket } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [major, minor] = process.versions.node.split('.').map(Number);
const source = new URL('../src/main.ts', import.meta.url);
const entry = existsSync(source) ? source : new URL('../dist/main.js', import.meta.url);

/** What a supervisor or a person sends to this process is meant for the one that does the work. */
const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'];

/** Set by a launcher: the number of a pipe that closes when it is gone, however it went. */
const lifeline = 'GUARDRAILS_LAUNCHER_PIPE';

if (major > 24 || (major === 24 && minor >= 9)) {
  if (process.env[lifeline] !== undefined) followLauncher(Number(process.env[lifeline]));
  const cache = compileCache();
  if (cache !== undefined) module.enableCompileCache(cache);
  await import(entry.href);
} else {
  const beside = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));
  if (!existsSync(beside)) {
    console.error(`guardrails needs Node 24.9 or newer; this is ${process.versions.node}. Install a newer Node, or add the npm package \`node\` beside it.`);
    process.exit(1);
  }
  const child = spawn(beside, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: ['inherit', 'inherit', 'inherit', 'pipe'], env: { ...process.env, [lifeline]: '3' } });
  for (const signal of passedOn) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    console.error(`guardrails: ${beside} cannot be started: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    // Ends as the child did, so that whoever waits for us sees the signal.
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/**
 * Where V8 keeps what it has compiled, which is most of a start's time. It is code that will run: only in a folder that nobody else may write to. Without a home,
 * as in a service, there is none.
 */
function compileCache() {
  try {
    const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'guardrails', 'compiled');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { uid, mode } = statSync(folder);
    return uid === process.geteuid() && (mode & 0o022) === 0 ? folder : undefined;
  } catch {
    return undefined;
  }
}

/** Nobody waits for this process any more: it ends as if it had been asked to. */
function followLauncher(pipe) {
  delete process.env[lifeline];
  const launcher = new Socket({ fd: pipe });
  launcher.on('error', () => {});
  launcher.once('close', () => { process.kill(process.pid, 'SIGTERM'); });
  launcher.resume();
  launcher.unref();
}
