import { z } from 'zod';
import type { Path } from './document.ts';
import { fileSchema } from './schema.ts';

/** A JSON Schema, as much of it as is read here. */
interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly additionalProperties?: Shape | boolean;
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
  readonly description?: string;
  readonly default?: unknown;
}

/** The editor's schema: what guardrails.schema.json holds. */
export function jsonSchema(): Record<string, unknown> {
  return { title: 'guardrails.yaml', description: 'Configuration of Access Guardrails', ...z.toJSONSchema(fileSchema, { io: 'input' }) };
}

const root = z.toJSONSchema(fileSchema, { io: 'input' }) as Shape;

function below(shape: Shape, part: PropertyKey): Shape | undefined {
  for (const option of [shape, ...(shape.anyOf ?? [])]) {
    const inner = typeof part === 'number' ? option.items : option.properties?.[String(part)] ?? (typeof option.additionalProperties === 'object' ? option.additionalProperties : undefined);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

/** Keys that may stand there. */
export function keysAt(path: Path): readonly string[] {
  let shape: Shape | undefined = root;
  for (const part of path) shape = shape === undefined ? undefined : below(shape, part);
  return Object.keys(shape?.properties ?? {});
}

export interface Key { readonly path: readonly string[]; readonly description: string | undefined; readonly default: unknown }

/** Every key that can be written, in the schema's order; what the user names is `NAME`, an item of a list `[]`. */
export function allKeys(): readonly Key[] {
  const found: Key[] = [];
  const visit = (shape: Shape, path: readonly string[]): void => {
    for (const [key, inner] of Object.entries(shape.properties ?? {})) {
      const at = [...path, key];
      found.push({ path: at, description: inner.description, default: inner.default });
      visit(inner, at);
    }
    if (typeof shape.additionalProperties === 'object') visit(shape.additionalProperties, [...path, 'NAME']);
    if (shape.items !== undefined) visit(shape.items, [...path, '[]']);
    for (const option of shape.anyOf ?? []) visit(option, path);
  };
  visit(root, []);
  return found;
}
