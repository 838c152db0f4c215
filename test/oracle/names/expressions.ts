import { aliases, written, type Item, type Making } from './making.ts';

/** Items in sight: mostly of the innermost level. */
function anItem(making: Making): Item | undefined {
  const { random, levels } = making;
  const filled = levels.filter(({ items }) => items.some(({ alias }) => alias !== ''));
  if (filled.length === 0) return undefined;
  const level = random.chance(0.75) ? filled[0] : random.pick(filled);
  if (level === undefined) return undefined;
  if (level !== levels[0]) making.kinds.add('outer reference');
  return random.pick(level.items.filter(({ alias }) => alias !== ''));
}

/** The server would not know whose it is. */
function isAmbiguous(column: string, { levels }: Making): boolean {
  return (levels.find(({ items }) => items.some(({ columns }) => columns.includes(column)))?.items.filter(({ columns }) => columns.includes(column)).length ?? 0) > 1;
}

function qualified(item: Item, column: string, making: Making): string {
  const { random } = making;
  const dotted = `${written(item.alias, making)}.${column}`;
  return item.schema !== undefined && random.chance(0.1) ? `${item.schema}.${dotted}` : dotted;
}

/** A column, by some of the ways in which one can be written; now and then one that is perhaps not there. */
export function reference(making: Making): string {
  const { random, kinds } = making;
  const item = anItem(making);
  if (item === undefined && random.chance(0.95)) return String(1 + random.below(9));
  if (item === undefined || random.chance(0.004)) return random.chance(0.5) ? written(random.pick(aliases), making) : `${written(random.pick(aliases), making)}.${written(random.pick(aliases), making)}`;
  if (item.stored && random.chance(0.04)) {
    kinds.add('system column');
    return random.pick([`${qualified(item, 'tableoid', making)}::int`, `(${qualified(item, 'ctid', making)} IS NULL)::int`, `(${qualified(item, 'xmin', making)}::text)::int`, ...making.levels[0]?.items.length === 1 ? ['(ctid IS NULL)::int', 'tableoid::int'] : []]);
  }
  if (item.columns.length === 0) return 'NULL::int';
  const column = random.pick(item.columns);
  const name = written(column, making);
  if (random.chance(0.05)) {
    kinds.add('field of a row');
    return random.pick([`(${written(item.alias, making)}).${name}`, `${name}(${written(item.alias, making)})`]);
  }
  return random.chance(isAmbiguous(column, making) ? 0.05 : 0.5) ? name : qualified(item, name, making);
}

/** An integer. */
export function value(making: Making): string {
  const { random, kinds } = making;
  const leaf = random.below(10);
  if (making.small || leaf < 6) return leaf === 5 ? String(random.below(10)) : reference(making);
  making.budget--;
  return random.way(
    () => `${value(making)} + ${value(making)}`,
    () => `coalesce(${value(making)}, ${value(making)})`,
    () => `CASE WHEN ${condition(making)} THEN ${value(making)} ELSE ${value(making)} END`,
    () => `one(${value(making)})`,
    () => `greatest(${value(making)}, ${value(making)})`,
    () => `(ARRAY[${value(making)}, ${value(making)}])[${value(making)}]`,
    () => { kinds.add('scalar query'); return `(${making.query(1).text})`; },
    () => { kinds.add('scalar query'); return `(SELECT max(${reference(making)}) FROM ${written(random.pick(aliases), making)})`; },
    () => wholeRow(making),
    () => rowFunction(making),
  );
}

/** A row as a value. */
export function wholeRow(making: Making): string {
  const { random, kinds } = making;
  const item = anItem(making);
  if (item === undefined || item.alias === '') return '1';
  kinds.add('whole row');
  const row = qualified(item, '*', making);
  const alias = written(item.alias, making);
  return random.pick([
    `(${alias} IS NULL)::int`, `(${row} IS NOT NULL)::int`, `length(row_to_json(${alias})::text)`, `length((${alias})::text)`, `(ROW(${row}) IS NULL)::int`, `(${alias} = ${alias})::int`,
    `(SELECT count(${alias})::int)`, `(SELECT length(${alias}::text) FROM ${written(random.pick(aliases), making)} LIMIT 1)`,
  ]);
}

/** A function of a row, by its call and by the notation of a field. */
function rowFunction(making: Making): string {
  const item = making.levels.flatMap(({ items }) => items).find(({ stored, columns }) => stored && columns.join(' ') === 'id x y');
  if (item === undefined) return reference(making);
  making.kinds.add('function of a row');
  const alias = written(item.alias, making);
  return making.random.pick([`of_a(${alias})`, `${alias}.of_a`, `(${alias}).of_a`]);
}

export function condition(making: Making): string {
  const { random, kinds } = making;
  if (making.small || random.chance(0.5)) return `${reference(making)} ${random.pick(['=', '<', '<>', '>='])} ${random.chance(0.5) ? reference(making) : String(random.below(10))}`;
  making.budget--;
  return random.way(
    () => `(${condition(making)} ${random.pick(['AND', 'OR'])} ${condition(making)})`,
    () => `NOT (${condition(making)})`,
    () => { kinds.add('EXISTS'); return `EXISTS (${making.query().text})`; },
    () => { kinds.add('IN'); return `${value(making)} ${random.pick(['IN', 'NOT IN', '= ANY', '< ALL'])} (${making.query(1).text})`; },
    () => { kinds.add('IN'); return `(${value(making)}, ${value(making)}) IN (${making.query(2).text})`; },
    () => `${value(making)} BETWEEN ${value(making)} AND ${value(making)}`,
    () => `${reference(making)} IS DISTINCT FROM ${value(making)}`,
  );
}
