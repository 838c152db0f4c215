import type { Catalog, CatalogSnapshot, FunctionInfo, WrittenName } from '../core/catalog.ts';
import { type Indexes, indexing } from './indexes.ts';
import { atOnce, throughTurns } from './turns.ts';

/**
 * A snapshot as one asks it; names are looked up as the server does (src/backend/catalog/namespace.c):
 * - temporary schemas come first, but a shared catalog has none: who interprets looks at the session's own relations before this;
 * - `pg_catalog` comes before the path unless the path names it;
 * - `$user` is the role's name; a schema that is not there, or that the role may not use, is passed over.
 * A name with a schema is looked up in that schema alone; there, USAGE is the server's to refuse.
 */
export function catalogOf(snapshot: CatalogSnapshot): Catalog {
  return asked(atOnce(indexing(snapshot)));
}

/** A catalog, from which the next one is made. */
export interface Indexed { readonly catalog: Catalog; readonly indexes: Indexes }

/** The same of what was loaded, after what was loaded before, and without holding up other sessions. */
export async function catalogAfter(snapshot: CatalogSnapshot, before: Indexed | undefined): Promise<Indexed> {
  const indexes = await throughTurns(indexing(snapshot, before?.indexes));
  return { indexes, catalog: asked(indexes) };
}

function asked({ snapshot, relations, relationsByOid, functions, functionsByOid, types, typesByOid, typesWritten, operators }: Indexes): Catalog {
  const closed = new Set(snapshot.closedSchemas);

  return {
    known: true, version: snapshot.version, database: snapshot.database, serverVersion: snapshot.serverVersion,
    relations: snapshot.relations, casts: snapshot.casts, operatorClasses: snapshot.operatorClasses, eventTriggers: snapshot.eventTriggers,
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
