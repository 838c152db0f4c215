import type { ClientBase } from 'pg';
import type { FunctionInfo } from '../core/catalog.ts';
import { Bucketed, bucketOf } from './buckets.ts';
import { madeObjects, typeOf } from './code.ts';
import type { Frame, FunctionUnit } from './frame.ts';
import { resultOf } from './function-result.ts';
import { functionCalls, made, types } from './made-rows.ts';
import { type Marks, movedBetween } from './moved.ts';
import { amongOf, planOf, wholePlan } from './plan.ts';
import { type Among, nothing, type RowOf } from './question.ts';
import { partsOf, unitsOf } from './relations.ts';
import type { Operators } from './rule-operands.ts';
import * as ask from './rows.ts';
import { none, Sharing } from './sharing.ts';
import { operatorNames } from './single-rows.ts';
import { noSources, type Subjects, textSources, withSources } from './text-sources.ts';
import type { Texts } from './texts.ts';
import { answers } from './transaction.ts';
import { inTurns, Turn } from './turns.ts';
import { revised, type Unit, type Units } from './units.ts';

/** Before anything was read. */
const nothingYet: Pick<Frame, 'relations' | 'functions' | 'types' | 'sources'> = { relations: new Bucketed(), functions: new Bucketed(), types: [], sources: noSources };

/**
 * Reads inside a transaction of the caller's, which shows one state, and of which `marks` are. Of `last`, read on the same connection, all is
 * taken that cannot have changed since; `known`: of texts that are not in it, the keys are read in any case. Throws what the server or the
 * connection says.
 */
export async function readFrame(client: ClientBase, marks: Marks, last: Frame | undefined, known?: Texts): Promise<Frame> {
  const moved = last === undefined ? undefined : movedBetween(last, marks);
  const plan = last === undefined || moved === undefined ? wholePlan : await planOf(last, moved, known);
  const base = plan === wholePlan || last === undefined ? nothingYet : last;
  const rows = await answers(client, { relations: ask.relations(plan.relations), functions: ask.functions(plan.functions), operatorNames, ...made });
  const operators: Operators = new Map(rows.operatorNames.flatMap(([name, oids]) => oids.map((oid) => [String(oid), name] as const)));

  const relations = present(base.relations, plan.relations, rows.relations);
  const functions = present(base.functions, plan.functions, rows.functions);
  const subjects: Subjects = {
    relations: joined(plan.texts.relations, [...relations.here, ...relations.gone]),
    // Of an extension that has moved all functions were asked, and their texts are what they were.
    functions: joined(plan.texts.functions, [...functions.here, ...functions.gone].filter((oid) => moved?.buckets.has(bucketOf('function', oid)) === true)),
  };
  const withTypes = plan.types || rows.relations.some(([, , , kind]) => kind === 'c');
  const parts = await answers(client, {
    ...partsOf(plan === wholePlan ? 'all' : amongOf(relations.here, base.relations.size), plan === wholePlan ? 'all' : amongOf([...relations.here, ...plan.retyped], base.relations.size)),
    calls: functionCalls(plan.functions === 'all' ? 'all' : functions.here),
    types: withTypes ? types : nothing(types),
    sources: textSources(subjects),
  });

  const sharing = new Sharing();
  const changes = await unitsOf(rows.relations, plan.retyped, parts, operators, base.relations, sharing);
  for (const oid of relations.gone) changes.set(oid, undefined);
  await inSchemas(moved?.renamed ?? new Map(), base.relations, new Set(relations.here), changes);
  return {
    ...marks,
    relations: await revised(base.relations, changes),
    functions: await base.functions.with(await functionsOf(rows.functions, parts.calls, functions.gone, sharing)),
    types: withTypes ? parts.types.map((type) => typeOf(type, operators)) : base.types,
    made: madeObjects(rows),
    sources: withSources(base.sources, subjects, parts.sources),
  };
}

/** Of the objects in these buckets, those that are there, and those that were. */
function present(base: Bucketed<{ readonly oid: number }>, buckets: readonly number[] | 'all', rows: readonly (readonly [number, ...unknown[]])[]): { readonly here: readonly number[]; readonly gone: readonly number[] } {
  const here = rows.map(([oid]) => oid);
  const left = new Set(here);
  const gone: number[] = [];
  for (const { oid } of buckets === 'all' ? base : base.in(buckets)) if (!left.has(oid)) gone.push(oid);
  return { here, gone };
}

function joined(planned: Among, more: readonly number[]): Among {
  return planned === 'all' ? 'all' : [...new Set([...planned, ...more])];
}

/** Relations that were not asked again, in schemas that got another name. */
async function inSchemas(renamed: ReadonlyMap<string, string>, base: Units, asked: ReadonlySet<number>, changes: Map<number, Unit | undefined>): Promise<void> {
  if (renamed.size === 0) return;
  const turn = new Turn();
  for (const before of base) {
    const unit = changes.has(before.oid) ? changes.get(before.oid) : before;
    const schema = renamed.get(before.info.schema);
    if (unit !== undefined && schema !== undefined && !asked.has(before.oid)) changes.set(before.oid, { ...unit, info: { ...unit.info, schema } });
    if (turn.over) await turn.next();
  }
}

const functionKinds = { f: 'function', p: 'procedure', a: 'aggregate', w: 'window' } as const;
const volatilities = { i: 'immutable', s: 'stable', v: 'volatile' } as const;

/** The order of members is that of snapshot-file.ts. */
async function functionsOf(rows: readonly RowOf<ReturnType<typeof ask.functions>>[], called: readonly RowOf<ReturnType<typeof functionCalls>>[], gone: readonly number[], sharing: Sharing): Promise<Map<number, FunctionUnit | undefined>> {
  const calls = new Map(called.map(([oid, functions, builtins, types]) => [oid, { functions: sharing.list(functions), builtins: sharing.list(builtins), types: sharing.list(types) }]));
  const units = await inTurns(rows, ([oid, schema, name, kind, types, defaults, variadic, language, volatility, securityDefiner, settings, extension, needs, result]): [number, FunctionUnit] => {
    const its = calls.get(oid);
    const info: FunctionInfo = {
      oid, schema: sharing.text(schema), name: sharing.text(name), kind: functionKinds[kind], arguments: sharing.list(types.map((type) => sharing.text(type))), defaults, variadic, language: sharing.text(language),
      volatility: volatilities[volatility], securityDefiner, settings: sharing.list(settings ?? none), result: resultOf(result, sharing),
      ...(extension === null ? {} : { extension: sharing.text(extension) }), ...(its === undefined ? {} : { calls: its }),
    };
    return [oid, { oid, info, needs: sharing.list(needs) }];
  });
  return new Map<number, FunctionUnit | undefined>([...units, ...gone.map((oid): [number, undefined] => [oid, undefined])]);
}
