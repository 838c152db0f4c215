import { reader } from '../engine.ts';
import { isObject, member } from '../expression.ts';

/** What a policy may be asked about with one action. */
export interface ActionFacts {
  readonly groups: readonly string[];
  readonly principals: readonly string[];
  readonly resources: readonly string[];
  /** Names of the context's attributes; true for those that are always there. */
  readonly context: ReadonlyMap<string, boolean>;
}

/** What can be told from the schema alone. */
export interface Vocabulary {
  /** Those that are asked; groups are none. */
  readonly actions: ReadonlyMap<string, ActionFacts>;
  /** Values of the closed vocabularies. */
  readonly closed: ReadonlyMap<string, readonly string[]>;
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}

function entries(value: unknown): readonly [string, unknown][] {
  return isObject(value) ? Object.entries(value) : [];
}

let last: { readonly schema: string; readonly vocabulary: Vocabulary } | undefined;

/** Throws where the schema is none; the gateway's own is read in every test. */
export function vocabularyOf(schema: string): Vocabulary {
  if (last?.schema === schema) return last.vocabulary;
  const answer = reader.use((cedar) => cedar.schemaToJsonWithResolvedTypes(schema));
  if (answer.type === 'failure') throw new Error(answer.errors.map((error) => error.message).join('; '));
  const json = member(answer.json, '');
  const record = (type: unknown): unknown => {
    const alias = member(member(json, 'commonTypes'), String(member(type, 'type')));
    return alias === undefined ? type : record(alias);
  };
  const actions = new Map(entries(member(json, 'actions')).flatMap(([name, action]) => {
    const applies = member(action, 'appliesTo');
    const [principals, resources] = [texts(member(applies, 'principalTypes')), texts(member(applies, 'resourceTypes'))];
    if (principals.length === 0 || resources.length === 0) return [];
    const memberOf: unknown = member(action, 'memberOf');
    const groups = Array.isArray(memberOf) ? memberOf.map((group) => String(member(group, 'id'))) : [];
    const context = new Map(entries(member(record(member(applies, 'context')), 'attributes')).map(([attr, type]) => [attr, member(type, 'required') !== false]));
    return [[name, { groups, principals, resources, context }]];
  }));
  const closed = new Map(entries(member(json, 'entityTypes')).flatMap(([type, shape]) => {
    const values = member(shape, 'enum');
    return values === undefined ? [] : [[type, texts(values)]];
  }));
  last = { schema, vocabulary: { actions, closed } };
  return last.vocabulary;
}
