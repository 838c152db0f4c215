import type { Effect, Verb } from '../../../src/core/effect.ts';
import type { SessionState } from '../../../src/core/interpretation.ts';
import { formatResource } from '../../../src/core/format.ts';
import type { ResourceKind } from '../../../src/core/resource.ts';
import { classifyChange } from '../../../src/intent/postgres/settings.ts';
import { firstOwnOid, type DatabaseObject } from './catalogs.ts';
import type { Happened, ObjectChange, Relation, Situation } from './observe.ts';

/** What was said of a case before it ran. */
export interface Prediction {
  readonly effects: readonly Effect[];
  readonly nextState: SessionState;
  /** oids of the functions that the interpreter looked at. */
  readonly functions: ReadonlySet<number>;
}

export interface Verdict {
  /** What happened and was not predicted, a line each, the same for the same miss. Empty where something was opaque: that excuses all. */
  readonly differences: readonly string[];
  /** What happened and something opaque stands for. */
  readonly excused: number;
  /** Changes of tables, by verb, that were predicted, and how many of them did not happen. */
  readonly predicted: number;
  readonly idle: number;
}

/** Addresses in pg_depend of relations and of column defaults start so: oids of pg_class and pg_attrdef (src/include/catalog/*.h). */
const relationClass = '1259/';
const defaultClass = '2604/';
const addressOf = (oid: number): string => `${relationClass}${oid}`;

/** Catalogs that not everybody may read. Others are read by the server's own functions, which are classified as what they show. */
const secretCatalogs = new Set(['pg_authid', 'pg_statistic', 'pg_statistic_ext_data', 'pg_user_mapping', 'pg_largeobject', 'pg_subscription']);
const relationKinds: readonly ResourceKind[] = ['table', 'sequence', 'index', 'type'];
const defining: ReadonlySet<Verb> = new Set(['define', 'destroy', 'grant']);
const changing: ReadonlySet<Verb> = new Set(['insert', 'update', 'delete']);

function named(effect: Effect, kinds: readonly ResourceKind[], path: readonly string[]): boolean {
  const { kind, path: said } = effect.resource;
  if (kind === 'column' && (kinds.includes('table') || kinds.includes('type'))) return samePath(said.slice(0, -1), path);
  // Classes of operators are named with their access method.
  if (kind === 'operator' && kinds.includes(kind)) return said.at(-1) === path.at(-1);
  return kinds.includes(kind) && (said[0] === '*' || samePath(said, path));
}

/** A schema that was not written may be any. A session's temporary relation may hide one of the same name, which is then said to be meant: it is more. */
function samePath(said: readonly string[], path: readonly string[]): boolean {
  if (path[0] === 'pg_temp' && path.length > 1) return samePath(said.slice(-1), path.slice(-1));
  const own = said.length < path.length ? path.slice(-said.length) : path;
  return said.length > 0 && said.length === own.length && said.every((part, i) => part === own[i]);
}

/** Compares what was said of a transaction with what it did. `before` is what `happened` was measured against. */
export function judge(prediction: Prediction, happened: Happened, before: Situation): Verdict {
  const judgement = new Judgement(prediction, happened, before);
  judgement.tuples();
  judgement.objects();
  judgement.locks();
  judgement.rest();
  const misses = [...new Set(judgement.misses)];
  const isOpaque = prediction.effects.some(({ verb }) => verb === 'opaque');
  return { differences: isOpaque ? [] : misses, excused: isOpaque ? misses.length : 0, ...judgement.precision() };
}

class Judgement {
  readonly misses: string[] = [];
  readonly #prediction: Prediction;
  readonly #effects: readonly Effect[];
  readonly #happened: Happened;
  readonly #before: Situation;
  readonly #after: Situation;

  constructor(prediction: Prediction, happened: Happened, before: Situation) {
    this.#prediction = prediction;
    this.#effects = prediction.effects.filter(({ verb }) => verb !== 'opaque');
    this.#happened = happened;
    this.#before = before;
    this.#after = happened.situation;
  }

  tuples(): void {
    for (const { oid, inserted, updated, deleted } of this.#happened.tuples) {
      const relation = this.#relation(oid);
      if (relation === undefined || relation.schema === 'pg_toast' || relation.schema === 'pg_temp') continue;
      // Rows of catalogs are objects, unless a statement names the catalog.
      if (relation.schema === 'pg_catalog') continue;
      const moved = this.#says(['update'], this.#tableOf(relation)) && relation.parents.length > 0;
      const refreshed = relation.kind === 'm' && this.#says(['update', 'execute'], [relation]);
      if (refreshed) continue;
      if (inserted > 0 && !moved && !this.#says(['insert'], this.#tableOf(relation)) && !this.#isMade(relation)) this.#miss(`insert into ${nameOf(relation)}`);
      if (updated > 0 && !this.#says(['update'], [relation]) && !this.#isMade(relation)) this.#miss(`update of ${nameOf(relation)}`);
      if (deleted > 0 && !moved && !this.#says(['delete', 'destroy'], [relation]) && !this.#isMade(relation)) this.#miss(`delete from ${nameOf(relation)}`);
      this.#single('update', relation, updated);
      this.#single('delete', relation, deleted);
    }
    for (const oid of this.#happened.sequences) {
      const relation = this.#relation(oid);
      if (relation !== undefined && !this.#says(['update', 'define', 'destroy'], [relation]) && !this.#isOfRows(relation)) this.#miss(`step of ${nameOf(relation)}`);
    }
  }

  objects(): void {
    const missed = this.#happened.objects.filter((change) => !this.#explainsObject(change));
    for (const change of missed) {
      const { object, how } = change;
      // A table's row says that it has triggers, a column's that it has a default, a partitioned table's which partition takes the rest.
      const parentsOf = (address: string): readonly Relation[] => (address.startsWith(relationClass) ? this.#family(this.#relation(Number(address.slice(relationClass.length)))) : []);
      const isTold = this.#happened.objects.some((other) => !missed.includes(other) && ((other.object.kind === undefined && this.#above(other.object.address).has(object.address))
        || parentsOf(other.object.address).some(({ oid }) => addressOf(oid) === object.address)));
      if (isTold && change.catalogs.every((catalog) => ['pg_class', 'pg_attribute', 'pg_partitioned_table', 'pg_index'].includes(catalog))) continue;
      const label = object.kind === undefined ? `something of ${this.#belongsTo(object)}` : formatResource({ kind: object.kind, path: object.path, system: false });
      this.#miss(`${how}: ${label} (${change.catalogs.join(', ')})`);
    }
  }

  locks(): void {
    for (const [oid, modes] of this.#happened.locks) {
      const relation = this.#relation(oid);
      if (relation === undefined || ['i', 'I', 't'].includes(relation.kind) || relation.schema === 'pg_toast' || relation.schema === 'pg_temp') continue;
      // The server takes a sequence so whoever asks where it stands (lastval, pg_sequences); a step shows in where it stands then.
      const looked = relation.kind === 'S' ? 'RowExclusiveLock' : undefined;
      const strong = modes.filter((mode) => mode !== 'AccessShareLock' && mode !== 'RowShareLock' && mode !== looked);
      // Who asks for a view's text locks what it reads.
      if (strong.length === 0 && (!this.#happened.scanned.has(oid) || (relation.kind === 'S' && this.#saysSystem()))) continue;
      if (oid < firstOwnOid && (strong.length > 0 || !secretCatalogs.has(relation.name) || this.#saysSystem())) continue;
      if (this.#explainsLock(relation, modes) || this.misses.some((miss) => miss.endsWith(` ${nameOf(relation)}`))) continue;
      this.#miss(strong.length > 0 ? `lock of ${nameOf(relation)}: ${strong.toSorted().join(', ')}` : `read of ${nameOf(relation)}`);
    }
  }

  rest(): void {
    for (const { name, value } of this.#happened.settings) {
      if (name === 'search_path') this.#searchPath(value);
      else if (classifyChange(name, value) !== 'harmless' && !this.#effects.some((effect) => effect.verb === 'configure' && ['setting', 'role'].includes(effect.resource.kind)
        && (effect.resource.kind === 'role' ? name === 'role' || name === 'session_authorization' || name === 'is_superuser' : samePath(effect.resource.path, [name]) || effect.resource.path[0] === '*'))) this.#miss(`setting ${name}`);
    }
    if (this.#happened.advisory && !this.#effects.some(({ verb, resource }) => verb === 'execute' && resource.kind === 'lock')) this.#miss('advisory lock');
    // Where more is missed, this is how.
    if (this.misses.length > 0) return;
    for (const { oid, name } of this.#happened.functions) if (!this.#prediction.functions.has(oid)) this.#miss(`call of ${name}, which was not looked at`);
  }

  precision(): { predicted: number; idle: number } {
    const counts = { insert: 'inserted', update: 'updated', delete: 'deleted' } as const;
    const said = new Set<string>();
    const idle = new Set<string>();
    for (const { verb, resource } of this.#effects) {
      if (verb !== 'insert' && verb !== 'update' && verb !== 'delete' || resource.kind !== 'table') continue;
      const key = `${verb} ${formatResource(resource)}`;
      said.add(key);
      if (!this.#happened.tuples.some((tuple) => tuple[counts[verb]] > 0 && this.#family(this.#relation(tuple.oid)).some((relation) => samePath(resource.path, pathOf(relation))))) idle.add(key);
    }
    return { predicted: said.size, idle: idle.size };
  }

  #miss(line: string): void { this.misses.push(line); }

  #relation(oid: number): Relation | undefined { return this.#after.relations.get(oid) ?? this.#before.relations.get(oid); }

  /** A view of the server's own says by its name what it shows; a definition reads catalogs. */
  #saysSystem(): boolean {
    return this.#happened.objects.length > 0 || this.#effects.some(({ verb, resource }) => verb === 'read' && resource.system);
  }

  #isMade(relation: Relation): boolean {
    return !this.#before.relations.has(relation.oid) && this.#says(['define'], [relation]);
  }

  #says(verbs: readonly Verb[], relations: readonly Relation[]): boolean {
    return this.#effects.some((effect) => verbs.includes(effect.verb) && relations.some((relation) => named(effect, relationKinds, pathOf(relation))));
  }

  /** The relation, and the partitioned tables that stand for it. */
  #tableOf(relation: Relation): readonly Relation[] {
    return this.#family(relation).filter(({ kind, oid }) => oid === relation.oid || kind === 'p');
  }

  /** The relation with all that it is a child of. */
  #family(relation: Relation | undefined): readonly Relation[] {
    return relation === undefined ? [] : [relation, ...relation.parents.flatMap((oid) => this.#family(this.#relation(oid)))];
  }

  /** Two kinds of effect say of their extent that at most one row is meant, each by its way. */
  #single(verb: 'update' | 'delete', relation: Relation, count: number): void {
    const meant = this.#effects.filter((effect) => effect.verb === verb && named(effect, ['table'], pathOf(relation)));
    if (meant.length > 0 && count > meant.length && meant.every(({ extent }) => extent === 'one')) this.#miss(`${verb} of several rows of ${nameOf(relation)}, where one was predicted`);
  }

  /** Up along the dependencies, before and after. */
  #above(address: string, found = new Set<string>()): ReadonlySet<string> {
    if (found.has(address)) return found;
    found.add(address);
    for (const { dependencies } of [this.#before, this.#after]) for (const up of dependencies.get(address) ?? []) this.#above(up, found);
    return found;
  }

  /** Under both its names, when it got another. */
  #object(address: string): readonly DatabaseObject[] { return [this.#before, this.#after].flatMap(({ objects }) => objects.get(address) ?? []); }

  /** A step of the sequence that a column's default is, or owns, is part of the row that it is for. */
  #isOfRows(sequence: Relation): boolean {
    const address = addressOf(sequence.oid);
    const defaults = [this.#before, this.#after].flatMap(({ dependencies }) => [...dependencies].filter(([of, on]) => of.startsWith(defaultClass) && on.includes(address)));
    const near = [...this.#above(address), ...defaults.flatMap(([, on]) => on)].filter((up) => up.startsWith(relationClass)).map((up) => Number(up.slice(relationClass.length)));
    return near.some((oid) => oid !== sequence.oid && this.#says([...changing, 'destroy', 'define'], this.#family(this.#relation(oid))));
  }

  #belongsTo(object: DatabaseObject): string {
    const above = [...this.#above(object.address)].flatMap((address) => this.#object(address)).find(({ kind }) => kind !== undefined && kind !== 'schema');
    return above?.kind === undefined ? object.path.join('.') : formatResource({ kind: above.kind, path: above.path, system: false });
  }

  #explainsObject({ object, catalogs }: ObjectChange): boolean {
    if (this.#meansAll()) return true;
    // The server finds a name for the array of a type, whenever its own is taken.
    if (object.kind === 'type' && object.path.at(-1)?.endsWith('[]') === true && catalogs.every((catalog) => catalog === 'pg_type')) return true;
    // A statement that writes to the catalog itself.
    if (catalogs.every((catalog) => this.#effects.some((effect) => changing.has(effect.verb) && named(effect, ['table'], ['pg_catalog', catalog])))) return true;
    // Who was the commutator or negator of what is gone no longer says so (RemoveOperatorById, src/backend/commands/operatorcmds.c).
    if (object.kind === 'operator' && catalogs.every((catalog) => catalog === 'pg_operator') && this.#effects.some(({ verb, resource }) => verb === 'destroy' && resource.kind === 'operator')) return true;
    const statistics = catalogs.every((catalog) => catalog === 'pg_statistic' || catalog === 'pg_statistic_ext_data');
    return [...this.#above(object.address)].flatMap((address) => this.#object(address)).some((above) => this.#effects.some((effect) => this.#explains(effect, above, statistics)));
  }

  /** DROP OWNED, and REASSIGN OWNED: everything that a role has. */
  #meansAll(): boolean {
    return this.#effects.some(({ verb, resource, extent }) => defining.has(verb) && (resource.kind === 'database' || (resource.kind === 'role' && extent === 'all')));
  }

  #explains(effect: Effect, { kind, path }: DatabaseObject, statistics: boolean): boolean {
    if (kind === undefined) return false;
    const { verb, resource } = effect;
    if (kind === 'cast' || kind === 'large-object' || kind === 'transform') return resource.kind === kind;
    if (kind === 'role' && verb === 'configure') return resource.kind === 'role';
    if (!named(effect, kind === 'table' || kind === 'index' || kind === 'sequence' ? relationKinds : [kind], path)) return false;
    if (defining.has(verb)) return true;
    if (verb === 'configure') return kind === 'database';
    // A refreshed materialized view, a table that was clustered or indexed anew: another file.
    if (verb === 'update' || verb === 'execute') return kind === 'table' || kind === 'index';
    return verb === 'read' && (statistics || effect.note === 'referenced by a foreign key');
  }

  #explainsLock(relation: Relation, modes: readonly string[]): boolean {
    if (this.#meansAll() || this.#effects.some((effect) => named(effect, [...relationKinds, 'lock'], pathOf(relation)))) return true;
    if (this.#effects.some(({ verb, resource }) => verb === 'read' && resource.kind === 'schema' && samePath(resource.path, [relation.schema]))) return true;
    if (this.#says([...changing, 'read', 'destroy'], this.#tableOf(relation)) || (relation.kind === 'S' && this.#isOfRows(relation))) return true;
    const others = [...this.#before.relations.values(), ...this.#after.relations.values()];
    // The bounds of a partition stand in what it is a partition of.
    if (others.some((other) => other.parents.includes(relation.oid) && this.#explainsLock(other, modes))) return true;
    // A foreign key is looked up on its other side by the server itself, FOR KEY SHARE (src/backend/utils/adt/ri_triggers.c).
    const neighbours = modes.includes('AccessShareLock') ? [] : others.filter((other) => relation.references.includes(other.oid) || other.references.includes(relation.oid));
    if (neighbours.some((other) => this.#says([...changing, 'destroy', 'define'], this.#family(other)))) return true;
    // What depends on what is defined anew, or is defined by it; a tree of partitions is locked as one, and rows of its default ones are looked at.
    const near = new Set([...this.#above(addressOf(relation.oid)), ...others.filter((other) => this.#root(other) === this.#root(relation)).map(({ oid }) => addressOf(oid))]);
    return this.#happened.objects.some(({ object }) => near.has(object.address) || [...this.#above(object.address)].some((address) => address === addressOf(relation.oid) || (near.has(address) && relation.parents.length > 0)));
  }

  #root(relation: Relation): number {
    for (const { relations } of [this.#before, this.#after]) {
      const parent = relations.get(relations.get(relation.oid)?.parents[0] ?? 0);
      if (parent !== undefined) return this.#root(parent);
    }
    return relation.oid;
  }

  #searchPath(value: string): void {
    const { searchPath } = this.#prediction.nextState;
    const is = value.split(',').map((part) => part.trim().replaceAll('"', '')).filter((part) => part !== '');
    if (searchPath !== 'unknown' && searchPath.join() !== is.join()) this.#miss(`search path is ${is.join(', ')}, not ${searchPath.join(', ')}`);
  }
}

function pathOf({ schema, name }: Relation): readonly string[] { return [schema, name]; }

function nameOf(relation: Relation): string { return `${relation.schema}.${relation.name}`; }
