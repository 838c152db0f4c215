import { createHash } from 'node:crypto';
import type { CatalogSnapshot } from '../core/catalog.ts';
import { shelfOf } from './buckets.ts';
import { Turn } from './turns.ts';

/** Of the relations or functions of one bucket, by ascending oid. */
export function shelfDigest(lines: readonly string[]): string {
  return createHash('sha256').update(lines.join('\n')).digest('base64');
}

export type Head = Pick<CatalogSnapshot, 'database' | 'serverVersion' | 'role' | 'closedSchemas'>;
type Others = Pick<CatalogSnapshot, 'types' | 'operators' | 'casts' | 'operatorClasses' | 'eventTriggers'>;

/**
 * SHA-256 over every object, one line of JSON each; relations and functions by bucket, so that of a large catalog only what moved is hashed anew.
 * The same for the same content, read from a server or from a file: both ways write an object's members in one order, and JSON shows where
 * each value ends.
 */
export async function versionOf(head: Head, shelves: { readonly relations: Iterable<string>; readonly functions: Iterable<string> }, others: Others): Promise<string> {
  const turn = new Turn();
  const { database, serverVersion, role, closedSchemas } = head;
  const { types, operators, casts, operatorClasses, eventTriggers } = others;
  const hash = createHash('sha256').update(JSON.stringify([database, serverVersion, role, closedSchemas, types.length, operators.length, casts.length, operatorClasses.length]));
  hash.update(`\n${[...shelves.relations].join(' ')}\n${[...shelves.functions].join(' ')}`);
  for (const object of [...types, ...operators, ...casts, ...operatorClasses, ...eventTriggers]) {
    hash.update(`\n${JSON.stringify(object)}`);
    if (turn.over) await turn.next();
  }
  return hash.digest('hex');
}

/** Of a whole, with relations and functions by ascending oid. */
export async function digest({ relations, functions, ...content }: Omit<CatalogSnapshot, 'format' | 'version'>): Promise<string> {
  return versionOf(content, { relations: await shelfDigests(relations), functions: await shelfDigests(functions) }, content);
}

async function shelfDigests(objects: readonly { readonly oid: number }[]): Promise<readonly string[]> {
  const turn = new Turn();
  const digests: string[] = [];
  let lines: string[] = [];
  for (const [n, object] of objects.entries()) {
    lines.push(JSON.stringify(object));
    const next = objects[n + 1];
    if (next === undefined || shelfOf(next.oid) !== shelfOf(object.oid)) {
      digests.push(shelfDigest(lines));
      lines = [];
    }
    if (turn.over) await turn.next();
  }
  return digests;
}
