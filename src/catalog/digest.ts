import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CatalogSnapshot } from '../core/catalog.ts';

const objectsPerTurn = 500;

/**
 * SHA-256 over every object, one line of JSON each. The same for the same content, read from a server or from a file: both ways write an
 * object's members in one order, and JSON shows where each value ends.
 */
export async function digest(content: Omit<CatalogSnapshot, 'format' | 'version'>): Promise<string> {
  const { database, serverVersion, role, closedSchemas, relations, functions, types, operators, casts, operatorClasses, eventTriggers } = content;
  const hash = createHash('sha256').update(JSON.stringify([database, serverVersion, role, closedSchemas, relations.length, functions.length, types.length, operators.length, casts.length, operatorClasses.length]));
  let count = 0;
  for (const object of [...relations, ...functions, ...types, ...operators, ...casts, ...operatorClasses, ...eventTriggers]) {
    hash.update(`\n${JSON.stringify(object)}`);
    if (++count % objectsPerTurn === 0) await nextTurn();
  }
  return hash.digest('hex');
}
