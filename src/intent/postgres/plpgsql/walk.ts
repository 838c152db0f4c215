import { splitAssignment } from './assignment.ts';
import { constantText } from './constant.ts';
import { hiddenDefaults } from './hidden-default.ts';
import { computedMembers, nodeMembers } from './nodes.ts';

/** `looped`: it stands in a loop, and runs any number of times. `sure`: it runs once, after what stands before it, or the function fails. */
export interface Fragment { readonly sql: string; readonly kind: 'statement' | 'expression'; readonly looped: boolean; readonly sure?: boolean }

/** What a PL/pgSQL body holds that can act. */
export interface PlpgsqlBody {
  /** In the order of the text, declarations first. An `expression` is what may stand after SELECT. */
  readonly fragments: readonly Fragment[];
  /** Each EXECUTE: the text where it is a constant, undefined where it is made up at run time. Lines count from 1 at the body's start; 0: not known. */
  readonly computed: readonly { readonly line: number; readonly constant: string | undefined; readonly looped: boolean }[];
  /** Types that it declares variables of, as they are written; of a column (`%TYPE`), its row. */
  readonly types: ReadonlySet<string>;
  /** Names that it declares or is given. */
  readonly variables: ReadonlySet<string>;
  /** It commits or rolls back itself. */
  readonly commits: boolean;
  /** What was not understood: the body as a whole MUST then be taken for opaque. */
  readonly unknownNodes: readonly string[];
}

/** More than the nodes of any body within the limit on text. */
const maxNodes = 500_000;

/** How the query of an expression is to be parsed (parser/parser.h, RawParseMode). */
const statementMode = 0;
const expressionMode = 2;
const assignmentModes: ReadonlySet<unknown> = new Set([3, 4, 5]);

type Members = { readonly [member: string]: unknown };

/** A node that waits to be read, with `Kind.member` of what holds it, and the line of its statement. */
interface Waiting { readonly value: unknown; readonly holder: string; readonly line: number; readonly looped: boolean; readonly sure: boolean }

/** The way from a function to the statements of its outermost block. */
const sureMembers = new Set(['PLpgSQL_function.action', 'PLpgSQL_stmt_block.body', 'PLpgSQL_stmt_execsql.sqlstmt', 'PLpgSQL_stmt_perform.expr', 'PLpgSQL_stmt_call.expr']);

/** What runs again and again: the bodies of loops, and the conditions between. What a loop goes over is asked once. */
const loopMembers = new Set(['PLpgSQL_stmt_loop.body', 'PLpgSQL_stmt_while.cond', 'PLpgSQL_stmt_while.body', 'PLpgSQL_stmt_fori.body', 'PLpgSQL_stmt_fors.body',
  'PLpgSQL_stmt_forc.body', 'PLpgSQL_stmt_foreach_a.body', 'PLpgSQL_stmt_dynfors.body']);
/** Under this option a name that is both means the variable: `WHERE id = 5` is then the same for every row. */
const variablesWin = /use_variable/iu;

/** A name, qualified or not, quoted or not. */
const plainType = /^(?:"(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*)(?:\.(?:"(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*))?(?:\[\])*$/u;
const pseudoTypes: ReadonlySet<string> = new Set(['record', 'unknown', 'refcursor', 'trigger', 'event_trigger', 'void']);

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

class Walk {
  readonly fragments: Fragment[] = [];
  readonly computed: { line: number; constant: string | undefined; looped: boolean }[] = [];
  readonly variables = new Set<string>();
  readonly types = new Set<string>();
  readonly unknown = new Set<string>();
  readonly #body: string | undefined;
  /** Those of records that are found already: a record is printed again wherever it is a target. */
  readonly #defaults = new Set<string>();
  commits = false;

  constructor(body: string | undefined) {
    this.#body = body;
    if (body !== undefined && variablesWin.test(body)) this.unknown.add('#variable_conflict use_variable');
  }

  /** Without recursion: how deep a tree is, is decided by who wrote the body. */
  run(root: unknown): void {
    const waiting: Waiting[] = [{ value: root, holder: '', line: 0, looped: false, sure: true }];
    let count = 0;
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if ((count += 1) > maxNodes) {
        this.unknown.add('too many nodes');
        return;
      }
      const { holder, line, looped, sure } = next;
      const inner: Waiting[] = Array.isArray(next.value) ? next.value.map((value: unknown) => ({ value, holder, line, looped, sure })) : this.#read(next);
      for (const item of inner.toReversed()) waiting.push(item);
    }
  }

  #read({ value, holder, line, looped, sure }: Waiting): Waiting[] {
    if (!isObject(value)) return [];
    const inner: Waiting[] = [];
    for (const [kind, members] of Object.entries(value)) {
      // Fields of a row, {name, varno}, are the one thing without a kind.
      if (holder === 'PLpgSQL_row.fields' && (kind === 'name' || kind === 'varno')) continue;
      const known = nodeMembers.get(kind);
      if (known === undefined || !isObject(members)) {
        this.unknown.add(kind);
        inner.push({ value: members, holder: kind, line, looped, sure: false });
      } else inner.push(...this.#node(kind, members, known, { value, holder, line, looped, sure }));
    }
    return inner;
  }

  #node(kind: string, members: Members, known: ReadonlySet<string>, { holder, looped, sure, line: outerLine }: Waiting): Waiting[] {
    const line = typeof members['lineno'] === 'number' ? members['lineno'] : outerLine;
    if (typeof members['refname'] === 'string') this.variables.add(members['refname']);
    const inner: Waiting[] = [];
    // What a block has set is undone where it catches an error; one inside of another may be left before its end.
    const isStraight = sure && (kind !== 'PLpgSQL_stmt_block' || (holder === 'PLpgSQL_function.action' && members['exceptions'] === undefined));
    for (const [member, value] of Object.entries(members)) {
      if (!known.has(member)) this.unknown.add(`${kind}.${member}`);
      if (typeof value === 'object') inner.push({ value, holder: `${kind}.${member}`, line, looped: looped || loopMembers.has(`${kind}.${member}`), sure: isStraight && sureMembers.has(`${kind}.${member}`) });
    }
    switch (kind) {
      case 'PLpgSQL_expr': this.#expression(members, holder, line, looped, sure); break;
      case 'PLpgSQL_type': this.#type(members); break;
      case 'PLpgSQL_rec': this.#record(members, looped); break;
      case 'PLpgSQL_stmt_commit': case 'PLpgSQL_stmt_rollback': this.commits = true; break;
      case 'PLpgSQL_function': if (!isObject(members['action'])) this.unknown.add('PLpgSQL_function without a body'); break;
      default:
    }
    return inner;
  }

  #expression({ query, parseMode }: Members, holder: string, line: number, looped: boolean, sure: boolean): void {
    if (typeof query !== 'string') this.unknown.add('PLpgSQL_expr without a query');
    else if (computedMembers.has(holder)) {
      const constant = parseMode === expressionMode ? constantText(query) : undefined;
      this.computed.push({ line, constant, looped });
      // What makes up the text runs too.
      if (constant === undefined) this.fragments.push({ sql: query, kind: 'expression', looped });
    } else if (parseMode === statementMode) this.fragments.push({ sql: query, kind: 'statement', looped, ...sure ? { sure } : {} });
    else if (parseMode === expressionMode) this.fragments.push({ sql: query, kind: 'expression', looped });
    else if (assignmentModes.has(parseMode)) this.#assignment(query, looped);
    else this.unknown.add('PLpgSQL_expr.parseMode');
  }

  #type({ typname }: Members): void {
    if (typeof typname !== 'string') return;
    // Of a column or a row: the row has it.
    const row = /^(.+?)(?:\.[^.]+%type|%rowtype)$/iu.exec(typname)?.[1];
    if (row !== undefined && plainType.test(row)) this.types.add(row);
    if (plainType.test(typname) && !pseudoTypes.has(typname.toLowerCase())) this.types.add(typname);
  }

  #assignment(query: string, looped: boolean): void {
    const assignment = splitAssignment(query);
    if (assignment === undefined) {
      this.unknown.add('an assignment that could not be taken apart');
      return;
    }
    // `a[f()] := 1` calls f.
    if (assignment.target.includes('[')) this.fragments.push({ sql: assignment.target, kind: 'expression', looped });
    this.fragments.push({ sql: assignment.value, kind: 'expression', looped });
  }

  /** Parameters, NEW, OLD and the variables of loops have no line, or no type: nothing was declared that could have a default. */
  #record({ datatype, lineno }: Members, looped: boolean): void {
    if (datatype === undefined || lineno === undefined) return;
    const type = isObject(datatype) && isObject(datatype['PLpgSQL_type']) ? datatype['PLpgSQL_type']['typname'] : undefined;
    const defaults = hiddenDefaults(typeof type === 'string' ? type : '', this.#body);
    if (defaults === undefined) this.unknown.add('the default of a record variable');
    for (const sql of defaults ?? []) if (!this.#defaults.has(sql)) {
      this.#defaults.add(sql);
      this.fragments.push({ sql, kind: 'expression', looped });
    }
  }
}

/**
 * Total over whatever `parsePlPgSQL` of libpg-query answered: what it does not know is in `unknownNodes`.
 *
 * `body` MUST be the decoded text of the body (what stands between the dollar quotes), not of the whole CREATE FUNCTION: only there can be seen
 * whether a record variable has a default. Without it, every declared record is an unknown node.
 */
export function walkPlpgsql(tree: unknown, body?: string): PlpgsqlBody {
  const walk = new Walk(body);
  const functions: unknown = isObject(tree) ? tree['plpgsql_funcs'] : tree;
  if (Array.isArray(functions) && functions.length > 0) walk.run(functions);
  else walk.unknown.add('not the answer of the PL/pgSQL parser');
  return { fragments: walk.fragments, computed: walk.computed, types: walk.types, variables: walk.variables, commits: walk.commits, unknownNodes: [...walk.unknown] };
}
