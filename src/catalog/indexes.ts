import type { CatalogSnapshot, FunctionInfo, OperatorInfo, RelationInfo, TypeInfo } from '../core/catalog.ts';
import { Layered } from './layered.ts';
import { none } from './sharing.ts';

/** By schema, then by name. */
export type Named<Value> = ReadonlyMap<string, Layered<string, Value>>;

/** How the objects of a snapshot are found. */
export interface Indexes {
  readonly snapshot: CatalogSnapshot;
  readonly relations: Named<RelationInfo>;
  readonly relationsByOid: Layered<number, RelationInfo>;
  readonly functions: Named<readonly FunctionInfo[]>;
  readonly functionsByOid: Layered<number, FunctionInfo>;
  readonly types: ReadonlyMap<string, ReadonlyMap<string, TypeInfo>>;
  readonly typesByOid: ReadonlyMap<number, TypeInfo>;
  readonly typesWritten: ReadonlyMap<string, TypeInfo>;
  readonly operators: ReadonlyMap<string, ReadonlyMap<string, readonly OperatorInfo[]>>;
  /** Objects that lie over what was indexed as a whole. */
  readonly changes: number;
}

/** To pause behind each would take longer than the work. */
const objectsPerStep = 64;
/** With more the whole is indexed anew. */
const mostChanges = 2_000;

interface Found { readonly oid: number; readonly schema: string; readonly name: string }

/** Of `before`, whose objects stand by ascending oid as those of the snapshot do, all that has not changed is kept. Pauses where it yields. */
export function* indexing(snapshot: CatalogSnapshot, before?: Indexes): Generator<undefined, Indexes> {
  const others = yield* indexingOthers(snapshot, before);
  if (before !== undefined) {
    const relations = yield* difference(before.snapshot.relations, snapshot.relations);
    const functions = yield* difference(before.snapshot.functions, snapshot.functions);
    const changes = before.changes + relations.gone.length + relations.come.length + functions.gone.length + functions.come.length;
    if (changes <= mostChanges) {
      return {
        snapshot, ...others, changes,
        relations: named(before.relations, relations, (_, { come }) => come[0]), relationsByOid: before.relationsByOid.with(byOid(relations)),
        functions: named(before.functions, functions, overloads), functionsByOid: before.functionsByOid.with(byOid(functions)),
      };
    }
  }
  const relations = yield* whole<RelationInfo, RelationInfo>(snapshot.relations, (_, relation) => relation);
  const functions = yield* whole<FunctionInfo, FunctionInfo[]>(snapshot.functions, (list = [], fn) => { list.push(fn); return list; });
  return { snapshot, ...others, relations: relations.named, relationsByOid: relations.byOid, functions: functions.named, functionsByOid: functions.byOid, changes: 0 };
}

interface Difference<Info> { readonly gone: readonly Info[]; readonly come: readonly Info[] }

function* difference<Info extends Found>(before: readonly Info[], now: readonly Info[]): Generator<undefined, Difference<Info>> {
  const gone: Info[] = [];
  const come: Info[] = [];
  for (let [a, b] = [0, 0]; a < before.length || b < now.length;) {
    const [old, its] = [before[a], now[b]];
    if (old !== its) {
      if (old !== undefined && (its === undefined || old.oid <= its.oid)) gone.push(old);
      if (its !== undefined && (old === undefined || its.oid <= old.oid)) come.push(its);
    }
    if (its === undefined || (old !== undefined && old.oid <= its.oid)) a++;
    if (old === undefined || (its !== undefined && its.oid <= old.oid)) b++;
    if ((a + b) % objectsPerStep === 0) yield;
  }
  return { gone, come };
}

function byOid<Info extends Found>({ gone, come }: Difference<Info>): ReadonlyMap<number, Info | undefined> {
  const changes = new Map<number, Info | undefined>(gone.map(({ oid }) => [oid, undefined]));
  for (const one of come) changes.set(one.oid, one);
  return changes;
}

function named<Info extends Found, Value>(before: Named<Value>, { gone, come }: Difference<Info>, made: (old: Value | undefined, change: Difference<Info>) => Value | undefined): Named<Value> {
  const names = new Map<string, Map<string, { readonly gone: Info[]; readonly come: Info[] }>>();
  const of = ({ schema, name }: Info): { readonly gone: Info[]; readonly come: Info[] } => {
    const its = inner(names, schema);
    const change = its.get(name) ?? { gone: [], come: [] };
    its.set(name, change);
    return change;
  };
  for (const one of gone) of(one).gone.push(one);
  for (const one of come) of(one).come.push(one);
  const after = new Map(before);
  for (const [schema, changed] of names) {
    const old = before.get(schema) ?? new Layered(new Map());
    after.set(schema, old.with(new Map(Array.from(changed, ([name, change]) => [name, made(old.get(name), change)]))));
  }
  return after;
}

function overloads(old: readonly FunctionInfo[] | undefined, { gone, come }: Difference<FunctionInfo>): readonly FunctionInfo[] | undefined {
  const now = [...(old ?? none).filter((one) => !gone.includes(one)), ...come].toSorted((a, b) => a.oid - b.oid);
  return now.length === 0 ? undefined : now;
}

function* whole<Info extends Found, Value>(list: readonly Info[], add: (old: Value | undefined, one: Info) => Value): Generator<undefined, { readonly named: Named<Value>; readonly byOid: Layered<number, Info> }> {
  const names = new Map<string, Map<string, Value>>();
  const oids = new Map<number, Info>();
  for (const one of list) {
    const its = inner(names, one.schema);
    its.set(one.name, add(its.get(one.name), one));
    oids.set(one.oid, one);
    if (oids.size % objectsPerStep === 0) yield;
  }
  return { named: new Map(Array.from(names, ([schema, its]) => [schema, new Layered(its)])), byOid: new Layered(oids) };
}

function* indexingOthers(snapshot: CatalogSnapshot, before: Indexes | undefined): Generator<undefined, Pick<Indexes, 'types' | 'typesByOid' | 'typesWritten' | 'operators'>> {
  const operators = new Map<string, Map<string, OperatorInfo[]>>();
  for (const operator of snapshot.operators) {
    const its = inner(operators, operator.schema);
    its.set(operator.name, [...its.get(operator.name) ?? [], operator]);
    yield;
  }
  if (before !== undefined && before.snapshot.types === snapshot.types) return { operators, types: before.types, typesByOid: before.typesByOid, typesWritten: before.typesWritten };
  const types = new Map<string, Map<string, TypeInfo>>();
  const typesByOid = new Map<number, TypeInfo>();
  const typesWritten = new Map<string, TypeInfo>();
  for (const type of snapshot.types) {
    inner(types, type.schema).set(type.name, type);
    typesByOid.set(type.oid, type);
    typesWritten.set(type.written, type);
    yield;
  }
  return { operators, types, typesByOid, typesWritten };
}

function inner<Value>(outer: Map<string, Map<string, Value>>, key: string): Map<string, Value> {
  const found = outer.get(key);
  if (found !== undefined) return found;
  const made = new Map<string, Value>();
  outer.set(key, made);
  return made;
}
