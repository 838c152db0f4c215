import type { FunctionInfo, TypeInfo } from '../core/catalog.ts';
import type { Bucketed } from './buckets.ts';
import type { Made } from './code.ts';
import type { Marks } from './moved.ts';
import type { Sources } from './text-sources.ts';
import type { Units } from './units.ts';

export interface FunctionUnit {
  readonly oid: number;
  /** Without its text. */
  readonly info: FunctionInfo;
  /** Buckets of what the types of its arguments are named by. */
  readonly needs: readonly number[];
}

/** All of a catalog but its texts; one state of the database. */
export interface Frame extends Marks {
  readonly relations: Units;
  readonly functions: Bucketed<FunctionUnit>;
  readonly types: readonly TypeInfo[];
  readonly made: Made;
  readonly sources: Sources;
}
