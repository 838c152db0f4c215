import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { typeName } from '../../src/connectors/postgres/bound-values.ts';
import type { BoundValue } from '../../src/core/interpretation.ts';
import { parseDataFile } from '../support/datadriven.ts';

/** Outcomes as judge.ts writes them, and effects in short. */
export interface Said { readonly developer: string; readonly agent: string; readonly effects: string }

/** One shape of what a tool sent, and what an expert says of it. */
export interface CorpusStatement {
  /** `file:line`. */
  readonly place: string;
  /** Connections of the tool, from 1: what one of them set is not set in another. */
  readonly session: number;
  readonly text: string;
  /** What its parameters were bound to first. */
  readonly values: readonly BoundValue[];
  /** It changed the structure: whoever reads on must have run it. */
  readonly runs: boolean;
  readonly expert: Said;
  /** What the gate is known to say instead, for now; the comment above the statement says why. */
  readonly gate: Partial<Said>;
}

export interface Corpus {
  /** As the file is named. */
  readonly tool: string;
  /** First line of the file: what sent it, in which version, to which server. */
  readonly title: string;
  readonly statements: readonly CorpusStatement[];
}

const folder = import.meta.dirname;

/**
 * A file of `../support/datadriven.ts`'s form: after `# title`, of each statement a line of words, its text, `----`, and its effects in short.
 * Words: `session=N`; `runs` (it changed the structure); `types=` and `parameters=` of its first Bind; `developer=` and `agent=`, what the expert says;
 * `developer-gate=`, `agent-gate=` and `misread`, where the gate is known to say something else. Throws for any other form.
 */
function readCorpus(name: string): Corpus {
  const file = join(folder, name);
  const text = readFileSync(file, 'utf8');
  const statements = parseDataFile(name, text).cases.map(({ line, args, input, expected }): CorpusStatement => ({
    place: `${name}:${line}`, values: valuesOf(args.get('parameters'), args.get('types')), session: Number(args.get('session')), text: input, runs: args.has('runs'),
    expert: { developer: args.get('developer') ?? '', agent: args.get('agent') ?? '', effects: expected },
    gate: { ...(args.has('developer-gate') ? { developer: args.get('developer-gate') ?? '' } : {}), ...(args.has('agent-gate') ? { agent: args.get('agent-gate') ?? '' } : {}), ...(args.has('misread') ? { effects: args.get('misread') ?? '' } : {}) },
  }));
  return { tool: name.replace(/\.statements$/, ''), title: text.slice(2, text.indexOf('\n')), statements };
}

function valuesOf(parameters: string | undefined, types: string | undefined): readonly BoundValue[] {
  return (parameters?.split(',') ?? []).map((value, i) => ({ text: value === 'NULL' ? null : decodeURIComponent(value), type: typeName(Number(types?.split(',')[i] ?? 0)) }));
}

export function readCorpora(): readonly Corpus[] {
  return readdirSync(folder).filter((name) => name.endsWith('.statements')).toSorted().map(readCorpus);
}
