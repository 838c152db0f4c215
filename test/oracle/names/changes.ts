import { condition, reference, value } from './expressions.ts';
import { fromClause, tableName } from './from.ts';
import { aliases, written, type Item, type Making, type Parts, type Query, type Table } from './making.ts';
import { query, withClause } from './query.ts';

function returning(making: Making, items: readonly Item[]): { text: string; output: Query['output'] } {
  const { random, kinds } = making;
  if (random.chance(0.5)) return { text: '', output: [] };
  kinds.add('RETURNING');
  const target = items[0];
  const shown = random.way(
    () => ({ text: '*', output: [] }),
    () => ({ text: `${written(target?.alias ?? '', making)}.*`, output: target?.columns ?? [] }),
    () => ({ text: `${random.pick(['old', 'new'])}.${written(random.pick(target?.columns ?? ['id']), making)} AS id`, output: ['id'] }),
    () => ({ text: `${value(making)} AS x`, output: ['x'] }),
  );
  return { text: ` RETURNING ${shown.text}`, output: shown.output };
}

/** A table that has columns, as the target of a change. */
function target(making: Making): { text: string; item: Item; table: Table } {
  const { random } = making;
  const table = random.pick(making.names.tables.filter(({ view, columns }) => !view && columns.length > 0));
  const name = tableName(table, making);
  if (random.chance(0.6)) return { text: name.text, item: { alias: table.name, schema: table.schema, columns: table.columns, others: table.others, stored: true }, table };
  const alias = random.pick(aliases);
  return { text: `${name.text} AS ${written(alias, making)}`, item: { alias, columns: table.columns, others: table.others, stored: true }, table };
}

function assignments(making: Making, item: Item): string {
  const { random } = making;
  const column = (): string => written(random.pick(item.columns), making);
  return random.way(() => `${column()} = ${value(making)}`, () => `${column()} = DEFAULT`, () => `(${column()}) = (${making.query(1).text})`);
}

function insert(making: Making): Query {
  const { random, kinds } = making;
  kinds.add('INSERT');
  return making.within((level) => {
    const prefix = random.chance(0.2) ? withClause(making, level) : '';
    const { text, item, table } = target(making);
    const columns = table.columns.filter(() => random.chance(0.6));
    const wanted = columns.length === 0 ? table.columns.slice(0, 1) : columns;
    const source = making.query(wanted.length);
    level.items.push(item);
    let conflict = '';
    if (random.chance(0.3)) {
      kinds.add('ON CONFLICT');
      level.items.push({ alias: 'excluded', columns: item.columns, others: [], stored: false });
      conflict = random.chance(0.3) ? ' ON CONFLICT DO NOTHING' : ` ON CONFLICT (id) DO UPDATE SET ${assignments(making, item)}${random.chance(0.5) ? ` WHERE ${condition(making)}` : ''}`;
      level.items.pop();
    }
    const shown = returning(making, level.items);
    return { text: `${prefix}INSERT INTO ${text} (${wanted.map((name) => written(name, making)).join(', ')}) ${source.text}${conflict}${shown.text}`, output: shown.output };
  });
}

function update(making: Making): Query {
  const { random, kinds } = making;
  kinds.add('UPDATE');
  return making.within((level) => {
    const prefix = random.chance(0.2) ? withClause(making, level) : '';
    const { text, item } = target(making);
    const others = random.chance(0.6) ? fromClause(making, level, [item]) : '';
    level.items.unshift(item);
    const set = assignments(making, item);
    const where = random.chance(0.7) ? ` WHERE ${condition(making)}` : '';
    const shown = returning(making, level.items);
    return { text: `${prefix}UPDATE ${random.chance(0.1) ? 'ONLY ' : ''}${text} SET ${set}${others === '' ? '' : ` FROM ${others}`}${where}${shown.text}`, output: shown.output };
  });
}

function remove(making: Making): Query {
  const { random, kinds } = making;
  kinds.add('DELETE');
  return making.within((level) => {
    const prefix = random.chance(0.2) ? withClause(making, level) : '';
    const { text, item } = target(making);
    const others = random.chance(0.6) ? fromClause(making, level, [item]) : '';
    level.items.unshift(item);
    const where = random.chance(0.7) ? ` WHERE ${condition(making)}` : '';
    const shown = returning(making, level.items);
    return { text: `${prefix}DELETE FROM ${text}${others === '' ? '' : ` USING ${others}`}${where}${shown.text}`, output: shown.output };
  });
}

function merge(making: Making): Query {
  const { random, kinds } = making;
  kinds.add('MERGE');
  return making.within((level) => {
    const { text, item } = target(making);
    const source = fromClause(making, level, [item], 1);
    level.items.unshift(item);
    const on = condition(making);
    const matched = random.pick([`UPDATE SET ${written(random.pick(item.columns), making)} = ${value(making)}`, 'DELETE', 'DO NOTHING']);
    const when = random.chance(0.4) ? ` AND ${condition(making)}` : '';
    level.items.shift();
    const added = random.chance(0.5) ? ` WHEN NOT MATCHED THEN INSERT (${written(random.pick(item.columns), making)}) VALUES (${reference(making)})` : '';
    level.items.unshift(item);
    const gone = random.chance(0.2) ? ` WHEN NOT MATCHED BY SOURCE AND ${condition(making)} THEN DELETE` : '';
    const shown = returning(making, level.items);
    return { text: `MERGE INTO ${text} USING ${source} ON ${on} WHEN MATCHED${when} THEN ${matched}${gone}${added}${shown.text}`, output: shown.output };
  });
}

/** What statements are made of. */
export const parts: Parts = {
  query,
  change: (making) => making.random.way(() => insert(making), () => update(making), () => remove(making), () => merge(making)),
};

/** A statement of any kind that names relations. */
export function statement(making: Making): string {
  const { random, kinds } = making;
  if (random.chance(0.25)) return making.change().text;
  if (random.chance(0.06)) {
    kinds.add('data-modifying CTE');
    return making.within((level) => {
      const prefix = withClause(making, level, true);
      return `${prefix}${making.query().text}`;
    });
  }
  return making.query().text;
}
