import type { ColumnInfo, RelationKind, SingleValue, StoredCode, TriggerInfo } from '../core/catalog.ts';
import { codeOf, type CodeRow } from './code-rows.ts';
import { storedCode } from './code.ts';
import { operatorClassNeeds } from './moved.ts';
import type { Among, Question, RowOf } from './question.ts';
import type { Operators } from './rule-operands.ts';
import * as ask from './rows.ts';
import { none, type Sharing } from './sharing.ts';
import { type RuleRow, rulesOf } from './single-rows.ts';
import { singleValues } from './single.ts';
import { triggerEvents } from './trigger-events.ts';
import { byFirst, Turn } from './turns.ts';
import { inOrder, type Said, type Unit, type Units } from './units.ts';

export type RelationRow = RowOf<ReturnType<typeof ask.relations>>;

/** All that is asked of relations besides their own rows. `columns` are asked of more: of those whose types have another name. */
export function partsOf(relations: Among, columns: Among): { readonly [Name in keyof Parts]: Question<Parts[Name][number]> } {
  return {
    columns: ask.columns(columns), keys: ask.keys(relations), triggers: ask.triggers(relations), references: ask.references(relations),
    parents: ask.parents(relations), reads: ask.reads(relations), owners: ask.owners(relations), code: codeOf(relations), rules: rulesOf(relations),
  };
}

type RowsOf<Name extends 'columns' | 'keys' | 'triggers' | 'references' | 'parents' | 'reads' | 'owners'> = readonly RowOf<ReturnType<(typeof ask)[Name]>>[];
export interface Parts {
  readonly columns: RowsOf<'columns'>;
  readonly keys: RowsOf<'keys'>;
  readonly triggers: RowsOf<'triggers'>;
  readonly references: RowsOf<'references'>;
  readonly parents: RowsOf<'parents'>;
  readonly reads: RowsOf<'reads'>;
  readonly owners: RowsOf<'owners'>;
  readonly code: readonly CodeRow[];
  readonly rules: readonly RuleRow[];
}

const relationKinds = {
  r: 'table', p: 'partitioned', v: 'view', m: 'materialized-view', f: 'foreign-table', S: 'sequence', i: 'index', I: 'index', c: 'composite',
} as const satisfies Record<string, RelationKind>;

/** What the answers make of these relations, and of those in `last` of whom only the columns were wanted. Not yet described: see `revised`. */
export async function unitsOf(rows: readonly RelationRow[], retyped: readonly number[], parts: Parts, operators: Operators, last: Units, sharing: Sharing): Promise<Map<number, Unit | undefined>> {
  const turn = new Turn();
  const [columns, triggers, code] = [await byFirst(parts.columns), await byFirst(parts.triggers), await byFirst(parts.code)];
  const said = await saidBy(parts, sharing);
  const singles = await singleValues(parts.rules, operators);
  const units = new Map<number, Unit | undefined>();
  for (const [oid, schema, name, kind, rowSecurity] of rows) {
    const [, list = none, needs = none] = columns.get(oid)?.[0] ?? none;
    const runs = code.get(oid) ?? none;
    units.set(oid, {
      oid,
      info: {
        oid, schema: sharing.text(schema), name: sharing.text(name), kind: relationKinds[kind], columns: columnsOf(list, singles.get(oid), sharing), keys: none,
        triggers: triggers.get(oid)?.map((row) => triggerOf(row, sharing)) ?? none,
        referencedBy: none, children: none, views: none, rules: none, rowSecurity, code: none,
      },
      needs: sharing.list([...needs, ...(runs.some(([, , , , , , , , , classes]) => classes) ? [operatorClassNeeds] : [])]),
      code: inOrder(runs.filter(([owner, about]) => about === owner).map((row) => shared(row, sharing))),
      said: said.get(oid) ?? none,
      heard: last.get(oid)?.heard ?? none,
    });
    if (turn.over) await turn.next();
  }
  for (const oid of retyped) {
    const unit = last.get(oid);
    const [, list = none, needs = none] = columns.get(oid)?.[0] ?? none;
    if (unit === undefined || units.has(oid)) continue;
    units.set(oid, { ...unit, needs: sharing.list([...needs, ...unit.needs.filter((need) => need === operatorClassNeeds)]), info: { ...unit.info, columns: columnsOf(list, new Map(unit.info.columns.flatMap(({ number, single }) => single === undefined ? [] : [[number, single]])), sharing) } });
    if (turn.over) await turn.next();
  }
  return units;
}

function triggerOf([, name, type, fn, enabled, oldTable, newTable]: Parts['triggers'][number], sharing: Sharing): TriggerInfo {
  return {
    name: sharing.text(name), events: triggerEvents(type), function: fn, enabled,
    ...oldTable === null ? {} : { oldTable: sharing.text(oldTable) }, ...newTable === null ? {} : { newTable: sharing.text(newTable) },
  };
}

function columnsOf(list: readonly (readonly [number, string, string])[], singles: ReadonlyMap<number, SingleValue> | undefined, sharing: Sharing): readonly ColumnInfo[] {
  return list.length === 0 ? none : list.map((column) => sharing.column(...column, singles?.get(column[0])));
}

async function saidBy({ keys, references, parents, reads, owners, code }: Parts, sharing: Sharing): Promise<ReadonlyMap<number, readonly Said[]>> {
  const turn = new Turn();
  const by = new Map<number, Said[]>();
  const says = async (owner: number, said: Said): Promise<void> => {
    const list = by.get(owner);
    if (list === undefined) by.set(owner, [said]);
    else list.push(said);
    if (turn.over) await turn.next();
  };
  for (const [owner, about, columns] of keys) await says(owner, { what: 'key', about, columns: sharing.list(columns) });
  for (const [owner, about, constraint, name, columns, onDelete, onUpdate] of references) await says(owner, { what: 'reference', about, constraint, name, columns: sharing.list(columns), onDelete, onUpdate });
  for (const [owner, about, part] of parents) await says(owner, { what: 'child', about, part });
  for (const [owner, about] of reads) await says(owner, { what: 'view', about });
  for (const [owner, about, column] of owners) await says(owner, { what: 'sequence', about, columns: sharing.list([column]) });
  for (const row of code) if (row[0] !== row[1]) await says(row[0], { what: 'code', about: row[1], code: shared(row, sharing) });
  return by;
}

function shared(row: CodeRow, sharing: Sharing): StoredCode {
  const made = storedCode(row);
  return { ...made, name: sharing.text(made.name), functions: sharing.list(made.functions), builtins: sharing.list(made.builtins), types: sharing.list(made.types), reads: made.reads.length === 0 ? none : made.reads };
}
