import type { CedarValueJson, EntityJson, EntityUidJson, TypeAndId } from '@cedar-policy/cedar-wasm/nodejs';
import { lineage, nodeKey, type Node } from './ancestry.ts';
import { attachment } from './coverage.ts';
import { datetime, farFuture } from './datetime.ts';
import { isTemporary } from './temporary.ts';
import type { Grant } from '../core/principal.ts';
import type { Traits } from './policy.ts';
import { worstFacts, type Question, type ResourceFacts } from './question.ts';

/** Types that have neither attributes nor parents: nothing can be missing of them, so a slice need not hold them. */
const bare: ReadonlySet<string> = new Set(['Verb', 'Extent', 'Environment', 'Protocol', 'Language', 'Sink', 'Presence', 'Label']);

export function ref(type: string, id: string): { __entity: TypeAndId } {
  return { __entity: { type, id } };
}

export function refs(type: string, ids: readonly string[]): CedarValueJson[] {
  return ids.map((id) => ref(type, id));
}

function resourceEntity(question: Question, type: string, id: string, parents: TypeAndId[], facts: ResourceFacts, isSelf: boolean): EntityJson {
  const { asker, resource } = question;
  const attrs: Record<string, CedarValueJson> = {
    target: ref('Target', asker.target.name),
    system: isSelf && resource.system,
    temporary: isSelf && isTemporary(resource, asker),
    labels: refs('Label', facts.labels),
    classes: refs('Label', facts.classes),
  };
  if (type === 'Target') Object.assign(attrs, { environment: ref('Environment', asker.target.environment), protocol: ref('Protocol', asker.target.protocol) });
  if (type === 'Path') Object.assign(attrs, { workspace: facts.workspace, recoverable: facts.recoverable });
  if (type === 'Host') attrs['known'] = facts.known;
  if (type === 'Endpoint') attrs['method'] = facts.method;
  if (type === 'Tool') attrs['pinned'] = facts.pinned;
  if (type === 'Thing') attrs['kind'] = resource.kind;
  return { uid: { type, id }, attrs, parents };
}

/**
 * What Cedar is told of the world for one question: the entities that it reaches, with all their attributes. Each costs some 50 µs and each
 * member of a set some 15, so what no policy of the set can tell apart is left out: containers that neither a policy nor the grant names,
 * and verbs that no policy looks for.
 */
export function slice(question: Question, grant: Grant | undefined, traits: Pick<Traits, 'named' | 'verbs'>): EntityJson[] {
  const { asker, evidence } = question;
  const sought = traits.verbs;
  const verbRefs = (verbs: readonly string[]): CedarValueJson[] => refs('Verb', sought === undefined ? verbs : verbs.filter((verb) => verb === question.verb || sought.has(verb)));
  const { principal, purpose, target, database } = asker;
  const entities: EntityJson[] = [];

  const groups = new Set([...principal.groups, ...(evidence?.approval?.groups ?? [])]);
  for (const group of groups) entities.push({ uid: { type: 'Group', id: group }, attrs: {}, parents: [] });

  const memberOf: TypeAndId[] = principal.groups.map((id) => ({ type: 'Group', id }));
  if (grant !== undefined) {
    memberOf.push({ type: 'Grant', id: grant.id });
    entities.push({ uid: { type: 'Grant', id: grant.id }, parents: [], attrs: { verbs: verbRefs(grant.verbs), unmask: refs('Label', grant.unmask), until: datetime(grant.until) } });
  }

  const attrs: Record<string, CedarValueJson> = { enabled: principal.enabled };
  if (principal.ref.kind === 'User') attrs['strongAuth'] = principal.strongAuth;
  else if (principal.owner !== undefined) {
    attrs['owner'] = ref('User', principal.owner.name);
    entities.push({ uid: { type: 'User', id: principal.owner.name }, attrs: { enabled: principal.owner.enabled, strongAuth: false }, parents: [] });
    // An agent without an end is a fault, and must refuse; a service may live for ever.
    if (principal.until !== undefined) attrs['until'] = datetime(principal.until);
    else if (principal.ref.kind === 'Service') attrs['until'] = datetime(farFuture);
  }
  entities.push({ uid: { type: principal.ref.kind, id: principal.ref.name }, attrs, parents: memberOf });
  entities.push({ uid: { type: 'Purpose', id: purpose.name }, attrs: { verbs: verbRefs(purpose.verbs), labels: refs('Label', purpose.labels) }, parents: [] });

  const [own = [], ...wholes] = lineage(question, target, database);
  const held = grant === undefined ? undefined : attachment(grant, [...own, ...wholes.flat()], target, database);
  const heldKey = held === undefined ? undefined : nodeKey(held);
  const counts = (node: Node): boolean => nodeKey(node) === heldKey || traits.named.has(nodeKey(node));
  // A column, and whatever else stands under a table, can only be reached through it.
  const nodes = own.filter((node, index) => index === 0 || node.type === 'Target' || node.type === 'Table' || counts(node));
  const others = wholes.flatMap((chain) => (chain.some((node) => node.type !== 'Target' && counts(node)) ? [chain.filter((node, index) => index === 0 || node.type === 'Target' || counts(node))] : []));
  const made = new Set<string>();
  for (const chain of [nodes, ...others]) {
    for (const [index, node] of chain.entries()) {
      const key = nodeKey(node);
      if (made.has(key)) continue;
      made.add(key);
      const next = chain[index + 1];
      const parents: TypeAndId[] = next === undefined ? [] : [{ type: next.type, id: next.id }];
      const isSelf = chain === nodes && index === 0;
      // A part is in the tables whose rows it holds.
      if (chain === nodes && node.type === 'Table') for (const [first] of others) if (first !== undefined) parents.push({ type: first.type, id: first.id });
      if (key === heldKey) parents.push({ type: 'Grant', id: grant?.id ?? '' });
      entities.push(resourceEntity(question, node.type, node.id, parents, isSelf ? question.facts : worstFacts, isSelf));
    }
  }
  // `resource.target` names it even where the ancestry was too short to reach it.
  if (nodes.at(-1)?.type !== 'Target') entities.push(resourceEntity(question, 'Target', target.name, [], worstFacts, false));
  return entities;
}

function uid(entity: EntityUidJson): TypeAndId {
  return '__entity' in entity ? entity['__entity'] : entity;
}

function* named(value: CedarValueJson): Generator<TypeAndId> {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) for (const item of value) yield* named(item);
  else if (isReference(value)) yield value['__entity'];
  else for (const member of Object.values(value)) yield* named(member);
}

function isReference(value: object): value is { __entity: TypeAndId } {
  return '__entity' in value;
}

/**
 * The first entity that is named (as a parent, in an attribute, in the context) and absent. Cedar does not notice it as long as no policy
 * reads it, so a forbid that reads through it would be skipped, or a hierarchy would end too early: the caller MUST refuse.
 */
export function firstAbsent(entities: readonly EntityJson[], asked: readonly EntityUidJson[], context: CedarValueJson): string | undefined {
  const present = new Set(entities.map((entity) => JSON.stringify([uid(entity.uid).type, uid(entity.uid).id])));
  const needs: TypeAndId[] = [...asked.map(uid), ...named(context)];
  for (const entity of entities) needs.push(...entity.parents.map(uid), ...named(entity.attrs));
  const absent = needs.find((need) => !bare.has(need.type) && !present.has(JSON.stringify([need.type, need.id])));
  return absent === undefined ? undefined : `${absent.type}::${JSON.stringify(absent.id)}`;
}
