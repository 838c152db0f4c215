import type { Node, TypeName } from '@pgsql/types';
import type { BoundValue, SessionState } from '../../core/interpretation.ts';
import { as, kindOf, type NodeMap, type ParseTree, rowStatements, strings } from './parser/grammar.ts';

/**
 * Puts what the parameters of a statement were bound to in their places, so that it is read as if it had been written with literals. What
 * is not known, or would be read in another way than the server reads it, stays a parameter: fixed, and unknown. The tree is changed.
 * `path`: types are searched in it.
 */
export function putValues(tree: ParseTree, values: readonly BoundValue[], path: SessionState['searchPath']): void {
  const [only] = tree.stmts ?? [];
  // In other statements `$1` may be somebody else's (PREPARE, a body).
  if (only?.stmt !== undefined && tree.stmts?.length === 1) putInto(only.stmt, values, path);
}

/** The same of one statement. Undefined: nothing is known of the parameter, nor whether it is NULL. */
export function putInto(statement: Node, values: readonly (BoundValue | undefined)[], path: SessionState['searchPath']): void {
  if (!rowStatements.has(kindOf(statement))) return;
  const uses = new Map<number, Use[]>();
  collect(statement, uses, undefined);
  new Places(values, uses, path).fill(statement);
}

/** Where a parameter stands: right under a cast to that type, or elsewhere. */
type Use = TypeName | undefined;

function children(node: unknown): readonly [string, unknown][] {
  return typeof node === 'object' && node !== null ? Object.entries(node) : [];
}

function collect(node: unknown, uses: Map<number, Use[]>, cast: TypeName | undefined): void {
  for (const [key, child] of children(node)) {
    if (key === 'ParamRef') {
      const { number = 0 } = child as NodeMap['ParamRef']; // the key tells the kind
      uses.set(number, [...uses.get(number) ?? [], cast]);
    } else if (key === 'TypeCast') {
      const { arg, typeName } = child as NodeMap['TypeCast'];
      collect(arg, uses, typeName);
    } else collect(child, uses, undefined);
  }
}

const wholeNumber = /^-?\d{1,15}$/u;
const integers = new Set(['int2', 'int4', 'int8']);
const moments = new Set(['date', 'timestamp', 'timestamptz']);
const booleans: { readonly [text: string]: boolean | undefined } = { t: true, true: true, f: false, false: false };
/** A number there is the place of a column, and a parameter is not. */
const places = new Set(['sortClause', 'groupClause', 'distinctClause']);
/** Casts to these make NULL of NULL, and of nothing else. */
const strictTypes = new Set(['text', 'varchar', 'bpchar', 'uuid', 'int2', 'int4', 'int8', 'numeric', 'float4', 'float8', 'bool', 'date', 'timestamp', 'timestamptz', 'interval', 'jsonb', 'json', 'inet']);

class Places {
  readonly #values: readonly (BoundValue | undefined)[];
  readonly #uses: ReadonlyMap<number, readonly Use[]>;
  readonly #path: SessionState['searchPath'];

  constructor(values: readonly (BoundValue | undefined)[], uses: ReadonlyMap<number, readonly Use[]>, path: SessionState['searchPath']) {
    this.#values = values;
    this.#uses = uses;
    this.#path = path;
  }

  fill(holder: object): void {
    for (const [key, child] of children(holder)) {
      if (typeof child !== 'object' || child === null || places.has(key)) continue;
      this.fill(child);
      const other = this.#instead(child as Node, key); // whatever is no node has none of the keys that are looked for
      if (other !== undefined) Reflect.set(holder, key, other);
    }
  }

  #instead(node: Node, key: string): Node | undefined {
    if ('ParamRef' in node) return this.#literal(node.ParamRef.number ?? 0, key);
    if ('NullTest' in node) {
      const isNull = this.#isNull(node.NullTest.arg);
      return isNull === undefined ? undefined : truth(isNull === (node.NullTest.nulltesttype === 'IS_NULL'));
    }
    if ('CoalesceExpr' in node) {
      const args = (node.CoalesceExpr.args ?? []).filter((arg) => this.#isNull(arg) !== true);
      const [first] = args;
      if (first === undefined) return { A_Const: { isnull: true } };
      return this.#isNull(first) === false ? first : { CoalesceExpr: { ...node.CoalesceExpr, args } };
    }
    return undefined;
  }

  /** Of a parameter, and of a cast of one to a type of the server's own. */
  #isNull(node: Node | undefined): boolean | undefined {
    if (node === undefined) return undefined;
    if ('ParamRef' in node) {
      const value = this.#values[(node.ParamRef.number ?? 0) - 1];
      return value === undefined ? undefined : value.text === null;
    }
    if ('A_Const' in node) return node.A_Const.isnull === true;
    const cast = as(node, 'TypeCast');
    return cast !== undefined && this.#isStrict(cast.typeName) ? this.#isNull(cast.arg) : undefined;
  }

  #isStrict(type: TypeName | undefined): boolean {
    const names = strings(type?.names);
    const own = names.length === 2 ? names[0] === 'pg_catalog' : names.length === 1 && (names[0] === 'unknown' || (this.#path !== 'unknown' && !this.#path.includes('pg_catalog')));
    return own && type?.setof !== true && (names.at(-1) === 'unknown' || strictTypes.has(names.at(-1) ?? ''));
  }

  #literal(number: number, key: string): Node | undefined {
    const value = this.#values[number - 1];
    if (value === undefined) return undefined;
    const { text, type } = value;
    if (text === null) return { A_Const: { isnull: true } };
    if (text === undefined) return undefined;
    if (type === undefined) return this.#untyped(number, text, key);
    if (integers.has(type)) return wholeNumber.test(text) ? numeral(text) : undefined;
    if (type === 'bool') return booleans[text] === undefined ? undefined : truth(booleans[text]);
    if (type === 'text' || type === 'varchar') return { A_Const: { sval: { sval: text } } };
    return moments.has(type) ? cast(text, type) : undefined;
  }

  /** The server gives it the type of its first place: with several places that says nothing of the others, unless each says which it wants. */
  #untyped(number: number, text: string, key: string): Node | undefined {
    if (key === 'limitCount' || key === 'limitOffset') return wholeNumber.test(text) ? numeral(text) : undefined;
    const [first, ...others] = this.#uses.get(number) ?? [];
    const wanted = nameOf(first);
    if (wanted === undefined) return others.length === 0 ? cast(text, 'unknown') : undefined;
    return others.every((use) => nameOf(use) === wanted) ? { A_Const: { sval: { sval: text } } } : undefined;
  }
}

function nameOf(type: Use): string | undefined {
  return type === undefined ? undefined : JSON.stringify([type.names, type.typmods, type.arrayBounds, type.setof], (key, value: unknown) => (key === 'location' ? undefined : value));
}

function truth(boolval: boolean): Node {
  return { A_Const: { boolval: boolval ? { boolval } : {} } };
}

function numeral(text: string): Node {
  const value = Number(text);
  return { A_Const: Math.abs(value) < 2 ** 31 ? { ival: { ival: value } } : { fval: { fval: String(value) } } };
}

function cast(text: string, type: string): Node {
  return { TypeCast: { arg: { A_Const: { sval: { sval: text } } }, typeName: { names: [{ String: { sval: 'pg_catalog' } }, { String: { sval: type } }], typemod: -1 } } };
}
