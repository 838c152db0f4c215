import { condition, reference, value, wholeRow } from './expressions.ts';
import { fromClause } from './from.ts';
import { aliases, written, type Level, type Making, type Output, type Query } from './making.ts';

/** A query; `width` integers wide where that matters. */
export function query(making: Making, width?: number): Query {
  const { random } = making;
  return making.within((level) => {
    const prefix = !making.small && random.chance(0.2) ? withClause(making, level) : '';
    if (!making.small && random.chance(0.15)) {
      making.kinds.add('set operation');
      const count = width ?? 1 + random.below(3);
      const left = making.query(count);
      const operator = random.pick(['UNION', 'UNION ALL', 'INTERSECT', 'EXCEPT ALL']);
      const right = making.query(count);
      const order = random.chance(0.3) ? ` ORDER BY ${left.output[0] === undefined ? '1' : written(left.output[0], making)}` : '';
      return { text: `${prefix}(${left.text}) ${operator} (${right.text})${order}`, output: left.output };
    }
    const made = random.chance(0.15) && !making.small ? grouped(making, level, width) : plain(making, level, width);
    return { text: prefix + made.text, output: made.output };
  });
}

export function withClause(making: Making, level: Level, mayChange = false): string {
  const { random, kinds } = making;
  const recursive = random.chance(0.25);
  const names = random.some(1, 2, () => random.pick([...aliases, ...making.names.tables.map(({ name }) => name)])).filter((name, i, all) => all.indexOf(name) === i);
  const parts = names.map((name) => {
    if (recursive && random.chance(0.5)) {
      kinds.add('recursive CTE');
      const start = making.query(2);
      const columns = ['n', 'x'];
      const step = making.within((inner) => {
        inner.ctes.push({ name, columns });
        return plain(making, inner, 2, `${written(name, making)} `);
      });
      level.ctes.push({ name, columns });
      return `${written(name, making)} (n, x) AS ((${start.text}) UNION ALL (${step.text}))${random.chance(0.2) ? random.pick([' SEARCH DEPTH FIRST BY n SET ord', ' CYCLE n SET looped USING path']) : ''}`;
    }
    const made = mayChange && random.chance(0.3) ? making.change() : making.query();
    const columns = made.output.length > 0 && random.chance(0.3) ? [random.pick(aliases)] : [];
    if (columns.length > 0) kinds.add('column aliases');
    level.ctes.push({ name, columns: [...columns, ...made.output.slice(columns.length)] });
    const list = columns.length === 0 ? '' : ` (${columns.map((column) => written(column, making)).join(', ')})`;
    return `${written(name, making)}${list} AS ${random.pick(['', '', 'MATERIALIZED ', 'NOT MATERIALIZED '])}(${made.text})`;
  });
  return `WITH ${recursive ? 'RECURSIVE ' : ''}${parts.join(', ')} `;
}

/** One output column: its text without a name, and the name it gets or has. */
function output(making: Making): { text: string; name: string | undefined } {
  const { random } = making;
  const text = random.chance(0.5) ? reference(making) : value(making);
  const bare = /^(?:[a-z"]\w*"?\.)?([a-z]\w*)$/.exec(text)?.[1];
  if (!random.chance(0.35)) return { text, name: bare };
  const name = random.pick(aliases);
  return { text: `${text} AS ${written(name, making)}`, name };
}

function stars(making: Making, level: Level): { text: string; output: Output } {
  const { random, kinds } = making;
  const item = random.pick(level.items);
  if (item.alias === '' || random.chance(0.4)) {
    kinds.add('*');
    return { text: '*', output: level.items.flatMap(({ columns, others }) => [...columns, ...others.map(() => undefined)]) };
  }
  kinds.add('t.*');
  if (random.chance(0.2)) return { text: written(item.alias, making), output: [undefined] };
  return { text: `${written(item.alias, making)}.*`, output: [...item.columns, ...item.others.map(() => undefined)] };
}

function plain(making: Making, level: Level, width?: number, first?: string): Query {
  const { random, kinds } = making;
  if (first !== undefined) level.items.push({ alias: first.trim().replaceAll('"', ''), columns: ['n', 'x'], others: [], stored: false });
  const rest = random.chance(0.05) && first === undefined ? '' : fromClause(making, level);
  const from = [...first === undefined ? [] : [first], ...rest === '' ? [] : [rest]].join(', ');
  const made = width === undefined && level.items.length > 0 && random.chance(0.3) ? [stars(making, level)] : [];
  const targets = Array.from({ length: width ?? (made.length > 0 ? random.below(2) : 1 + random.below(3)) }, () => output(making));
  const texts = [...made.map(({ text }) => text), ...targets.map(({ text }) => text)];
  const names: Output = [...made.flatMap((star) => star.output), ...targets.map(({ name }) => name)];
  const parts: string[] = [];
  let distinct = '';
  if (random.chance(0.06)) {
    kinds.add('DISTINCT ON');
    const key = random.chance(0.3) ? sortKey(making, names) : reference(making);
    distinct = `DISTINCT ON (${key}) `;
    if (random.chance(0.5)) parts.push(`ORDER BY ${key}`);
  } else if (random.chance(0.05)) distinct = 'DISTINCT ';
  const where = random.chance(0.4) ? [`WHERE ${condition(making)}`] : [];
  let windows: string[] = [];
  if (random.chance(0.1)) {
    kinds.add('window');
    const base = random.chance(0.4) ? `, w2 AS (w ORDER BY ${reference(making)})` : '';
    windows = [`WINDOW w AS (PARTITION BY ${reference(making)}${base === '' ? ` ORDER BY ${value(making)}` : ''})${base}`];
    const shown = `sum(${reference(making)}) FILTER (WHERE ${condition(making)}) OVER ${base === '' ? 'w' : random.pick(['w', 'w2', '(w ORDER BY 1)'])}::int`;
    if (width === undefined) texts.push(shown);
    else if (texts.length > 0) texts[texts.length - 1] = shown.replace('::int', '') + '::int';
  }
  if (parts.length === 0 && distinct !== 'DISTINCT ' && random.chance(0.3)) {
    kinds.add('ORDER BY');
    parts.push(`ORDER BY ${random.some(1, 2, () => `${sortKey(making, names)}${random.pick(['', ' DESC', ' NULLS FIRST'])}`).join(', ')}`);
  }
  if (random.chance(0.1)) parts.push(`LIMIT ${random.chance(0.8) ? '3' : '(SELECT count(*) FROM b)'}`);
  if (random.chance(0.05) && distinct === '' && windows.length === 0) parts.push(locking(making, level));
  const text = ['SELECT', distinct + texts.join(', '), ...from === '' ? [] : [`FROM ${from}`], ...where, ...windows, ...parts].filter((part) => part !== '').join(' ');
  return { text, output: names };
}

function locking(making: Making, level: Level): string {
  making.kinds.add('FOR UPDATE');
  const { random } = making;
  const of = level.items.length > 0 && random.chance(0.6) ? ` OF ${written(random.pick(level.items).alias || 'a', making)}` : '';
  return `FOR ${random.pick(['UPDATE', 'SHARE', 'NO KEY UPDATE'])}${of}${random.pick(['', ' SKIP LOCKED'])}`;
}

/** An output name, an input name, both at once, a place, or an expression, in which output names are not seen. */
function sortKey(making: Making, names: Output): string {
  const { random } = making;
  const known = names.filter((name) => name !== undefined);
  if (known.length > 0 && random.chance(0.4)) {
    const name = written(random.pick(known), making);
    return random.pick([name, name, `${name} + 0`, `(${name})`]);
  }
  return random.chance(0.2) ? '1' : random.chance(0.7) ? reference(making) : value(making);
}

function grouped(making: Making, level: Level, width?: number): Query {
  const { random, kinds } = making;
  kinds.add('GROUP BY');
  const from = fromClause(making, level);
  const where = random.chance(0.3) ? ` WHERE ${condition(making)}` : '';
  const keys = random.some(1, 2, () => reference(making));
  const names: (string | undefined)[] = [];
  const targets = Array.from({ length: width ?? 1 + random.below(3) }, () => {
    const name = random.chance(0.4) ? random.pick(aliases) : undefined;
    names.push(name);
    const shown = random.way(() => random.pick(keys), () => `max(${reference(making)})`, () => 'count(*)::int', () => `sum(${value(making)} ORDER BY ${reference(making)})::int`, () => `count(DISTINCT ${reference(making)})::int`,
      () => wholeRow(making), () => `grouping(${random.pick(keys)})`);
    return name === undefined ? shown : `${shown} AS ${written(name, making)}`;
  });
  const named = names.filter((name) => name !== undefined);
  const shownKeys = keys.map((key) => named.length > 0 && random.chance(0.2) ? written(random.pick(named), making) : key);
  if (random.chance(0.25)) kinds.add('GROUPING SETS');
  const by = kinds.has('GROUPING SETS') ? random.pick([`GROUPING SETS ((${shownKeys.join(', ')}), ())`, `ROLLUP (${shownKeys.join(', ')})`, `CUBE (${shownKeys.join(', ')})`]) : shownKeys.join(', ');
  const having = random.chance(0.25) ? ` HAVING max(${reference(making)}) > ${random.chance(0.6) ? '0' : `(${making.query(1).text})`}` : '';
  const order = random.chance(0.3) ? ` ORDER BY ${random.pick(['1', ...keys, ...named.map((name) => written(name, making)), `count(${reference(making)})`])}` : '';
  return { text: `SELECT ${targets.join(', ')} FROM ${from}${where} GROUP BY ${by}${having}${order}`, output: names };
}
