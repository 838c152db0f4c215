import fc from 'fast-check';
import { hiddenChange } from './hidden.ts';
import { condition, int, namesOf, noNames, query, text, type Names } from './queries.ts';
import { writableTable, type Column, type Table } from './tables.ts';
import { either, maybe, sql, type Text } from './template.ts';

function valueFor(column: Column, names: Names, depth: number): Text {
  if (depth === 0 || column.kind === 'other' || column.kind === 'date') return column.value;
  return fc.oneof({ withCrossShrink: true }, { arbitrary: column.value, weight: 4 }, { arbitrary: column.kind === 'int' ? int(names, depth) : text(names, depth), weight: 1 });
}

/** Some of the columns, in order; all that need a value. */
function chosen(table: Table): fc.Arbitrary<readonly Column[]> {
  return fc.subarray([...table.columns]).map((some) => table.columns.filter((column) => column.needed === true || some.includes(column)));
}

function returning(table: Table): Text {
  const column = table.columns[0]?.name ?? '*';
  return maybe(either(` RETURNING *`, ` RETURNING ${column}`, ` RETURNING new.${column}, sql_text(1)`));
}

function insert(depth: number): Text {
  return writableTable.chain((table) => chosen(table).chain((columns) => {
    const into = columns.length === 0 ? table.name : `${table.name} (${columns.map((column) => column.name).join(', ')})`;
    const row = fc.tuple(...columns.map((column) => valueFor(column, noNames, depth))).map((values) => values.join(', '));
    const values = columns.length === 0 ? 'DEFAULT VALUES' : either(sql`VALUES (${row})`, sql`VALUES (${row}), (${row})`, sql`SELECT ${row}`, sql`SELECT ${row} FROM generate_series(1, 1)`, sql`SELECT ${row} FROM team LIMIT 1`);
    const key = table.columns.find((column) => column.needed === true)?.name;
    const conflict = ['team', 'ruled', 'secret', 'card'].includes(table.name) && key !== undefined
      ? maybe(either(' ON CONFLICT DO NOTHING', ` ON CONFLICT (${key}) DO UPDATE SET ${key} = excluded.${key}`)) : '';
    return sql`INSERT INTO ${into} ${values}${conflict}${returning(table)}`;
  }));
}

function update(depth: number): Text {
  return writableTable.chain((table) => {
    const names = namesOf(table, table.name.split('.').at(-1) ?? '');
    const settable = table.columns.filter((column) => column.name !== 'n' && column.name !== 'id' || table.name === 'purchase');
    return fc.constantFrom(...settable.length === 0 ? table.columns : settable).chain((column) =>
      sql`UPDATE ${maybe(table.name.startsWith('trace') ? '' : 'ONLY ')}${table.name} SET ${column.name} = ${either(valueFor(column, names, depth), 'DEFAULT')}${maybe(' FROM team z')}${maybe(sql` WHERE ${condition(names, depth)}`)}${returning(table)}`);
  });
}

function remove(depth: number): Text {
  return writableTable.chain((table) =>
    sql`DELETE FROM ${maybe('ONLY ')}${table.name}${maybe(' USING team z')}${maybe(sql` WHERE ${condition(namesOf(table, table.name.split('.').at(-1) ?? ''), depth)}`)}${returning(table)}`);
}

function merge(): Text {
  return fc.constantFrom(['team', 'id', 'name'], ['person', 'id', 'name'], ['people', 'id', 'name'], ['purchase', 'id', 'total'], ['reading', 'id', 'value'], ['animal', 'id', 'id'], ['secret', 'id', 'words'])
    .chain(([target = '', key = '', column = '']) => sql`MERGE INTO ${target} x USING (SELECT id FROM ${fc.constantFrom('team', 'listening', 'animal')}) s ON x.${key} = s.id ${either(
      `WHEN MATCHED THEN UPDATE SET ${column} = x.${column}`, 'WHEN MATCHED THEN DELETE', `WHEN MATCHED AND sql_text(s.id) > 1 THEN DO NOTHING`, `WHEN NOT MATCHED BY SOURCE THEN UPDATE SET ${column} = x.${column}`,
    )}${maybe(target === 'team' ? ` WHEN NOT MATCHED THEN INSERT (${key}) VALUES (s.id + 5000)` : '')}`);
}

const truncated = fc.constantFrom('archive', 'complaint', 'parcel CASCADE', 'line CASCADE', 'purchase CASCADE', 'person CASCADE', 'team CASCADE', 'reading', 'reading_2024', 'animal', 'ONLY animal', 'secret', 'archive, ruled', 'purchase RESTART IDENTITY CASCADE', 'sorted');

export function change(depth: number): Text {
  const plain = either(insert(depth), update(depth), remove(depth));
  return fc.oneof({ withCrossShrink: true }, { arbitrary: plain, weight: 10 }, { weight: 4, arbitrary: hiddenChange }, { weight: 1, arbitrary: merge() }, { weight: 1, arbitrary: sql`TRUNCATE ${truncated}` }, {
    weight: 2, arbitrary: either(
      sql`WITH w AS (${plain}) SELECT 1`, sql`WITH w AS (${insert(depth)}), v AS (${remove(depth)}) ${query(0)}`, sql`WITH w AS (${query(depth)}) DELETE FROM archive`,
      sql`EXPLAIN (ANALYZE, COSTS off) ${plain}`, sql`EXPLAIN ${plain}`),
  });
}
