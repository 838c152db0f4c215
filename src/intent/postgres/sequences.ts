import type { FuncCall } from '@pgsql/types';
import type { RelationInfo } from '../../core/catalog.ts';
import type { Extent } from '../../core/effect.ts';
import type { EntityRef } from '../../core/resource.ts';
import { anyName } from './functions/act.ts';
import { byNumber } from './named-tables.ts';
import { operand } from './operand.ts';
import { ownedSequence } from './owned-sequence.ts';
import type { Reading } from './reading.ts';
import { relationRef, resolveRelation } from './relations.ts';
import type { Scope } from './scope.ts';

interface Named { readonly resource: EntityRef; readonly extent: Extent }

/** What the first argument of nextval and its kin names here and now; `written` is its name as it stands there. */
export function resolveSequence(written: EntityRef, call: FuncCall, scope: Scope, reading: Reading): Named {
  if (written.path[0] === anyName) return known(byNumber(call, reading) ?? ownedSequence(call.args?.[0], reading)) ?? computed(written, call, scope, reading);
  const [relname = '', schemaname] = written.path.toReversed();
  // What this session made may have brought sequences along (serial and identity columns) that the catalog does not know yet: such a name stands as written.
  const absent = reading.state.ownRelations.size + reading.state.changed.size > 0;
  const { ref, info } = resolveRelation({ relname, ...(schemaname === undefined ? {} : { schemaname }), location: call.location ?? -1 }, reading, absent);
  reading.readsSession ||= absent && info === undefined;
  return { resource: { ...ref, kind: 'sequence' }, extent: 'one' };
}

function known(info: RelationInfo | undefined): Named | undefined {
  return info === undefined ? undefined : { resource: { ...relationRef(info), kind: 'sequence' }, extent: 'one' };
}

/** A name that is the same for all rows is that of one sequence, whichever; one that comes from rows may be each of them. */
function computed(any: EntityRef, call: FuncCall, scope: Scope, reading: Reading): Named {
  return { resource: any, extent: operand(call.args?.[0], scope, reading).kind === 'fixed' ? 'one' : 'unknown' };
}
