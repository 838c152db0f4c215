import { isChanged } from './changes.ts';
import type { Reading } from './reading.ts';

/** Domains of domains that are looked through. */
const maxLevels = 64;

/** A type as `format_type` names it, and if it is a domain what it is of, one by one. */
export function withBases(written: string, reading: Reading): readonly string[] {
  const types = [written];
  for (let type = written; types.length < maxLevels && !type.endsWith('[]');) {
    const made = reading.catalog.typeWritten(type);
    if (made?.base === undefined || isChanged('type', made.name, reading)) break;
    type = made.base;
    types.push(type);
  }
  return types;
}

/** What the values of a domain are of; every other type is its own. Modifiers (the 1 of `varchar(1)`) are not told. */
export function basicType(written: string, reading: Reading): string {
  return withBases(written, reading).at(-1) ?? written;
}
