import { reference, condition, value } from './expressions.ts';
import { aliases, written, type Item, type Level, type Making, type Output, type Query, type Table } from './making.ts';

interface Source { readonly text: string; readonly items: readonly Item[] }

const certain = (output: Output): string[] => output.filter((name) => name !== undefined);

function freeAlias(making: Making, taken: readonly Item[]): string {
  const free = aliases.filter((alias) => !taken.some((item) => item.alias === alias));
  return free.length === 0 ? `q${taken.length}` : making.random.pick(free);
}

/** Perhaps an alias, perhaps with names for the first columns. */
function renamed(making: Making, columns: readonly string[], others: readonly string[], alias: string, count = columns.length + others.length): { text: string; item: Item } {
  const { random, kinds } = making;
  const base = `${random.chance(0.5) ? 'AS ' : ''}${written(alias, making)}`;
  if (count === 0 || others.length > 0 || random.chance(0.75)) return { text: base, item: { alias, columns, others, stored: false } };
  kinds.add('column aliases');
  const names = random.some(1, Math.min(count, 3), () => random.pick(aliases)).filter((name, i, all) => all.indexOf(name) === i);
  return { text: `${base} (${names.map((name) => written(name, making)).join(', ')})`, item: { alias, columns: [...names, ...columns.slice(names.length)], others, stored: false } };
}

export function tableName(table: Table, making: Making): { text: string; schema: boolean } {
  const schema = making.random.chance(making.isHidden(table) ? 0.9 : 0.2);
  return { text: schema ? `${table.schema}.${written(table.name, making)}` : written(table.name, making), schema };
}

function relation(making: Making, taken: readonly Item[]): Source {
  const { random, kinds } = making;
  const table = random.pick(making.names.tables);
  const name = tableName(table, making);
  const sampled = !table.view && random.chance(0.05);
  const only = random.chance(0.1) ? random.pick([`ONLY ${name.text}`, `ONLY (${name.text})`, `${name.text} *`]) : name.text;
  if (only !== name.text) kinds.add('ONLY and *');
  if (sampled) kinds.add('TABLESAMPLE');
  const sample = sampled ? ` TABLESAMPLE bernoulli (${random.chance(0.5) ? '10' : value(making)})${random.chance(0.3) ? ' REPEATABLE (1)' : ''}` : '';
  if (table.view) kinds.add('view');
  if (/^p(arts)?\d*(_\d)?$/.test(table.name)) kinds.add('inheritance');
  if (taken.some((item) => item.alias === table.name) || random.chance(0.6)) {
    const { text, item } = renamed(making, table.columns, table.others, freeAlias(making, taken));
    return { text: `${only} ${text}${sample}`, items: [{ ...item, stored: !table.view }] };
  }
  return { text: `${only}${sample}`, items: [{ alias: table.name, schema: table.schema, columns: table.columns, others: table.others, stored: !table.view }] };
}

function cteName(making: Making, taken: readonly Item[]): Source {
  const { random, kinds } = making;
  const cte = random.pick(making.ctes());
  kinds.add('CTE');
  if (!taken.some((item) => item.alias === cte.name) && random.chance(0.5)) return { text: written(cte.name, making), items: [{ alias: cte.name, columns: certain(cte.columns), others: [], stored: false }] };
  const { text, item } = renamed(making, certain(cte.columns), [], freeAlias(making, taken));
  return { text: `${written(cte.name, making)} ${text}`, items: [item] };
}

function subSelect(making: Making, taken: readonly Item[]): Source {
  const { random, kinds } = making;
  const lateral = random.chance(0.35);
  kinds.add(lateral ? 'LATERAL' : 'sub-select');
  const make = (): Query => making.query();
  const made = lateral ? make() : making.besides(make);
  if (random.chance(0.04)) return { text: `${lateral ? 'LATERAL ' : ''}(${made.text})`, items: [{ alias: '', columns: certain(made.output), others: [], stored: false }] };
  const { text, item } = renamed(making, certain(made.output), [], freeAlias(making, taken));
  return { text: `${lateral ? 'LATERAL ' : ''}(${made.text}) ${text}`, items: [item] };
}

/** A column of documents that is in sight. */
function document(making: Making, column: string): string | undefined {
  const item = making.levels.flatMap(({ items }) => items).find(({ others }) => others.includes(column));
  return item === undefined ? undefined : making.random.pick([`${written(item.alias, making)}.${column}`, column]);
}

function call(making: Making, taken: readonly Item[]): Source {
  const { random, kinds } = making;
  kinds.add('function in FROM');
  const alias = freeAlias(making, taken);
  const ordinal = random.chance(0.3);
  if (ordinal) kinds.add('ORDINALITY');
  const last = ordinal ? ['ordinality'] : [];
  const tail = ordinal ? ' WITH ORDINALITY' : '';
  const single = (text: string, columns: readonly string[]): Source => {
    const named = renamed(making, [...columns, ...last], [], alias);
    return { text: `${random.chance(0.2) ? 'LATERAL ' : ''}${text}${tail} ${named.text}`, items: [named.item] };
  };
  return random.way(
    () => single(`generate_series(1, ${value(making)})`, [alias]),
    () => single(`some_a(${value(making)})`, ['id', 'x', 'y']),
    () => single(`rows_of(${value(making)})`, ['id', 'q']),
    () => single(`out_u(${value(making)})`, ['u']),
    () => single(`outs(${value(making)})`, ['id', 'column2', 'w']),
    () => single(`a_pair(${value(making)})`, ['x', 'y']),
    () => single(`set_of_x(${value(making)})`, ['x']),
    () => single(`one(${value(making)})`, [alias]),
    () => single(random.chance(0.5) ? `over(${value(making)})` : "over('a'::text)", ['x', 'id', 'y', 'z']),
    () => single(random.pick(['same(NULL::a)', 'same(ROW(1, 2)::pair)', `same(${value(making)})`]), [alias, 'id', 'x', 'y']),
    () => single(`k(${value(making)})`, ['u', 'z']),
    () => single(`k(${taken.length === 0 ? 'NULL::p' : written(random.pick(taken).alias, making)})`, [alias, 'u', 'z']),
    () => single(random.pick(["unnest('{1,2}'::int[])", 'unnest(ARRAY[ROW(1, 2)::pair])', 'unnest(1)', "unnest('{}'::a[])", "json_each('{}')", "jsonb_array_elements('[]')"]), [alias, 'x', 'y', 'id', 'key', 'value']),
    () => single(`unnest(ARRAY[${value(making)}, ${reference(making)}])`, [alias]),
    () => { kinds.add('ROWS FROM'); return single(`ROWS FROM (rows_of(${value(making)}), generate_series(1, ${reference(making)}))`, ['id', 'q', 'generate_series']); },
    () => { const name = written(alias, making); return { text: `json_to_recordset('[]') AS ${name} (x int, id int)`, items: [{ alias, columns: ['x', 'id'], others: [], stored: false }] }; },
    () => {
      kinds.add('XMLTABLE');
      const { text, item } = renamed(making, ['id', 'x', 'n'], [], alias);
      return { text: `XMLTABLE('/r' PASSING ${document(making, 'body') ?? 'NULL::xml'} COLUMNS id int PATH 'id', x int PATH 'x' DEFAULT (${value(making)}), n FOR ORDINALITY) ${text}`, items: [item] };
    },
    () => {
      kinds.add('JSON_TABLE');
      const { text, item } = renamed(making, ['id', 'y'], [], alias);
      const nested = random.chance(0.3) ? `, NESTED PATH '$.n[*]' COLUMNS (y int PATH '$')` : ', y int PATH \'$.y\'';
      return { text: `JSON_TABLE(${document(making, 'doc') ?? 'NULL::jsonb'}, '$[*]' PASSING ${value(making)} AS given COLUMNS (id int PATH '$.id'${nested})) ${text}`, items: [item] };
    },
    () => {
      kinds.add('VALUES');
      const { text, item } = renamed(making, ['column1', 'column2'], [], alias);
      const row = (): string => `(${value(making)}, ${value(making)})`;
      return { text: `(VALUES ${making.besides(() => random.some(1, 2, row).join(', '))}) ${text}`, items: [item] };
    },
  );
}

function single(making: Making, taken: readonly Item[]): Source {
  const { random } = making;
  const dice = random.below(20);
  if (dice < 4 && making.ctes().length > 0) return cteName(making, taken);
  if (dice < 8 && !making.small) return subSelect(making, taken);
  if (dice < 10 && !making.small) return call(making, taken);
  return relation(making, taken);
}

function isSingle(items: readonly Item[], name: string): boolean {
  return items.filter(({ columns }) => columns.includes(name)).length === 1;
}

/** Columns that USING can merge. */
function shared(left: readonly Item[], right: readonly Item[]): string[] {
  return [...new Set(left.flatMap(({ columns }) => columns))].filter((name) => isSingle(left, name) && isSingle(right, name));
}

function join(making: Making, level: Level, left: Source, taken: readonly Item[]): Source {
  const { random, kinds } = making;
  const before = level.items.length;
  level.items.push(...left.items);
  const nest = random.chance(0.15) && !making.small;
  let right = single(making, [...taken, ...left.items]);
  if (nest) right = join(making, { items: [], ctes: [] }, right, [...taken, ...left.items]);
  const inner = nest ? `(${right.text})` : right.text;
  const common = shared(left.items, right.items);
  const kind = random.pick(['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN', 'INNER JOIN']);
  let text: string;
  let usingAlias: Item | undefined;
  const how = random.below(10);
  if (how < 4 && common.length > 0) {
    kinds.add('USING');
    const names = common.filter(() => random.chance(0.6));
    const using = names.length === 0 ? common.slice(0, 1) : names;
    text = `${left.text} ${kind} ${inner} USING (${using.map((name) => written(name, making)).join(', ')})`;
    if (random.chance(0.2)) {
      kinds.add('USING alias');
      usingAlias = { alias: freeAlias(making, [...taken, ...left.items, ...right.items]), columns: using, others: [], stored: false };
      text += ` AS ${written(usingAlias.alias, making)}`;
    }
  } else if (how < 5) {
    kinds.add('NATURAL');
    text = `${left.text} NATURAL ${kind} ${inner}`;
  } else if (how < 6) text = `${left.text} CROSS JOIN ${inner}`;
  else {
    // Its condition sees the two sides alone.
    const earlier = level.items.splice(0, level.items.length, ...left.items, ...right.items);
    text = `${left.text} ${kind} ${inner} ON ${condition(making)}`;
    level.items.splice(0, level.items.length, ...earlier);
  }
  level.items.length = before;
  const items = [...left.items, ...right.items, ...usingAlias === undefined ? [] : [usingAlias]];
  if (!random.chance(0.12)) return { text, items };
  kinds.add('join alias');
  const all = items.flatMap(({ columns }) => columns);
  const { text: alias, item } = renamed(making, all.filter((name) => all.indexOf(name) === all.lastIndexOf(name)), [], freeAlias(making, taken), 0);
  return { text: `(${text}) ${alias}`, items: [item] };
}

/** `most` items of a FROM, with their joins; they are then in sight. */
export function fromClause(making: Making, level: Level, taken: readonly Item[] = [], most = 2): string {
  const parts = making.random.some(1, making.small ? 1 : most, () => {
    let source = single(making, [...taken, ...level.items]);
    while (making.random.chance(0.35) && !making.small) {
      making.budget--;
      source = join(making, level, source, [...taken, ...level.items]);
    }
    level.items.push(...source.items);
    return source.text;
  });
  return parts.join(', ');
}
