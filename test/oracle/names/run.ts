import { connect } from '../../support/servers.ts';
import { parts, statement } from './changes.ts';
import { compare, Findings } from './findings.ts';
import { Making } from './making.ts';
import { tryRights } from './privileges.ts';
import { Random } from './random.ts';
import { formatDifference } from './reads.ts';
import { openRecorded, recordedStatements } from './recorded.ts';
import { settings, Stage } from './stage.ts';
import { Tally } from './tally.ts';
import { compareViews, viewsOf } from './views.ts';

export interface Result {
  /** Compared ones: those that the server understood. */
  readonly statements: number;
  /** What is read without our saying so, minimised, and what a role's rights say otherwise. Each is a defect. */
  readonly differences: readonly string[];
  /** Agreement by kind; what we name beside what is read, or do not understand, minimised. */
  readonly lines: readonly string[];
}

/** Statements made under one setting before the next one. */
const turn = 200;
/** One in so many is tried with rights, which costs four round trips. */
const tried = 10;
/** From so many minutes on PostgreSQL's own regression suite is read, too. */
const longForm = 2;
const changes = ['INSERT', 'UPDATE', 'DELETE', 'MERGE', 'FOR UPDATE', 'data-modifying CTE'];

async function runMade(stage: Stage, seed: number, deadline: number): Promise<Result> {
  const random = new Random(seed);
  const tally = new Tally();
  const findings = new Findings(stage);
  const byRights: string[] = [];
  const rights = { refused: 0, unasked: 0, unplanned: 0 };
  for (let turns = 0; performance.now() < deadline; turns++) {
    const setting = settings[turns % settings.length];
    if (setting === undefined) break;
    const names = await stage.enter(setting);
    for (let i = 0; i < turn && performance.now() < deadline; i++) {
      const making = new Making(random, names, parts, 2 + random.below(9));
      const text = statement(making);
      const verdict = await compare(stage, text);
      if (verdict === undefined) {
        tally.refused++;
        continue;
      }
      tally.add(['all', setting.name, ...making.kinds], verdict.outcome);
      if (verdict.outcome !== 'same') await findings.note(verdict.outcome, text, setting.name);
      else if (random.below(tried) === 0 && !setting.name.startsWith('temporary') && !changes.some((kind) => making.kinds.has(kind))) {
        const trial = await tryRights(stage.client, text, (await stage.ours(text)).reads, stage.judge.columnsOf, random);
        rights[trial.outcome]++;
        byRights.push(...trial.differences.map((said) => `${said}\n    ${text}   [${setting.name}]`));
      }
    }
  }
  return {
    statements: tally.statements,
    differences: [...findings.of('less'), ...byRights],
    lines: [
      `made: ${tally.statements} statements compared, ${tally.refused} that the server refused`, ...tally.lines(),
      `rights: ${rights.refused + rights.unasked} statements tried; a role without one of the columns was refused ${rights.refused} times, and ${rights.unasked} times the plan had no need of it`,
      ...findings.of('more'), ...findings.of('opaque'),
    ],
  };
}

/** Views of the database: each one's definition as a statement, and a query of each against the trees of all that it stands on. */
async function runViews(stage: Stage, where: string): Promise<Result> {
  const tally = new Tally();
  const findings = new Findings(stage);
  const views = await viewsOf(stage);
  for (const { definition } of views) {
    const verdict = await compare(stage, definition);
    if (verdict === undefined) tally.refused++;
    else {
      tally.add([`${where}: definitions`], verdict.outcome);
      if (verdict.outcome !== 'same') await findings.note(verdict.outcome, definition, where);
    }
  }
  const differences: string[] = [];
  for (const { view, differences: found, opaque } of await compareViews(stage, views)) {
    const less = found.filter(({ kind }) => kind === 'less');
    tally.add([`${where}: views`], opaque.length > 0 ? 'opaque' : less.length > 0 ? 'less' : found.length > 0 ? 'more' : 'same');
    if (opaque.length === 0) differences.push(...less.map((difference) => `${formatDifference(difference)}\n    SELECT * FROM ${view}   [${where}]`));
  }
  return { statements: tally.statements, differences: [...findings.of('less'), ...differences], lines: [...tally.lines(), ...findings.of('more'), ...findings.of('opaque')] };
}

async function runSuite(stage: Stage): Promise<Result> {
  const tally = new Tally();
  const findings = new Findings(stage);
  for (const statements of await recordedStatements(stage.parser)) {
    await stage.enter({ name: 'recorded', before: [] });
    for (const text of statements) {
      if (/^set\s+search_path\b/i.test(text)) await stage.execute(text);
      const verdict = await compare(stage, text);
      if (verdict === undefined) {
        tally.refused++;
        continue;
      }
      tally.add(['the suite: statements'], verdict.outcome);
      if (verdict.outcome !== 'same') await findings.note(verdict.outcome, text, 'the suite');
    }
  }
  return { statements: tally.statements, differences: findings.of('less'), lines: [`the suite: ${tally.refused} statements of other kinds, or of what is no longer there`, ...tally.lines(), ...findings.of('more'), ...findings.of('opaque')] };
}

async function runRecorded(): Promise<readonly Result[]> {
  const recorded = await openRecorded();
  if (recorded === undefined) return [{ statements: 0, differences: [], lines: ['PostgreSQL\'s regression suite was not read: run `npm run test:regress` before'] }];
  const stage = await Stage.on(await connect(recorded.server.connectionString('regression')), recorded.close);
  try {
    await stage.enter({ name: 'recorded', before: [] });
    return [await runViews(stage, 'the suite'), await runSuite(stage)];
  } finally {
    await stage.close();
  }
}

/**
 * Statements against the server's word on what they read: views, statements made for so many minutes, and in the long form those of PostgreSQL's
 * regression suite. The same seed gives the same statements; how many of them depends on the machine.
 */
export async function run({ seed, minutes }: { seed: number; minutes: number }): Promise<Result> {
  const deadline = performance.now() + minutes * 60_000;
  const results: Result[] = minutes < longForm ? [] : [...await runRecorded()];
  const stage = await Stage.open();
  try {
    await stage.enter({ name: 'views', before: [] });
    results.push(await runViews(stage, 'own'), await runMade(stage, seed, deadline));
  } finally {
    await stage.close();
  }
  return {
    statements: results.reduce((sum, { statements }) => sum + statements, 0),
    differences: results.flatMap(({ differences }) => differences),
    lines: results.flatMap(({ lines }) => lines),
  };
}
