import fc from 'fast-check';
import { Examiner, type Case, type Examination } from './examiner.ts';
import { cases } from './generate/cases.ts';
import { Tally } from './tally.ts';
import { openWorld } from './world.ts';

/** Cases drawn at once; a difference is shrunk from its place among them. */
const batch = 200;
/** Of one kind of difference, so many runs to make it small. */
const shrinkingRuns = 80;

/**
 * Draws cases until the time is over and asks whether anything happened that was not predicted. The same seed draws the same cases, and time
 * alone decides how many. `differences` has one line a kind, with the smallest case found for it.
 */
export async function run({ seed, minutes }: { readonly seed: number; readonly minutes: number }): Promise<{ statements: number; differences: readonly string[]; lines: readonly string[] }> {
  const world = await openWorld();
  const examiner = await Examiner.open(world);
  const found = new Map<string, string>();
  const tally = new Tally();
  try {
    const end = performance.now() + minutes * 60_000;
    for (let number = seed; performance.now() < end; number = (number * 48_271) % 2_147_483_647) {
      const drawn = fc.sample(cases, { seed: number, numRuns: batch });
      for (const [i, statements] of drawn.entries()) {
        if (performance.now() >= end) break;
        const examination = await examiner.examine(statements);
        tally.statements += statements.length;
        if (examination.kind === 'judged') tally.count(examination.prediction, examination.verdict);
        else tally.refused++;
        for (const line of linesOf(examination)) if (!found.has(line)) found.set(line, await shrink(examiner, line, statements, number, i));
      }
    }
  } finally {
    await examiner.close();
    await world.close();
  }
  const differences = [...found].toSorted(([a], [b]) => a.localeCompare(b)).map(([line, example]) => `${line}\n    ${example}`);
  return { statements: tally.statements, differences, lines: tally.lines() };
}

function linesOf(examination: Examination): readonly string[] {
  return examination.kind === 'judged' ? examination.verdict.differences : [];
}

/** The smallest case that shows the same difference, as text. */
async function shrink(examiner: Examiner, line: string, statements: Case, seed: number, index: number): Promise<string> {
  let runs = 0;
  const shown = fc.asyncProperty(cases, async (candidate) => runs++ >= shrinkingRuns || !linesOf(await examiner.examine(candidate)).includes(line));
  const { counterexample } = await fc.check(shown, { seed, path: String(index), numRuns: 1, unbiased: true });
  return (counterexample?.[0] ?? statements).map(({ sql, rows }) => (rows === undefined ? sql : `${sql} <- ${JSON.stringify(rows)}`)).join('; ');
}
