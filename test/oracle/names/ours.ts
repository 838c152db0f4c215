import type { Catalog } from '../../../src/core/catalog.ts';
import type { SessionState } from '../../../src/core/interpretation.ts';
import type { PostgresInterpreter } from '../../../src/intent/postgres/interpreter.ts';
import type { Columns, Reads } from './reads.ts';

export interface Ours {
  /** What stands in the statement itself. */
  readonly reads: Reads;
  /** With what views read. */
  readonly through: Reads;
  /** Reasons and resources of what was not understood. */
  readonly opaque: readonly string[];
  readonly next: SessionState;
}

function add(reads: Map<string, Columns>, relation: string, columns: readonly string[] | 'all'): void {
  const before = reads.get(relation);
  reads.set(relation, { names: new Set([...before?.names ?? [], ...columns === 'all' ? [] : columns]), whole: (before?.whole ?? false) || columns === 'all' });
}

export async function readOurs(interpreter: PostgresInterpreter, text: string, catalog: Catalog, state: SessionState): Promise<Ours> {
  const { statements, nextState } = await interpreter.interpret(text, catalog, state);
  const reads = new Map<string, Columns>();
  const through = new Map<string, Columns>();
  const opaque: string[] = [];
  for (const effect of statements.flatMap(({ effects }) => effects)) {
    const { verb, resource, columns, via } = effect;
    if (verb === 'opaque') opaque.push(`${effect.reason ?? ''} ${resource.path.join('.')}`);
    // Sequences can be read as tables, too.
    if (verb !== 'read' || (resource.kind !== 'table' && resource.kind !== 'sequence')) continue;
    if (via.length === 0) add(reads, resource.path.join('.'), columns);
    if (via.every(({ kind }) => kind === 'table')) add(through, resource.path.join('.'), columns);
  }
  return { reads, through, opaque, next: nextState };
}
