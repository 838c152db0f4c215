import type { NodeMap, StatementKind } from '../parser/grammar.ts';
import type { Reading } from '../reading.ts';
import type { Scope } from '../scope.ts';

/** How statements of these kinds are read; one table a topic. */
export type Readers<K extends StatementKind> = { readonly [Kind in K]: (statement: NodeMap[Kind], scope: Scope, reading: Reading) => void };
