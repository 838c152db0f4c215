import type { ClientBase } from 'pg';
import * as z from 'zod';
import type { Random } from './random.ts';

const texts = z.array(z.string());
const named = z.array(z.tuple([z.string(), z.string()]));
const inventory = z.object({
  major: z.int(), schemas: texts,
  relations: z.array(z.object({ name: z.string(), kind: z.string(), columns: named })),
  functions: z.array(z.object({ name: z.string(), signature: z.string(), kind: z.string() })),
  types: z.array(z.object({ name: z.string(), kind: z.string() })),
  triggers: named, rules: named, policies: named, constraints: named, checks: named, foreign: named, heirs: named, partitions: named, identities: named, attributes: named, casts: named,
  statistics: texts, collations: texts, configs: texts, operators: texts, classes: texts, families: texts, eventTriggers: texts, enabled: texts,
});
type Inventory = z.infer<typeof inventory>;

const ours = (schema: string): string => `${schema} IN (SELECT oid FROM pg_namespace WHERE nspname ~ '^(s[0-9]|public)$')`;
const list = (value: string, from: string, order = value): string => `(SELECT coalesce(json_agg(${value} ORDER BY ${order}), '[]') FROM ${from})`;
const pairs = (a: string, b: string, from: string): string => list(`json_build_array(${a}, ${b})`, from, `${a}::text, ${b}::text`);
const named2 = (schema: string, name: string, catalog: string): string => list(`format('%I.%I', n.nspname, ${name})`, `${catalog} JOIN pg_namespace n ON n.oid = ${schema} WHERE ${ours('n.oid')}`);

/** By a superuser, who sees everything, with names as they are written under an empty search path. */
const question = `SELECT json_build_object(
  'major', current_setting('server_version_num')::int / 10000, 'schemas', ${list('nspname', `pg_namespace WHERE ${ours('oid')}`)},
  'relations', ${list(`json_build_object('name', c.oid::regclass, 'kind', c.relkind, 'columns', (SELECT coalesce(json_agg(json_build_array(quote_ident(attname), format_type(atttypid, atttypmod)) ORDER BY attnum), '[]') FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped))`, `pg_class c WHERE ${ours('c.relnamespace')} AND c.relpersistence <> 't'`, 'c.oid')},
  'functions', ${list(`json_build_object('name', format('%I.%I', n.nspname, p.proname), 'signature', p.oid::regprocedure, 'kind', p.prokind)`, `pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE ${ours('n.oid')} AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype) AND (p.prolang <> 12 OR p.prokind = 'a')`, 'p.oid')},
  'types', ${list(`json_build_object('name', format_type(t.oid, NULL), 'kind', t.typtype)`, `pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid WHERE ${ours('t.typnamespace')} AND t.typtype IN ('c', 'd', 'e', 'r') AND (c.oid IS NULL OR c.relkind = 'c')`, 't.oid')},
  'triggers', ${pairs('tgrelid::regclass', 'quote_ident(tgname)', 'pg_trigger WHERE NOT tgisinternal')}, 'rules', ${pairs('ev_class::regclass', 'quote_ident(rulename)', `pg_rewrite JOIN pg_class c ON c.oid = ev_class WHERE ${ours('c.relnamespace')} AND rulename <> '_RETURN'`)},
  'policies', ${pairs('polrelid::regclass', 'quote_ident(polname)', 'pg_policy')}, 'constraints', ${pairs('conrelid::regclass', 'quote_ident(conname)', `pg_constraint WHERE conrelid <> 0 AND ${ours('connamespace')}`)},
  'checks', ${pairs('contypid::regtype', 'quote_ident(conname)', `pg_constraint WHERE contypid <> 0 AND ${ours('connamespace')}`)}, 'foreign', ${pairs('conrelid::regclass', 'quote_ident(conname)', `pg_constraint WHERE contype IN ('f', 'c') AND conrelid <> 0 AND NOT convalidated`)},
  'heirs', ${pairs('inhrelid::regclass', 'inhparent::regclass', `pg_inherits JOIN pg_class c ON c.oid = inhrelid WHERE c.relkind = 'r' AND NOT c.relispartition`)}, 'partitions', ${pairs('inhparent::regclass', 'inhrelid::regclass', `pg_inherits JOIN pg_class c ON c.oid = inhrelid WHERE c.relispartition AND c.relkind IN ('r', 'p')`)},
  'identities', ${pairs('attrelid::regclass', 'quote_ident(attname)', `pg_attribute WHERE attidentity <> '' AND attrelid >= 16384`)}, 'attributes', ${pairs('attrelid::regclass', 'quote_ident(attname)', `pg_attribute JOIN pg_class c ON c.oid = attrelid WHERE c.relkind = 'c' AND attnum > 0 AND NOT attisdropped AND ${ours('c.relnamespace')}`)},
  'casts', ${pairs('castsource::regtype', 'casttarget::regtype', 'pg_cast WHERE oid >= 16384')},
  'statistics', ${named2('stxnamespace', 'stxname', 'pg_statistic_ext')}, 'collations', ${named2('collnamespace', 'collname', 'pg_collation')}, 'configs', ${named2('cfgnamespace', 'cfgname', 'pg_ts_config')},
  'operators', ${list('oid::regoperator', 'pg_operator WHERE oid >= 16384')}, 'classes', ${named2('opcnamespace', 'opcname', 'pg_opclass')}, 'families', ${named2('opfnamespace', 'opfname', 'pg_opfamily')},
  'eventTriggers', ${list('quote_ident(evtname)', 'pg_event_trigger')}, 'enabled', ${list('c.oid::regclass', `pg_class c WHERE relrowsecurity AND ${ours('c.relnamespace')}`)}) AS all`;

/** What random statements may name: mostly what is there, and sometimes what is not. */
export class World {
  readonly random: Random;
  readonly major: number;
  readonly #there: Inventory;

  private constructor(random: Random, there: Inventory) {
    this.random = random;
    this.major = there.major;
    this.#there = there;
  }

  static async read(client: ClientBase, random: Random): Promise<World> {
    await client.query(`SET search_path = ''`);
    const { rows } = await client.query<{ all: unknown }>(question);
    return new World(random, inventory.parse(rows[0]?.all));
  }

  get schema(): string { return this.random.chance(0.95) ? this.random.of(this.#there.schemas) : `s${this.random.below(4)}`; }

  /** A name that is perhaps taken. */
  fresh(letter: string): string { return `${this.schema}.${this.plain(letter)}`; }
  plain(letter: string): string { return `${letter}${this.random.below(10)}`; }

  /** By the kinds of pg_class. */
  relation(kinds: string): { readonly name: string; readonly columns: readonly string[]; readonly of: (type: RegExp) => string } {
    const found = this.#there.relations.filter(({ kind }) => kinds.includes(kind));
    const one = found[this.random.below(found.length)];
    if (one === undefined || this.random.chance(0.02)) return { name: this.fresh('t'), columns: ['c0', 'c1'], of: () => 'c0' };
    return { name: one.name, columns: one.columns.map(([name]) => name), of: (type) => this.random.of(one.columns.filter((column) => type.test(column[1])).map(([name]) => name)) };
  }

  get table(): ReturnType<World['relation']> { return this.relation('rp'); }
  column(of: { readonly columns: readonly string[] }): string { return this.random.of(of.columns); }

  /** One of those that belong to something: what, and its name. */
  part(of: 'triggers' | 'rules' | 'policies' | 'constraints' | 'checks' | 'foreign' | 'heirs' | 'partitions' | 'identities' | 'attributes' | 'casts'): readonly [whole: string, name: string] {
    const found = this.#there[of];
    return found[this.random.below(found.length)] ?? [this.fresh('t'), this.plain('k')];
  }

  one(of: 'statistics' | 'collations' | 'configs' | 'operators' | 'classes' | 'families' | 'eventTriggers' | 'enabled'): string { return this.random.of(this.#there[of]); }

  /** By the kinds of pg_proc. */
  function(kinds: string): { readonly name: string; readonly signature: string } {
    const found = this.#there.functions.filter(({ kind }) => kinds.includes(kind));
    return found[this.random.below(found.length)] ?? { name: this.fresh('f'), signature: `${this.fresh('f')}(int)` };
  }

  /** A function of one integer. */
  get simple(): string {
    return this.random.chance(0.02) ? this.fresh('f') : this.random.of(this.#there.functions.filter(({ signature, kind }) => kind === 'f' && signature.endsWith('(integer)')).map(({ name }) => name));
  }

  /** By the kinds of pg_type. */
  made(kinds: string): string {
    return this.random.of(this.#there.types.filter(({ kind }) => kinds.includes(kind)).map(({ name }) => name));
  }

  /** For a column or an argument. */
  get type(): string {
    const { random } = this;
    const base = random.chance(0.55) ? random.of(['int', 'int', 'text', 'text', 'numeric(10,2)', 'varchar(20)', 'boolean', 'timestamptz', 'jsonb']) : random.chance(0.85) ? this.made('edcr') : this.table.name;
    const type = base === '' ? 'int' : base;
    return random.chance(0.12) ? `${type}[]` : type;
  }
}
