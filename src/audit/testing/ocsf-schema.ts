import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The compiled schema; not part of the project (Apache-2.0, ocsf/ocsf-schema tag 1.8.0). */
export const schemaPath = join(import.meta.dirname, '../../../../shared/data/ocsf-1.8.0.json');
export const schemaPresent = existsSync(schemaPath);

interface Attribute {
  readonly type: string; readonly requirement?: string; readonly is_array?: boolean; readonly object_type?: string;
  readonly enum?: { readonly [value: string]: { readonly caption: string } }; readonly sibling?: string; readonly profiles?: readonly string[] | null;
}
interface Shape {
  readonly uid?: number; readonly attributes: { readonly [name: string]: Attribute };
  readonly constraints?: { readonly at_least_one?: readonly string[]; readonly just_one?: readonly string[] } | null;
}
interface ScalarType { readonly type?: string; readonly regex?: string; readonly max_len?: number; readonly range?: readonly [number, number] }
interface Schema {
  readonly classes: { readonly [name: string]: Shape }; readonly objects: { readonly [name: string]: Shape };
  readonly dictionary: { readonly types: { readonly attributes: { readonly [name: string]: ScalarType } } };
}

type Members = { readonly [name: string]: unknown };

/** Checks events against the compiled schema: what reference audit.md C.1 lists. */
export class OcsfSchema {
  readonly #schema: Schema;
  readonly #byUid: ReadonlyMap<number, Shape>;

  constructor(path: string = schemaPath) {
    // The file is a fixed input of the tests, not of the product.
    this.#schema = JSON.parse(readFileSync(path, 'utf8')) as Schema;
    this.#byUid = new Map(Object.values(this.#schema.classes).map((shape) => [shape.uid ?? -1, shape]));
  }

  /** What is wrong with it; empty when nothing is. */
  problems(event: unknown): string[] {
    if (!isMembers(event)) return ['not an object'];
    const classUid = Number(event['class_uid']);
    const shape = this.#byUid.get(classUid);
    if (shape === undefined) return [`no class ${classUid}`];
    const metadata = event['metadata'];
    const declared = isMembers(metadata) ? metadata['profiles'] : undefined;
    const profiles = new Set(Array.isArray(declared) ? declared.map(String) : []);
    const problems = this.#members('', event, shape, profiles);
    if (event['type_uid'] !== classUid * 100 + Number(event['activity_id'])) problems.push('type_uid is not class_uid * 100 + activity_id');
    return problems;
  }

  #members(path: string, value: Members, shape: Shape, profiles: ReadonlySet<string>): string[] {
    const problems: string[] = [];
    for (const [name, attribute] of Object.entries(shape.attributes)) {
      const applies = attribute.profiles === undefined || attribute.profiles === null || attribute.profiles.some((profile) => profiles.has(profile));
      const present = value[name] !== undefined;
      if (present && !applies) problems.push(`${path}${name}: belongs to a profile that is not declared`);
      if (!present && applies && attribute.requirement === 'required') problems.push(`${path}${name}: required`);
      if (present && applies) problems.push(...this.#attribute(`${path}${name}`, value[name], attribute, value, profiles));
    }
    for (const name of Object.keys(value)) if (shape.attributes[name] === undefined) problems.push(`${path}${name}: not in the schema`);
    const { at_least_one: some, just_one: one } = shape.constraints ?? {};
    const count = (names: readonly string[]): number => names.filter((name) => value[name] !== undefined).length;
    if (some !== undefined && count(some) === 0) problems.push(`${path}: at least one of ${some.join(', ')}`);
    if (one !== undefined && count(one) !== 1) problems.push(`${path}: just one of ${one.join(', ')}`);
    return problems;
  }

  #attribute(path: string, value: unknown, attribute: Attribute, siblings: Members, profiles: ReadonlySet<string>): string[] {
    if (attribute.is_array === true) {
      if (!Array.isArray(value)) return [`${path}: not an array`];
      return value.flatMap((item, k) => this.#one(`${path}[${k}]`, item, attribute, profiles));
    }
    return [...this.#one(path, value, attribute, profiles), ...sibling(path, value, attribute, siblings)];
  }

  #one(path: string, value: unknown, attribute: Attribute, profiles: ReadonlySet<string>): string[] {
    if (attribute.enum !== undefined && attribute.enum[String(value)] === undefined) return [`${path}: ${String(value)} is not one of its values`];
    if (attribute.type !== 'object_t') return this.#scalar(path, value, attribute.type);
    const shape = this.#schema.objects[attribute.object_type ?? ''];
    if (!isMembers(value) || shape === undefined) return [`${path}: not an object`];
    // The object `object` has no attributes of its own: anything goes.
    return Object.keys(shape.attributes).length === 0 ? [] : this.#members(`${path}.`, value, shape, profiles);
  }

  #scalar(path: string, value: unknown, name: string): string[] {
    const type = this.#schema.dictionary.types.attributes[name];
    if (type === undefined) return [`${path}: unknown type ${name}`];
    const problems = type.type === undefined ? base(path, value, name) : this.#scalar(path, value, type.type);
    if (typeof value === 'string' && type.regex !== undefined && !new RegExp(type.regex).test(value)) problems.push(`${path}: not a ${name}`);
    if (typeof value === 'string' && type.max_len !== undefined && value.length > type.max_len) problems.push(`${path}: longer than ${type.max_len}`);
    if (typeof value === 'number' && type.range !== undefined && (value < type.range[0] || value > type.range[1])) problems.push(`${path}: out of range`);
    return problems;
  }
}

function base(path: string, value: unknown, name: string): string[] {
  const right = new Map<string, boolean>([
    ['string_t', typeof value === 'string'], ['boolean_t', typeof value === 'boolean'], ['float_t', typeof value === 'number'],
    ['integer_t', Number.isSafeInteger(value)], ['long_t', Number.isSafeInteger(value)], ['json_t', true],
  ]).get(name);
  return right === true ? [] : [`${path}: not a ${name}`];
}

/** The caption that belongs to an enumerated id: the schema's own, free where the id is 99 (and then it must be there). */
function sibling(path: string, value: unknown, attribute: Attribute, siblings: Members): string[] {
  if (attribute.sibling === undefined || attribute.enum === undefined) return [];
  const caption = siblings[attribute.sibling];
  if (value === 99) return typeof caption === 'string' ? [] : [`${path}: 99 needs ${attribute.sibling}`];
  const expected = attribute.enum[String(value)]?.caption;
  return caption === undefined || caption === expected ? [] : [`${path}: ${attribute.sibling} is not ${expected}`];
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
