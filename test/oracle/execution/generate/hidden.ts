import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Text } from './template.ts';

function oneOf(file: string): Text {
  const lines = readFileSync(join(import.meta.dirname, file), 'utf8').split('\n').filter((line) => line.endsWith(';'));
  return fc.constantFrom(...lines.map((line) => line.slice(0, -1)));
}

export const hiddenQuery: Text = oneOf('hidden-queries.sql');
export const hiddenChange: Text = oneOf('hidden-changes.sql');
