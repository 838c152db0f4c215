import type { CatalogSnapshot, FunctionInfo, RelationInfo } from '../core/catalog.ts';
import { type Bucketed, shelfOf } from './buckets.ts';
import { shelfDigest, versionOf } from './digest.ts';
import type { Frame } from './frame.ts';
import type { Sources, TextSource } from './text-sources.ts';
import type { Texts } from './texts.ts';
import { Turn } from './turns.ts';

/** The finished objects of one bucket. */
interface Shelf<Info> {
  /** What of the frame they were made from: as long as it is there, and no text of theirs has changed, so are they. */
  readonly from: readonly unknown[];
  readonly objects: readonly Info[];
  readonly digest: string;
  /** Characters of their JSON. */
  readonly size: number;
}
type Shelves<Info> = ReadonlyMap<number, Shelf<Info>>;

/** A snapshot with the parts that it is made of, from which the next one is made. */
export interface Content {
  readonly snapshot: CatalogSnapshot;
  readonly relations: Shelves<RelationInfo>;
  readonly functions: Shelves<FunctionInfo>;
  readonly texts: Texts;
}

/** The snapshot of a frame with these texts. The same object as before when nothing in it has changed, and so is each object in it. */
export async function contentOf(frame: Frame, texts: Texts, last: Content | undefined): Promise<Content> {
  const textOf = (source: TextSource | undefined): string | undefined => (source === undefined ? undefined : texts.get(source.id)?.text);
  const changed = { relations: await changedIn(frame.sources.relations, texts, last?.texts), functions: await changedIn(frame.sources.functions, texts, last?.texts) };
  const relations = await shelved(frame.relations, changed.relations, last?.relations, (info): RelationInfo => {
    const its = frame.sources.relations.get(info.oid);
    if (its === undefined) return info;
    const rules = its.filter(({ kind }) => kind === 'rule').toSorted((a, b) => a.oid - b.oid).map((rule) => textOf(rule) ?? '');
    return withTexts(info, textOf(its.find(({ kind }) => kind === 'view')), rules);
  });
  const functions = await shelved(frame.functions, changed.functions, last?.functions, (info): FunctionInfo => {
    const definition = textOf(frame.sources.functions.get(info.oid)?.[0]);
    return definition === undefined ? info : withText(info, definition);
  });

  const [database, serverVersion, role, closedSchemas] = frame.head;
  const head = { database, serverVersion, role, closedSchemas };
  const others = { types: frame.types, ...frame.made };
  const inOrder = { relations: ordered(relations), functions: ordered(functions) };
  const version = await versionOf(head, { relations: inOrder.relations.map(({ digest }) => digest), functions: inOrder.functions.map(({ digest }) => digest) }, others);
  if (last?.snapshot.version === version) return { snapshot: last.snapshot, relations, functions, texts };
  const snapshot: CatalogSnapshot = {
    format: 'guardrails-catalog/2', version, ...head, relations: inOrder.relations.flatMap(({ objects }) => objects), functions: inOrder.functions.flatMap(({ objects }) => objects), ...others,
  };
  return { snapshot, relations, functions, texts };
}

/** Shelves of objects whose texts are not what they were. */
async function changedIn(sources: Sources[keyof Sources], texts: Texts, before: Texts | undefined): Promise<ReadonlySet<number>> {
  const changed = new Set<number>();
  if (texts === before) return changed;
  const turn = new Turn();
  for (const [subject, its] of sources) {
    if (its.some(({ id }) => texts.get(id)?.text !== before?.get(id)?.text)) changed.add(shelfOf(subject));
    if (turn.over) await turn.next();
  }
  return changed;
}

async function shelved<Info extends object>(units: Bucketed<{ readonly oid: number; readonly info: Info }>, changed: ReadonlySet<number>, last: Shelves<Info> | undefined, finish: (info: Info) => Info): Promise<Shelves<Info>> {
  const turn = new Turn();
  const shelves = new Map<number, Shelf<Info>>();
  for (const [at, from] of units.buckets) {
    const before = last?.get(at);
    shelves.set(at, before !== undefined && before.from === from && !changed.has(at) ? before : shelf(from, before, finish));
    if (turn.over) await turn.next();
  }
  return shelves;
}

function shelf<Info extends object>(from: readonly { readonly info: Info }[], before: Shelf<Info> | undefined, finish: (info: Info) => Info): Shelf<Info> {
  const known = new Map(before?.objects.map((object) => [JSON.stringify(object), object]));
  const lines: string[] = [];
  const objects = from.map(({ info }) => {
    const made = finish(info);
    const line = JSON.stringify(made);
    lines.push(line);
    return known.get(line) ?? made;
  });
  return { from, objects, digest: shelfDigest(lines), size: lines.reduce((sum, { length }) => sum + length, 0) };
}

function ordered<Info>(shelves: Shelves<Info>): readonly Shelf<Info>[] {
  return [...shelves].toSorted(([a], [b]) => a - b).map(([, shelf]) => shelf);
}

/** The order of members is that in which snapshot-file.ts has them: the digest depends on it. */
function withTexts(info: RelationInfo, definition: string | undefined, rules: readonly string[]): RelationInfo {
  const { rowSecurity, code, ...relation } = info;
  const { rules: _none, ...rest } = relation;
  return { ...rest, ...(definition === undefined ? {} : { definition }), rules, rowSecurity, code };
}

function withText({ extension, calls, ...fn }: FunctionInfo, definition: string): FunctionInfo {
  return { ...fn, definition, ...(extension === undefined ? {} : { extension }), ...(calls === undefined ? {} : { calls }) };
}
