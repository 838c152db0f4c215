import type { Node, SelectStmt } from '@pgsql/types';
import type { Extent } from '../../core/effect.ts';
import { coarser, extentsOf } from './extent.ts';
import type { JoinCondition } from './joins.ts';
import { operand, type Operand } from './operand.ts';
import { starredOrigins } from './output-names.ts';
import { as } from './parser/grammar.ts';
import { wider } from './drafts.ts';
import type { Reading } from './reading.ts';
import type { Made, Scope } from './scope.ts';

/** Questions asked of the queries of one text: each may ask those that it is made of in turn. */
const maxAsked = 300;

/** What stands behind the columns of a query that has been read, and what conditions on them leave of its rows. */
export function makeOf(query: SelectStmt, joins: readonly JoinCondition[], scope: Scope, reading: Reading): Made {
  const { writtenPath, pathOverride, transition } = reading;
  let sides: readonly (Operand | undefined)[] | undefined;
  const sideAt = (place: number): Operand | undefined => {
    sides ??= reading.aside(() => {
      Object.assign(reading, { writtenPath, pathOverride, transition });
      return sidesOf(query.targetList, scope, reading);
    });
    return sides[place];
  };
  return {
    shown: (place) => {
      const side = sideAt(place);
      return side?.kind === 'column' ? { entry: side.entry, column: side.column } : undefined;
    },
    narrowed: (conditions) => {
      const given = conditions.flatMap(({ place, how }) => {
        const side = sideAt(place);
        return side === undefined ? [] : [{ side, how }];
      });
      if (given.length === 0 || ++reading.asked > maxAsked) return { extent: 'unknown', grade: 'count' };
      const { extents, grade } = extentsOf(query.whereClause, joins, scope, reading, given);
      return { extent: [...extents.values()].reduce<Extent>(wider, 'none'), grade };
    },
  };
}

/** Of a UNION: whatever holds of a column holds of that of each side. */
export function eitherMade(a: Made, b: Made): Made {
  return {
    narrowed: (conditions) => {
      const [left, right] = [a.narrowed(conditions), b.narrowed(conditions)];
      return { extent: wider(left.extent, right.extent), grade: coarser(left.grade, right.grade) };
    },
    shown: () => undefined,
  };
}

/** What is shown at each place; undefined from the first `*` on of which it cannot be told. */
function sidesOf(targets: readonly Node[] | undefined, scope: Scope, reading: Reading): readonly (Operand | undefined)[] {
  const sides: Operand[] = [];
  for (const node of targets ?? []) {
    const value = as(node, 'ResTarget')?.val;
    const star = starredOrigins(value, scope);
    if (star === 'unknown') break;
    if (star === undefined) sides.push(operand(value, scope, reading));
    else for (const origin of star) sides.push(origin === undefined ? { kind: 'other' } : { kind: 'column', ...origin });
  }
  return sides;
}
