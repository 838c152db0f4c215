import type { CorpusStatement, Said } from './corpus.ts';

/** How the gate's word compares with the expert's, in counts of shapes. */
export interface Score { shapes: number; asExpected: number; falseAlarms: number; missed: number; misread: number }

export function emptyScore(): Score { return { shapes: 0, asExpected: 0, falseAlarms: 0, missed: 0, misread: 0 }; }

const strictness = ['permit', 'hold', 'deny'];

function strict(outcome: string): number { return strictness.indexOf(outcome.split(':')[0] ?? ''); }

export function count(score: Score, { expert }: CorpusStatement, said: Said): void {
  score.shapes++;
  const stricter = [strict(said.developer) - strict(expert.developer), strict(said.agent) - strict(expert.agent)];
  if (stricter.some((by) => by < 0)) score.missed++;
  else if (stricter.some((by) => by > 0)) score.falseAlarms++;
  else if (said.developer === expert.developer && said.agent === expert.agent && said.effects === expert.effects) score.asExpected++;
  else score.misread++;
}

function row(title: string, { shapes, asExpected, falseAlarms, missed, misread }: Score): string {
  return `| ${title} | ${shapes} | ${asExpected} | ${falseAlarms} | ${missed} | ${misread} |`;
}

/** The table of docs/guide/tools.md. */
export function table(scores: readonly (readonly [string, Score])[]): string {
  const all = emptyScore();
  for (const [, score] of scores) for (const key of ['shapes', 'asExpected', 'falseAlarms', 'missed', 'misread'] as const) all[key] += score[key];
  return ['| what was sent | shapes | as expected | false alarms | missed | misread |', '|---|---:|---:|---:|---:|---:|', ...scores.map(([title, score]) => row(title, score)), row('all', all)].join('\n');
}
