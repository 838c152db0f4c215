import { minimise } from './minimise.ts';
import { compareReads, formatDifference } from './reads.ts';
import type { Stage } from './stage.ts';
import type { Outcome } from './tally.ts';

export interface Verdict { readonly outcome: Outcome; readonly said: string }

/** Undefined where the server does not understand the statement. */
export async function compare(stage: Stage, text: string): Promise<Verdict | undefined> {
  const judgement = await stage.judge.judge(text);
  if ('refused' in judgement) return undefined;
  const { reads, opaque } = await stage.ours(text);
  const differences = compareReads(judgement.reads, reads, stage.judge.columnsOf);
  const said = [...differences.map(formatDifference), ...opaque.map((what) => `opaque: ${what}`)].join('; ');
  // Then what is read is said to be not known.
  const unknown = opaque.some((what) => /^unknown-relation |^session-state | text$/.test(what));
  const less = differences.some(({ kind }) => kind === 'less');
  return { outcome: less && !unknown ? 'less' : opaque.length > 0 ? 'opaque' : differences.length > 0 ? 'more' : 'same', said };
}

/** Statements that are made smaller, of each outcome; more of the same teach nothing. */
const maxMinimised: { readonly [O in Outcome]: number } = { same: 0, less: 20, more: 6, opaque: 3 };

/** What is worth telling, each once. */
export class Findings {
  readonly #stage: Stage;
  readonly #found = new Map<Outcome, Set<string>>();
  readonly #noted = new Map<Outcome, number>();

  constructor(stage: Stage) { this.#stage = stage; }

  /** `where` tells what else the meaning of the text depends on. */
  async note(outcome: Outcome, text: string, where: string): Promise<void> {
    const count = this.#noted.get(outcome) ?? 0;
    if (count >= maxMinimised[outcome]) return;
    this.#noted.set(outcome, count + 1);
    const small = await minimise(text, this.#stage.parser, async (candidate) => (await compare(this.#stage, candidate))?.outcome === outcome);
    const found = this.#found.get(outcome) ?? new Set();
    this.#found.set(outcome, found.add(`${(await compare(this.#stage, small))?.said ?? ''}\n    ${small}   [${where}]`));
  }

  of(outcome: Outcome): string[] { return [...this.#found.get(outcome) ?? []]; }
}
