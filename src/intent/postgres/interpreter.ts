import { readCalled } from './called.ts';
import type { Catalog } from '../../core/catalog.ts';
import type { Effect, OpaqueReason, Span } from '../../core/effect.ts';
import type { BoundValue, Interpretation, Interpreter, SessionState, Shaper, Statement } from '../../core/interpretation.ts';
import { transactionControl } from './effects/transaction.ts';
import { readSelect } from './effects/select.ts';
import { walkExpression } from './expressions.ts';
import { as, kindOf, type ParseTree, rowStatements } from './parser/grammar.ts';
import { putValues } from './parameters.ts';
import { isTree, Parser, type ParseAnswer } from './parser/parser.ts';
import { ParserPool } from './parser/pool.ts';
import { shapeOf } from './parser/shape.ts';
import { shapeKey } from './shape-key.ts';
import { readsOnly } from './read-only.ts';
import { Bounded, maxNestedText, Reading, type Walks } from './reading.ts';
import { thing } from './resources.ts';
import { readUnwritten } from './types.ts';
import { Scope } from './scope.ts';
import { Source } from './source.ts';
import { commitsItself, readStatement } from './statements.ts';

export interface PostgresInterpreterOptions {
  /** Longest text that is read at all, in characters. */
  readonly maxText?: number;
  /** Longest text that is parsed on the calling thread, in characters; longer text goes to a worker and its interpretation is a promise. */
  readonly maxInline?: number;
  /** Worker threads for long text. */
  readonly threads?: number;
  /** Milliseconds that a worker has for one text. */
  readonly deadline?: number;
  /** Milliseconds since the epoch; which moments are past. */
  readonly clock?: () => number;
}

const defaultMaxText = 262_144;
const defaultMaxInline = 16_384;
const defaultThreads = 1;
const defaultDeadline = 2_000;

const opaqueResource = thing('statement', ['text']);

const notes: { readonly [R in OpaqueReason]?: string } = {
  'syntax': 'the grammar does not accept this text', 'too-large': 'the text is longer than what is read', 'too-deep': 'the text is nested too deeply to be read',
  'deadline': 'reading took too long', 'encoding': 'the text is not plain UTF-8, or the session does not use UTF-8',
  'string-syntax': 'standard_conforming_strings is off: string literals mean something else', 'parser-failed': 'the parser failed on this text',
};

function opaqueEffect(reason: OpaqueReason, span: Span): Effect {
  const note = notes[reason];
  return { verb: 'opaque', resource: opaqueResource, extent: 'unknown', columns: [], reversible: false, span, via: [], reason, ...note === undefined ? {} : { note } };
}

/** An interpretation whose shape is worked out when it is asked for: it costs more than the rest. */
class Interpreted implements Interpretation {
  readonly statements: readonly Statement[];
  readonly nextState: SessionState;
  readonly literalsThatMatter: readonly Span[];
  readonly readsSession: boolean;
  readonly #makeShape: () => string;
  #shape: string | undefined;

  constructor(statements: readonly Statement[], nextState: SessionState, literalsThatMatter: readonly Span[], readsSession: boolean, makeShape: () => string) {
    this.statements = statements;
    this.nextState = nextState;
    this.literalsThatMatter = literalsThatMatter;
    this.readsSession = readsSession;
    this.#makeShape = makeShape;
  }

  get shape(): string { return this.#shape ??= this.#makeShape(); }
}

const walks: Walks = { expression: walkExpression, select: readSelect, statement: readStatement, text: readText, called: readCalled };

function readText(sql: string, reading: Reading): void {
  const answer: ParseAnswer = sql.length > maxNestedText ? { opaque: 'too-large' } : reading.parser.parseKept(sql);
  if (!isTree(answer)) {
    reading.opaque('opaque' in answer ? answer.opaque : 'syntax', opaqueResource, 'code inside could not be read');
    return;
  }
  const { source, textOf, nested } = reading;
  const own = new Source(sql);
  reading.source = undefined;
  reading.nested++;
  for (const { stmt, stmt_location = 0, stmt_len = 0 } of answer.stmts ?? []) {
    reading.textOf = () => own.slice(own.statement(stmt_location, stmt_len));
    if (stmt !== undefined) reading.walks.statement(stmt, new Scope(undefined), reading);
  }
  reading.source = source;
  reading.textOf = textOf;
  reading.nested = nested;
}

const unicodeEscape = /uescape/i;

/** Reads PostgreSQL's SQL by its own grammar. Close it, so that no worker thread stays. */
export class PostgresInterpreter implements Interpreter, Shaper {
  readonly language = 'sql/postgres';
  readonly #parser: Parser;
  readonly #pool: ParserPool;
  readonly #maxText: number;
  readonly #maxInline: number;
  readonly #clock: () => number;

  constructor(parser: Parser, options: PostgresInterpreterOptions) {
    this.#parser = parser;
    this.#maxText = options.maxText ?? defaultMaxText;
    this.#maxInline = options.maxInline ?? defaultMaxInline;
    this.#clock = options.clock ?? Date.now;
    this.#pool = new ParserPool({ threads: options.threads ?? defaultThreads, deadline: options.deadline ?? defaultDeadline });
  }

  interpret(text: string, catalog: Catalog, state: SessionState, values: readonly BoundValue[] = []): Interpretation | Promise<Interpretation> {
    if (text.length > this.#maxText) return this.#opaque('too-large', text.length, state);
    const source = new Source(text);
    // Under another encoding or string syntax the server reads another text than the grammar here (reference/postgres.md A1, A2).
    if (state.encoding !== 'UTF8' || text.includes('\0') || !text.isWellFormed()) return this.#opaque('encoding', source.length, state);
    if (state.standardConformingStrings !== 'on') return this.#opaque('string-syntax', source.length, state);
    if (text.length > this.#maxInline) return this.#interpretLong(source, catalog, state, values);
    const recovering = this.#parser.recovering;
    if (recovering !== undefined) return recovering.then(() => this.#read(source, this.#parser.parse(text), catalog, state, values, () => this.#shape(source)));
    return this.#read(source, this.#parser.parse(text), catalog, state, values, () => this.#shape(source));
  }

  shapeKey(text: string): string | undefined { return shapeKey(text); }

  async close(): Promise<void> {
    await this.#pool.close();
  }

  async #interpretLong(source: Source, catalog: Catalog, state: SessionState, values: readonly BoundValue[]): Promise<Interpretation> {
    const { tree, other, shape } = await this.#pool.parse(source.text);
    const parsed: ParseAnswer = other ?? JSON.parse(tree ?? 'null') as ParseTree; // the worker's own writing
    await this.#parser.recovering;
    return this.#read(source, parsed, catalog, state, values, () => shape);
  }

  #read(source: Source, parsed: ParseAnswer, catalog: Catalog, state: SessionState, values: readonly BoundValue[], makeShape: () => string): Interpretation {
    if (!isTree(parsed)) return this.#opaque('opaque' in parsed ? parsed.opaque : 'syntax', source.length, state, makeShape);
    const reading = new Reading(this.#parser, walks, catalog, state, source, this.#clock());
    const statements: Statement[] = [];
    const literals: Span[] = [];
    for (const { stmt, stmt_location = 0, stmt_len = 0 } of parsed.stmts ?? []) {
      if (stmt === undefined) continue;
      const span = source.statement(stmt_location, stmt_len);
      const kind = kindOf(stmt);
      reading.span = span;
      reading.textOf = () => source.slice(span);
      reading.drafts = [];
      reading.locks = false;
      reading.setsAccess = false;
      reading.commits = false;
      reading.calls = new Map();
      // The character after UESCAPE decides which name U&"..." is.
      reading.literalsMatter = !rowStatements.has(kind) || unicodeEscape.test(source.text);
      try {
        if (values.length > 0) putValues(parsed, values, state.searchPath);
        const root = new Scope(undefined);
        root.outermost = as(stmt, 'SelectStmt');
        readStatement(stmt, root, reading);
        readUnwritten(reading);
      } catch (error) {
        return this.#opaque(error instanceof Bounded ? error.reason : error instanceof RangeError ? 'too-deep' : 'parser-failed', source.length, state, makeShape);
      }
      if (reading.literalsMatter) literals.push(span);
      const effects = reading.effects();
      const { setsAccess } = reading;
      statements.push({ span, kind, effects, ...(reading.calls.size === 0 ? {} : { calls: [...reading.calls.values()] }), transaction: transactionControl(as(stmt, 'TransactionStmt')?.kind), readOnly: setsAccess ? 'no' : readsOnly(kind, effects), setsAccess, commits: reading.commits || commitsItself(stmt), ...kind === 'PrepareStmt' ? { holds: true } : {} });
    }
    return new Interpreted(statements, reading.state, literals, reading.readsSession, makeShape);
  }

  #opaque(reason: OpaqueReason, length: number, state: SessionState, makeShape: () => string = () => ''): Interpretation {
    const span = { start: 0, end: length };
    const statement: Statement = { span, kind: 'Opaque', effects: [opaqueEffect(reason, span)], transaction: 'none' };
    return new Interpreted([statement], state, [span], reason === 'encoding' || reason === 'string-syntax', makeShape);
  }

  #shape(source: Source): string {
    const tokens = this.#parser.scan(source.text);
    return 'opaque' in tokens || 'syntax' in tokens ? '' : shapeOf(source.bytes, tokens);
  }
}

/** Loads the parser. Rejects when it cannot: without it nothing can be understood. */
export async function createPostgresInterpreter(options: PostgresInterpreterOptions = {}): Promise<PostgresInterpreter> {
  return new PostgresInterpreter(await Parser.create(), options);
}
