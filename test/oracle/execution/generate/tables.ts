import fc from 'fast-check';
import { either, number, sql, type Text } from './template.ts';

export type Kind = 'int' | 'text' | 'date' | 'other';

export interface Column {
  readonly name: string;
  readonly kind: Kind;
  /** Values that the column takes, mostly. */
  readonly value: Text;
  /** Must be given a value. */
  readonly needed?: boolean;
}

/** A relation of schema.sql that statements are made for. */
export interface Table {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly writable: boolean;
}

const words = either(`'x'`, `'tom'`, `'O''Hara'`, `'late again'`, `NULL`);
const name = either(`'ann'`, `'bob'`, `'c'`);
const fresh = number(1_000, 90_000);
const day = either(`'2024-03-01'`, `'2023-05-05'`, `current_date`, `'2024-12-31'::date`);
const floating = number(100, 9_000);

const int = (column: string, value: Text, needed = false): Column => ({ name: column, kind: 'int', value, needed });
const text = (column: string, value: Text = words, needed = false): Column => ({ name: column, kind: 'text', value, needed });
const key = (column = 'id'): Column => int(column, fresh, true);
const person = number(1, 12);
const team = number(1, 4);

function table(relation: string, ...columns: readonly Column[]): Table { return { name: relation, columns, writable: true }; }

export const tables: readonly Table[] = [
  table('team', key(), text('name', name)),
  table('person', text('name', name, true), text('email', either(`'a@x'`, 'NULL')), int('boss', person), int('team', team), { name: 'feeling', kind: 'other', value: either(`'sad'`, `'happy'`) }, int('seen', number(0, 9))),
  table('purchase', int('person', person), int('total', number(0, 900)), { name: 'placed', kind: 'date', value: day }, int('ticket', number(1, 9))),
  table('line', int('purchase', number(1, 20), true), key('n'), int('quantity', number(0, 9)), int('price', number(0, 9))),
  table('parcel', key(), int('purchase', fc.constant('2')), int('n', fc.constant('1'))),
  table('complaint', key(), int('person', number(1, 11)), int('parcel', number(1, 20)), text('words')),
  table('archive', int('id', number(0, 9)), text('what')),
  table('sorted', int('k', number(0, 20)), text('v')),
  table('booking', int('id', fresh), { name: 'during', kind: 'other', value: sql`span(${floating}, 9999)`, needed: true }),
  table('card', key(), { name: 'who', kind: 'other', value: either(`ROW('a@y', '2')`, 'NULL') }, { name: 'emails', kind: 'other', value: either(`ARRAY['c@x']`, `'{d@x}'`) }, { name: 'scores', kind: 'other', value: either('ROW(1, 2)', '7::pair') }),
  table('ruled', key(), text('v')),
  table('reading', int('id', number(1, 40)), { name: 'day', kind: 'date', value: day }, text('kind', either(`'a'`, `'b'`)), int('value', number(0, 9))),
  table('reading_2024', int('id', number(1, 40)), { name: 'day', kind: 'date', value: fc.constant(`'2024-02-03'`), needed: true }, text('kind', either(`'a'`, `'b'`))),
  table('reading_2024_rest', int('id', number(1, 40)), { name: 'day', kind: 'date', value: fc.constant(`'2024-02-03'`), needed: true }, text('kind', fc.constant(`'b'`), true)),
  table('keyed', int('id', number(1, 999), true), text('v')),
  table('animal', int('id', number(1, 9)), text('name', name)),
  table('cat', int('id', number(1, 9)), text('name', name), int('lives', number(1, 9))),
  table('lion', int('id', number(1, 9)), text('name', name), int('lives', number(1, 9)), { name: 'mane', kind: 'other', value: either('true', 'false') }),
  table('member', int('person', person), int('secret', number(1, 4))),
  table('secret', key(), int('owner', number(1, 9), true), text('words')),
  table('people', text('name', name, true), text('email', either(`'a@x'`)), int('team', team)),
  table('people_known', text('name', name, true), int('team', team)),
  table('invoker', text('name', name, true), int('team', team)),
  table('purchases', int('id', number(1, 20), true), int('total', number(0, 900)), text('name', name)),
  table('teams', int('id', number(1, 9)), text('name', name)),
  table('trace.copied', text('value')),
  table('listening', int('id', fresh, true)),
  table('busy', text('name', name, true), int('team', team)),
  table('ranks', key(), { name: 'r', kind: 'other', value: either('ROW(1)::ranked', `'(2)'`) }),
  { ...table('overview', text('name', name), int('members', number(0, 9))), writable: false },
  { ...table('totals', int('person', person), int('total', number(0, 900))), writable: false },
];

export const anyTable: fc.Arbitrary<Table> = fc.constantFrom(...tables);
export const writableTable: fc.Arbitrary<Table> = fc.constantFrom(...tables.filter(({ writable }) => writable));
/** Tables proper, whose definition can change. */
export const plainTable: Text = fc.constantFrom('team', 'person', 'purchase', 'line', 'parcel', 'complaint', 'archive', 'sorted', 'card', 'ruled', 'reading', 'animal', 'cat', 'lion', 'secret', 'member');

export function columnsOf({ columns }: Table, kind: Kind): readonly string[] {
  return columns.filter((column) => column.kind === kind).map((column) => column.name);
}
