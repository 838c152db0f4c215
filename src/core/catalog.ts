/** A name as it was written, folded and unquoted by the grammar: `schema` is undefined when none was written. */
export interface WrittenName {
  readonly schema: string | undefined;
  readonly name: string;
}

export type RelationKind = 'table' | 'partitioned' | 'view' | 'materialized-view' | 'foreign-table' | 'sequence' | 'index' | 'composite' | 'toast';

/**
 * That a column is the same in all rows, besides NULL, by construction: a constant that it is generated as, a check, the bound of a partition, a type
 * allow no other value. Whether every row is known to be so (a check that is not valid) is not said.
 */
export interface SingleValue {
  /** The column itself; or only what some function makes of it: `lower(name)`, the month of a day. */
  readonly of: 'column' | 'function';
  /** Where it is the same text, it is the same value. */
  readonly value: string;
}

export interface ColumnInfo {
  readonly number: number;
  readonly name: string;
  /** `pg_catalog.format_type` of the column. */
  readonly type: string;
  /** By what is written for the relation itself. Its type, what it is a partition of, and its own partitions may say so too. */
  readonly single?: SingleValue;
}

/** Functions that run without standing in the statement: those that a stored expression calls, as calls, operators or casts. */
export interface Called {
  /** oids in the catalog; not found there: somebody's that cannot be read. */
  readonly functions: readonly number[];
  /** Names of built-in ones, which have no oid here. */
  readonly builtins: readonly string[];
  /** Types made in the database that values are made of, as oids: what these call runs too. */
  readonly types: readonly number[];
}

/** What a relation runs by itself when its rows are touched. */
export interface StoredCode extends Called {
  readonly kind: 'default' | 'generated' | 'check' | 'index' | 'key' | 'condition' | 'policy' | 'statistics';
  /** Of the column, constraint, index, trigger, policy or statistics object. */
  readonly name: string;
  readonly events: readonly ('select' | 'insert' | 'update' | 'delete' | 'truncate')[];
  /** Relations that the sub-queries of a policy read, as oids, with the numbers of their columns; none: rows, or whole rows. */
  readonly reads: readonly { readonly relation: number; readonly columns: readonly number[] }[];
}

/** A type that was made in the database, and is neither an array nor the row of a table. */
export interface TypeInfo extends Called {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /** `pg_catalog.format_type` of it: what `ColumnInfo.type` and `FunctionInfo.arguments` say. */
  readonly written: string;
  readonly kind: 'base' | 'composite' | 'domain' | 'enum' | 'range';
  /** Functions that sort, compare or hash its values, of operator classes that were made for it, as oids. */
  readonly compares: readonly number[];
  /** Of a domain: the type that it is of, as `ColumnInfo.type`. */
  readonly base?: string;
  /** Of a domain or an enum, where it has one value. */
  readonly single?: SingleValue;
  /** Name of the extension it belongs to. */
  readonly extension?: string;
}

/** An operator that was made in the database. */
export interface OperatorInfo {
  readonly schema: string;
  readonly name: string;
  /** Types of the operands, `pg_catalog.format_type`; absent where it has no operand on that side. */
  readonly left?: string;
  readonly right?: string;
  readonly calls: Called;
}

/** A cast that was made in the database, and runs a function. */
export interface CastInfo {
  readonly source: string;
  readonly target: string;
  /** Where it is applied without being written: never, in assignments, in any expression. */
  readonly context: 'explicit' | 'assignment' | 'implicit';
  readonly calls: Called;
}

/** An operator class that was made in the database, and not by an extension. */
export interface OperatorClassInfo {
  readonly schema: string;
  readonly name: string;
  readonly calls: Called;
}

export interface EventTriggerInfo {
  readonly name: string;
  readonly event: string;
  /** Command tags it is limited to; empty: all. */
  readonly tags: readonly string[];
  /** oid of the function. */
  readonly function: number;
  readonly enabled: boolean;
}

/** A foreign key that points at the relation which holds this in `referencedBy`. Actions are those of `pg_constraint`: no action, restrict, cascade, set null, set default. */
export interface Reference {
  readonly constraint: string;
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly string[];
  readonly onDelete: 'a' | 'r' | 'c' | 'n' | 'd';
  readonly onUpdate: 'a' | 'r' | 'c' | 'n' | 'd';
}

export interface TriggerInfo {
  readonly name: string;
  readonly events: readonly ('insert' | 'update' | 'delete' | 'truncate')[];
  /** oid of the function. */
  readonly function: number;
  readonly enabled: boolean;
  /** What its function sees the rows by, as they were and as they are, that the statement changed (REFERENCING). */
  readonly oldTable?: string;
  readonly newTable?: string;
}

export interface RelationInfo {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly kind: RelationKind;
  readonly columns: readonly ColumnInfo[];
  /** Column names of each primary key, unique constraint and plain unique index (no predicate, no expression). */
  readonly keys: readonly (readonly string[])[];
  readonly triggers: readonly TriggerInfo[];
  readonly referencedBy: readonly Reference[];
  /** The oid of the relation whose partition it is. */
  readonly partitionOf?: number;
  /** Children by inheritance or partitioning, as oids. */
  readonly children: readonly number[];
  /** Views and materialized views that read it, as oids: DROP ... CASCADE drops them too. */
  readonly views: readonly number[];
  /** Sequences that belong to columns of it (serial, identity, OWNED BY), as oids, which `pg_get_serial_sequence` tells. Absent: none. */
  readonly sequences?: readonly { readonly column: string; readonly sequence: number }[];
  /** `pg_get_viewdef` under an empty search_path, for views and materialized views. Absent where it could not be read, which may pass: then the relation is not understood. */
  readonly definition?: string;
  /** Rewrite rules other than a view's own, as `pg_get_ruledef` under an empty search_path. Empty text for one that could not be read: it is not understood, and must not be taken for none. */
  readonly rules: readonly string[];
  readonly rowSecurity: boolean;
  readonly code: readonly StoredCode[];
}

/** What a call gives. `set`: any number of rows. */
export type FunctionResult =
  /** One value; `name` is that of the one OUT parameter, by which its column is called in FROM. */
  | { readonly set: boolean; readonly gives: 'value'; readonly name?: string }
  /** The columns of the relation with this oid. */
  | { readonly set: boolean; readonly gives: 'row'; readonly relation: number }
  /** Those of OUT parameters, or of RETURNS TABLE, by name. */
  | { readonly set: boolean; readonly gives: 'columns'; readonly columns: readonly string[] }
  /** What the call says, or its arguments. */
  | { readonly set: boolean; readonly gives: 'unknown' };

export interface FunctionInfo {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly kind: 'function' | 'procedure' | 'aggregate' | 'window';
  /** Types of the input arguments, `pg_catalog.format_type`. */
  readonly arguments: readonly string[];
  readonly defaults: number;
  readonly variadic: boolean;
  readonly language: string;
  readonly volatility: 'immutable' | 'stable' | 'volatile';
  readonly securityDefiner: boolean;
  /** `proconfig`: settings of the function itself. */
  readonly settings: readonly string[];
  /** Absent: not known. */
  readonly result?: FunctionResult;
  /** `pg_get_functiondef` under an empty search_path, for languages sql and plpgsql. */
  readonly definition?: string;
  /** Name of the extension it belongs to. */
  readonly extension?: string;
  /** What an aggregate is made of; of other functions, what the defaults of arguments call, and the types of arguments and results. */
  readonly calls?: Called;
}

/**
 * What a database holds, as one immutable snapshot. Lookups are synchronous and never fail: absent is `undefined` or empty.
 * `known: false` is the catalog of "names are taken as written" (no target): it finds nothing, and interpreters then take an
 * unknown relation for a plain table.
 */
export interface Catalog {
  readonly known: boolean;
  /** Changes whenever any content does; part of every cache key. */
  readonly version: string;
  readonly database: string | undefined;
  /** `server_version_num`, such as 180004; 0 when not known. */
  readonly serverVersion: number;
  /** By written name and effective search path (`pg_catalog` is searched first unless it is named in the path). */
  relation(name: WrittenName, searchPath: readonly string[]): RelationInfo | undefined;
  relationByOid(oid: number): RelationInfo | undefined;
  /** All of the database; absent where they cannot be told: upkeep of all of it is then said in words. */
  readonly relations?: Iterable<RelationInfo>;
  /** All of a schema, by its name: what DROP SCHEMA ... CASCADE drops. */
  inSchema(schema: string): { readonly relations: Iterable<RelationInfo>; readonly functions: Iterable<FunctionInfo> };
  /** All functions of that name that the path can see, every overload. */
  functions(name: WrittenName, searchPath: readonly string[]): readonly FunctionInfo[];
  functionByOid(oid: number): FunctionInfo | undefined;
  typeByOid(oid: number): TypeInfo | undefined;
  /** By what columns and arguments say of their type, an array's by that of its elements. Undefined: built in, the row of a table, or not known. */
  typeWritten(type: string): TypeInfo | undefined;
  /** By the name in a statement; under an unknown path any of that name. */
  typeNamed(name: WrittenName, searchPath: readonly string[] | 'unknown'): TypeInfo | undefined;
  /** All that were made in the database, of that name, that the path can see; under an unknown one all. */
  operators(name: WrittenName, searchPath: readonly string[] | 'unknown'): readonly OperatorInfo[];
  readonly casts: readonly CastInfo[];
  readonly operatorClasses: readonly OperatorClassInfo[];
  readonly eventTriggers: readonly EventTriggerInfo[];
}

export const noCatalog: Catalog = {
  known: false, version: 'none', database: undefined, serverVersion: 0, casts: [], operatorClasses: [], eventTriggers: [],
  relation: () => undefined, relationByOid: () => undefined, inSchema: () => ({ relations: [], functions: [] }), functions: () => [], functionByOid: () => undefined,
  typeByOid: () => undefined, typeWritten: () => undefined, typeNamed: () => undefined, operators: () => [],
};

/** What `guardrails catalog save` writes; `catalog/snapshot.ts` makes a `Catalog` of it. */
export interface CatalogSnapshot {
  readonly format: 'guardrails-catalog/2';
  readonly database: string;
  readonly serverVersion: number;
  readonly version: string;
  /** The role it was read as, which is the one that sessions have upstream: what `$user` in a search path means. */
  readonly role?: string;
  /** Schemas in which that role has no USAGE; a search path passes over them, as the server does. */
  readonly closedSchemas?: readonly string[];
  readonly relations: readonly RelationInfo[];
  readonly functions: readonly FunctionInfo[];
  readonly types: readonly TypeInfo[];
  readonly operators: readonly OperatorInfo[];
  readonly casts: readonly CastInfo[];
  readonly operatorClasses: readonly OperatorClassInfo[];
  readonly eventTriggers: readonly EventTriggerInfo[];
}

/** Keeps the catalog of one database of one target current. */
export interface CatalogSource {
  /** Undefined until first loaded, and never stale knowingly: after the change token could not be read for long, undefined again. */
  current(): Catalog | undefined;
  /** Looks now. Resolves when the answer of the target is in `current`; never rejects. */
  refresh(): Promise<void>;
  readonly failure: string | undefined;
}
