import { Command, CommanderError } from 'commander';
import { display } from '../core/display.ts';
import { addAgent } from './agent.ts';
import { addCatalog } from './catalog.ts';
import type { Cli } from './cli.ts';
import { addConfig } from './config.ts';
import { addExplain, commentIsNoOption } from './explain.ts';
import { Failure, wordsOf } from './failure.ts';
import { addFreeze } from './freeze.ts';
import { addGrant } from './grant.ts';
import { addGroup } from './group.ts';
import { addInit } from './init.ts';
import { addLog } from './log.ts';
import { addPolicy } from './policy.ts';
import { addReport } from './report.ts';
import { addService } from './service.ts';
import { addStart } from './start.ts';
import { addStatus } from './status.ts';
import { addUser } from './user.ts';
import { addVersion } from './version.ts';
import { addWhy } from './why.ts';

/** sysexits have no common ground; 2 is what shells and getopt programs say for a wrong command line. */
const usageExit = 2;

function build(cli: Cli): Command {
  const { terminal } = cli;
  const program = new Command('guardrails')
    .description('A gate between AI agents (and people) and production: every command is understood and decided before it runs.')
    .option('--debug', 'on an error, say where in the program it comes from')
    .version(cli.tools.version, '-V, --version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => { process.stdout.write(text); },
      writeErr: (text) => { terminal.note(text); },
      getOutHelpWidth: () => Math.min(120, terminal.interactive ? terminal.width : 100),
      getErrHelpWidth: () => 100,
      outputError: (text, write) => { write(`guardrails: ${display(text.replace(/^error: /, '').trim().replaceAll(/\s+/g, ' '))}\n`); },
    })
    .addHelpText('after', `
Start here:
  guardrails init && guardrails user create ada && guardrails start
  guardrails explain "DELETE FROM users"

Each verb has examples: guardrails agent create --help`);
  for (const add of [addInit, addStart, addStatus, addUser, addAgent, addService, addGroup, addGrant, addFreeze, addExplain, addWhy, addLog, addReport, addPolicy, addConfig, addCatalog, addVersion]) add(program, cli);
  return program;
}

/** Runs one command line (without the program's own name) and resolves with the exit code; what went wrong is said on stderr. Never rejects. */
export async function runProgram(cli: Cli, args: readonly string[]): Promise<number> {
  const program = build(cli);
  try {
    if (args.length === 0) {
      program.outputHelp();
      return 0;
    }
    await program.parseAsync([...commentIsNoOption(args)], { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    return told(cli, error, args.includes('--debug'));
  }
}

function told({ terminal }: Cli, error: unknown, debug: boolean): number {
  const { noteColour: colour } = terminal;
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    // Help that was not asked for (a group without its verb) is printed by commander; the rest it has said in a line.
    if (error.code !== 'commander.help') terminal.note(`  ${colour.dim('→')} guardrails --help, or --help after a verb, shows how\n`);
    return usageExit;
  }
  const { message, mend } = wordsOf(error);
  if (error instanceof Failure) for (const line of error.lines) terminal.note(`${line}\n`);
  terminal.note(`${colour.red('guardrails:')} ${display(message, { lines: true })}\n  ${colour.dim('→')} ${display(mend)}\n`);
  if (debug && error instanceof Error) terminal.note(`${display(error.stack ?? '', { lines: true })}\n`);
  return error instanceof Failure ? error.exitCode : 1;
}
