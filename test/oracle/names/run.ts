import { parts, statement } from './changes.ts';
import { Making, type Names } from './making.ts';
import { minimise } from './minimise.ts';
import { tryRights } from './privileges.ts';
import { Random } from './random.ts';
import { compareReads, formatDifference } from './reads.ts';
import { settings, Stage, type Setting } from './stage.ts';
import { Tally, type Outcome } from './tally.ts';

export interface Result {
  /** Compared ones: those that the server understood. */
  readonly statements: number;
  /** What is read without our saying so, minimised, and what the judges among themselves do not agree on. Each is a defect. */
  readonly differences: readonly string[];
  /** Agreement by kind; what we name beside what is read, or do not understand, minimised. */
  readonly lines: readonly string[];
}

/** Statements made under one setting before the next one. */
const turn = 200;
/** One in so many is tried with rights, which costs four round trips. */
const tried = 10;
/** Of each outcome; more of the same teach nothing. */
const maxMinimised = 12;

interface Verdict { readonly outcome: Outcome; readonly text: string }

/** Undefined where the server does not understand the statement. */
async function compare(stage: Stage, text: string): Promise<Verdict | undefined> {
  const judgement = await stage.judge.judge(text);
  if ('refused' in judgement) return undefined;
  const { reads, opaque } = await stage.ours(text);
  const differences = compareReads(judgement.reads, reads, stage.judge.columnsOf);
  const shown = [...differences.map(formatDifference), ...opaque.map((what) => `opaque: ${what}`)].join('; ');
  if (opaque.length > 0) return { outcome: 'opaque', text: shown };
  return { outcome: differences.some(({ kind }) => kind === 'less') ? 'less' : differences.length > 0 ? 'more' : 'same', text: shown };
}

/** Finds what is worth telling, each once. */
class Findings {
  readonly #stage: Stage;
  readonly #found = new Map<Outcome, Set<string>>();
  readonly #minimised = new Map<Outcome, number>();

  constructor(stage: Stage) { this.#stage = stage; }

  async note(outcome: Outcome, text: string, setting: Setting): Promise<void> {
    const count = this.#minimised.get(outcome) ?? 0;
    if (count >= maxMinimised) return;
    this.#minimised.set(outcome, count + 1);
    const small = await minimise(text, this.#stage.parser, async (candidate) => (await compare(this.#stage, candidate))?.outcome === outcome);
    const said = (await compare(this.#stage, small))?.text ?? '';
    const found = this.#found.get(outcome) ?? new Set();
    this.#found.set(outcome, found.add(`${said}\n    ${small}   [${setting.name}]`));
  }

  of(outcome: Outcome): string[] { return [...this.#found.get(outcome) ?? []]; }
}

const changes = ['INSERT', 'UPDATE', 'DELETE', 'MERGE', 'FOR UPDATE'];

/**
 * Made statements against the server's word on what they read, for so many minutes. The same seed gives the same statements; how many of
 * them depends on the machine.
 */
export async function run({ seed, minutes }: { seed: number; minutes: number }): Promise<Result> {
  const deadline = performance.now() + minutes * 60_000;
  const stage = await Stage.open();
  try {
    const random = new Random(seed);
    const tally = new Tally();
    const findings = new Findings(stage);
    const judges: string[] = [];
    const rights = { refused: 0, unasked: 0, unplanned: 0 };
    for (let turns = 0; performance.now() < deadline; turns++) {
      const setting = settings[turns % settings.length];
      if (setting === undefined) break;
      const names: Names = await stage.enter(setting);
      for (let i = 0; i < turn && performance.now() < deadline; i++) {
        const making = new Making(random, names, parts, 2 + random.below(9));
        const text = statement(making);
        const verdict = await compare(stage, text);
        if (verdict === undefined) {
          tally.refused++;
          continue;
        }
        tally.add(['all', setting.name, ...making.kinds], verdict.outcome);
        if (verdict.outcome !== 'same') await findings.note(verdict.outcome, text, setting);
        else if (random.below(tried) === 0 && !setting.name.startsWith('temporary') && !changes.some((kind) => making.kinds.has(kind))) {
          const trial = await tryRights(stage.client, text, (await stage.ours(text)).reads, stage.judge.columnsOf, random);
          rights[trial.outcome]++;
          judges.push(...trial.differences.map((said) => `${said}\n    ${text}   [${setting.name}]`));
        }
      }
    }
    return {
      statements: tally.statements,
      differences: [...findings.of('less'), ...judges],
      lines: [
        `${tally.statements} statements compared, ${tally.refused} that the server refused`, ...tally.lines(),
        `rights: ${rights.refused + rights.unasked} statements tried; a role without one of the columns was refused ${rights.refused} times, and ${rights.unasked} times the plan had no need of it`,
        ...findings.of('more'), ...findings.of('opaque'),
      ],
    };
  } finally {
    await stage.close();
  }
}
