import { bucketOf, isOf } from './buckets.ts';
import type { Frame } from './frame.ts';
import { concerns, hasMoved, type Moved, operatorClassNeeds } from './moved.ts';
import type { Among } from './question.ts';
import { catalogsOfKeys, eachSource, type Subjects, type TextSource } from './text-sources.ts';
import { subjectsOf, type Texts } from './texts.ts';
import { Turn } from './turns.ts';

/** More than this part of all is asked for as all. */
const most = 0.25;
const few = 1_000;

/** What has to be asked again of a frame, because something has moved. */
export interface Plan {
  /** Buckets, in which all is asked for anew. */
  readonly relations: readonly number[] | 'all';
  readonly functions: readonly number[] | 'all';
  /** Relations whose columns' types may be written otherwise. */
  readonly retyped: readonly number[];
  /** Texts, in as far as they are known by what they need. */
  readonly texts: Subjects;
  readonly types: boolean;
}

export const wholePlan: Plan = { relations: 'all', functions: 'all', retyped: [], texts: { relations: 'all', functions: 'all' }, types: true };

/** Texts that are not in `known` are planned in any case; without it all are known. */
export async function planOf(last: Frame, moved: Moved, known: Texts | undefined): Promise<Plan> {
  if (moved.everything) return wholePlan;
  const { buckets, renamed } = moved;
  const turn = new Turn();
  const relations = new Set([...buckets].filter((bucket) => isOf('relation', bucket)));
  const functions = new Set([...buckets].filter((bucket) => isOf('function', bucket)));
  const retyped: number[] = [];
  for (const units of last.relations.buckets.values()) {
    for (const { oid, needs } of units) {
      if (needs.length === 0) continue;
      if (buckets.has(operatorClassNeeds) && needs.includes(operatorClassNeeds)) relations.add(bucketOf('relation', oid));
      else if (renamed.size > 0 || concerns(buckets, needs)) retyped.push(oid);
    }
    if (turn.over) await turn.next();
  }
  for (const units of last.functions.buckets.values()) {
    for (const { oid, needs } of units) if (needs.length > 0 && concerns(buckets, needs)) functions.add(bucketOf('function', oid));
    if (turn.over) await turn.next();
  }
  const all = renamed.size > 0 || hasMoved(moved, 'pg_language', 'pg_extension', 'pg_depend');
  return {
    relations: [...relations], functions: all ? 'all' : [...functions], retyped, texts: await textsOf(last, moved, known),
    types: renamed.size > 0 || [...buckets].some((bucket) => isOf('type', bucket) || isOf('label', bucket)) || hasMoved(moved, 'pg_constraint', 'pg_extension', 'pg_depend', 'pg_opclass', 'pg_amproc', 'pg_amop', 'pg_operator')
      || last.relations.in(relations).some(({ info }) => info.kind === 'composite'),
  };
}

async function textsOf(last: Frame, moved: Moved, known: Texts | undefined): Promise<Subjects> {
  if (hasMoved(moved, ...catalogsOfKeys)) return { relations: 'all', functions: 'all' };
  const turn = new Turn();
  const sources: TextSource[] = [];
  for (const source of eachSource(last.sources)) {
    if (concerns(moved.inTexts, source.needs) || known?.has(source.id) === false) sources.push(source);
    if (turn.over) await turn.next();
  }
  return subjectsOf(sources);
}

/** So many that to ask about all of them is quicker. */
export function amongOf(oids: readonly number[], total: number): Among {
  return oids.length > few && oids.length > total * most ? 'all' : oids;
}
