import fc from 'fast-check';
import { formatResource } from '../../../src/core/format.ts';
import { Examiner, type Case, type Examination } from './examiner.ts';
import { cases } from './generate/cases.ts';
import { openWorld } from './world.ts';

/** Cases drawn at once; a difference is shrunk from its place among them. */
const batch = 200;
const reasonsShown = 12;
/** Of one kind of difference, so many runs to make it small. */
const shrinkingRuns = 80;

interface Tally { statements: number; refused: number; opaque: number; excused: number; predicted: number; idle: number; readonly reasons: Map<string, number> }

/**
 * Draws cases until the time is over and asks whether anything happened that was not predicted. The same seed draws the same cases, and time
 * alone decides how many. `differences` has one line a kind, with the smallest case found for it.
 */
export async function run({ seed, minutes }: { readonly seed: number; readonly minutes: number }): Promise<{ statements: number; differences: readonly string[]; lines: readonly string[] }> {
  const world = await openWorld();
  const examiner = await Examiner.open(world);
  const found = new Map<string, string>();
  const tally: Tally = { statements: 0, refused: 0, opaque: 0, excused: 0, predicted: 0, idle: 0, reasons: new Map() };
  try {
    const end = performance.now() + minutes * 60_000;
    for (let number = seed; performance.now() < end; number = (number * 48_271) % 2_147_483_647) {
      const drawn = fc.sample(cases, { seed: number, numRuns: batch });
      for (const [i, statements] of drawn.entries()) {
        if (performance.now() >= end) break;
        const examination = await examiner.examine(statements);
        count(tally, examination, statements);
        for (const line of linesOf(examination)) if (!found.has(line)) found.set(line, await shrink(examiner, line, statements, number, i));
      }
    }
  } finally {
    await examiner.close();
    await world.close();
  }
  const { refused, opaque, excused, predicted, idle, statements, reasons } = tally;
  return {
    statements, differences: [...found].toSorted(([a], [b]) => a.localeCompare(b)).map(([line, example]) => `${line}\n    ${example}`),
    lines: [
      `  ${refused} refused by the server, ${opaque} with something opaque, which excused ${excused} things; of ${predicted} predicted changes ${idle} did not happen`,
      ...[...reasons].toSorted(([, a], [, b]) => b - a).slice(0, reasonsShown).map(([reason, times]) => `  opaque ${times} times: ${reason}`),
    ],
  };
}

function linesOf(examination: Examination): readonly string[] {
  return examination.kind === 'judged' ? examination.verdict.differences : [];
}

function count(tally: Tally, examination: Examination, statements: Case): void {
  tally.statements += statements.length;
  if (examination.kind === 'refused') {
    tally.refused++;
    return;
  }
  const { verdict, prediction } = examination;
  const opaque = new Set(prediction.effects.filter(({ verb }) => verb === 'opaque').map(({ reason, resource }) => `${reason ?? ''} ${formatResource(resource)}`));
  if (opaque.size > 0) tally.opaque++;
  for (const reason of opaque) tally.reasons.set(reason, (tally.reasons.get(reason) ?? 0) + 1);
  tally.excused += verdict.excused;
  tally.predicted += verdict.predicted;
  tally.idle += verdict.idle;
}

/** The smallest case that shows the same difference, as text. */
async function shrink(examiner: Examiner, line: string, statements: Case, seed: number, index: number): Promise<string> {
  let runs = 0;
  const shown = fc.asyncProperty(cases, async (candidate) => runs++ >= shrinkingRuns || !linesOf(await examiner.examine(candidate)).includes(line));
  const { counterexample } = await fc.check(shown, { seed, path: String(index), numRuns: 1, unbiased: true });
  return (counterexample?.[0] ?? statements).map(({ sql, rows }) => (rows === undefined ? sql : `${sql} <- ${JSON.stringify(rows)}`)).join('; ');
}
