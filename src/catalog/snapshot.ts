import type { Catalog, CatalogSnapshot, FunctionInfo, OperatorInfo, RelationInfo, TypeInfo, WrittenName } from '../core/catalog.ts';

/**
 * A snapshot with its indexes; names are looked up as the server does (src/backend/catalog/namespace.c):
 * - temporary schemas come first, but a shared catalog has none: who interprets looks at the session's own relations before this;
 * - `pg_catalog` comes before the path unless the path names it;
 * - `$user` is the role's name; a schema that is not there, or that the role may not use, is passed over.
 * A name with a schema is looked up in that schema alone; there, USAGE is the server's to refuse.
 */
export function catalogOf(snapshot: CatalogSnapshot): Catalog {
  const relations = new Map<string, Map<string, RelationInfo>>();
  const relationsByOid = new Map<number, RelationInfo>();
  for (const relation of snapshot.relations) {
    inner(relations, relation.schema).set(relation.name, relation);
    relationsByOid.set(relation.oid, relation);
  }
  const functions = new Map<string, Map<string, FunctionInfo[]>>();
  const functionsByOid = new Map<number, FunctionInfo>();
  for (const fn of snapshot.functions) {
    const named = inner(functions, fn.schema);
    const overloads = named.get(fn.name);
    if (overloads === undefined) named.set(fn.name, [fn]);
    else overloads.push(fn);
    functionsByOid.set(fn.oid, fn);
  }
  const types = new Map<string, Map<string, TypeInfo>>();
  const typesByOid = new Map<number, TypeInfo>();
  const typesWritten = new Map<string, TypeInfo>();
  for (const type of snapshot.types) {
    inner(types, type.schema).set(type.name, type);
    typesByOid.set(type.oid, type);
    typesWritten.set(type.written, type);
  }
  const operators = new Map<string, Map<string, OperatorInfo[]>>();
  for (const operator of snapshot.operators) {
    const named = inner(operators, operator.schema);
    named.set(operator.name, [...named.get(operator.name) ?? [], operator]);
  }
  const closed = new Set(snapshot.closedSchemas);

  return {
    known: true, version: snapshot.version, database: snapshot.database, serverVersion: snapshot.serverVersion,
    casts: snapshot.casts, operatorClasses: snapshot.operatorClasses, eventTriggers: snapshot.eventTriggers,
    relationByOid: (oid) => relationsByOid.get(oid),
    functionByOid: (oid) => functionsByOid.get(oid),
    inSchema: (schema) => ({ relations: relations.get(schema)?.values() ?? [], functions: [...functions.get(schema)?.values() ?? []].flat() }),
    relation(name, searchPath) {
      for (const schema of schemasFor(name, searchPath, snapshot.role, closed)) {
        const found = relations.get(schema)?.get(name.name);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    functions(name, searchPath) {
      const seen: FunctionInfo[] = [];
      for (const schema of schemasFor(name, searchPath, snapshot.role, closed)) {
        for (const fn of functions.get(schema)?.get(name.name) ?? []) {
          if (!seen.some((earlier) => hides(earlier, fn))) seen.push(fn);
        }
      }
      return seen;
    },
    typeByOid: (oid) => typesByOid.get(oid),
    typeWritten: (type) => typesWritten.size === 0 ? undefined : typesWritten.get(type.replace(modifiers, '')),
    typeNamed(name, searchPath) {
      for (const schema of searchPath === 'unknown' && name.schema === undefined ? types.keys() : schemasFor(name, searchPath === 'unknown' ? [] : searchPath, snapshot.role, closed)) {
        const found = types.get(schema)?.get(name.name);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    operators(name, searchPath) {
      if (operators.size === 0) return [];
      const schemas = searchPath === 'unknown' && name.schema === undefined ? operators.keys() : schemasFor(name, searchPath === 'unknown' ? [] : searchPath, snapshot.role, closed);
      return [...schemas].flatMap((schema) => operators.get(schema)?.get(name.name) ?? []);
    },
  };
}

/** What `format_type` writes behind a name: `public.vector(3)[]`. */
const modifiers = /(?:\([^()"]*\))?(?:\[\])*$/;

function schemasFor(name: WrittenName, searchPath: readonly string[], role: string | undefined, closed: ReadonlySet<string>): Iterable<string> {
  if (name.schema !== undefined) return [name.schema];
  const path = new Set(searchPath.includes('pg_catalog') ? [] : ['pg_catalog']);
  for (const element of searchPath) {
    const schema = element === '$user' ? role : element;
    if (schema !== undefined && !closed.has(schema)) path.add(schema);
  }
  return path;
}

/** Of equal arguments the first in the path is called. A variadic one takes other calls as well, so it hides nothing and is never hidden. */
function hides(earlier: FunctionInfo, later: FunctionInfo): boolean {
  return !earlier.variadic && !later.variadic && earlier.arguments.length === later.arguments.length
    && earlier.arguments.every((type, index) => type === later.arguments[index]);
}

function inner<T>(outer: Map<string, Map<string, T>>, key: string): Map<string, T> {
  const found = outer.get(key);
  if (found !== undefined) return found;
  const made = new Map<string, T>();
  outer.set(key, made);
  return made;
}
