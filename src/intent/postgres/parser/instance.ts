import type { ParserModule } from './module.ts';
import type { ParseTree } from './grammar.ts';

/** A refusal by the grammar itself: the instance that gave it is sound. Offset is in characters, as PostgreSQL counts cursor positions. */
export interface SyntaxFault { readonly syntax: true; readonly message: string; readonly offset: number }

export interface Token { readonly start: number; readonly end: number; readonly text: string; readonly tokenType: number; readonly tokenName: string; readonly keywordKind: number }

/** The JSON of libpg-query 18.1 leaves control characters inside strings as they are. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    try {
      return JSON.parse(text.replaceAll(/[\0-\x1f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`));
    } catch {
      // Not the instance's fault: it answered, in what is no JSON.
      return undefined;
    }
  }
}

function fault(message: string, offset = 0): SyntaxFault {
  return { syntax: true, message, offset };
}

/**
 * One instance of the parser. A method that throws leaves it unfit: its stack pointer is not restored, and after a few dozen such calls
 * its memory is corrupt (reference/postgres.md A3). The caller MUST drop it then.
 */
export class ParserInstance {
  readonly #module: ParserModule;
  constructor(module: ParserModule) { this.#module = module; }

  /** The tree as JSON text. */
  parseText(text: string): string | SyntaxFault {
    const module = this.#module;
    const query = this.#pointer(text);
    const result = module.parseQuery(query);
    if (result === 0) throw new Error('the parser is out of memory');
    // PgQueryParseResult: tree, stderr buffer, error. PgQueryError: message, function, file, line, cursor (pg_query.h).
    const error = module.readInt(result + 8);
    const tree = module.readInt(result);
    const answer = error === 0
      ? module.readText(tree)
      : fault(module.readText(module.readInt(error)), Math.max(0, module.readInt(error + 16) - 1));
    module.free(query);
    module.freeParseResult(result);
    return answer;
  }

  parse(text: string): ParseTree | SyntaxFault {
    const answer = this.parseText(text);
    if (typeof answer !== 'string') return answer;
    return readJson(answer) as ParseTree | undefined ?? fault('the tree cannot be read'); // the shape is the grammar's, checked by the golden files
  }

  /** `text` is a whole CREATE FUNCTION or DO statement in PL/pgSQL. */
  parsePlpgsql(text: string): object | SyntaxFault {
    const query = this.#pointer(text);
    const answer = this.#string(this.#module.parsePlpgsql(query));
    this.#module.free(query);
    // Anything else is an error's message.
    return answer.startsWith('{') ? readJson(answer) as object | undefined ?? fault('the tree cannot be read') : fault(answer);
  }

  scan(text: string): readonly Token[] | SyntaxFault {
    const query = this.#pointer(text);
    const answer = this.#string(this.#module.scan(query));
    this.#module.free(query);
    if (!answer.startsWith('{')) return fault(answer);
    const read = readJson(answer) as { tokens?: Token[] } | undefined; // as above
    return read === undefined ? fault('the tokens cannot be read') : read.tokens ?? [];
  }

  /** A known text still has its known tree. */
  get sound(): boolean {
    return this.parseText('SELECT 1') === canaryTree;
  }

  #pointer(text: string): number {
    const bytes = this.#module.byteLength(text) + 1;
    const pointer = this.#module.allocate(bytes);
    if (pointer === 0) throw new Error('the parser is out of memory');
    this.#module.writeText(text, pointer, bytes);
    return pointer;
  }

  #string(pointer: number): string {
    const text = this.#module.readText(pointer);
    this.#module.freeString(pointer);
    return text;
  }
}

const canaryTree = '{"version":180004,"stmts":[{"stmt":{"SelectStmt":{"targetList":[{"ResTarget":{"val":{"A_Const":{"ival":{"ival":1},"location":7}},"location":7}}],"limitOption":"LIMIT_OPTION_DEFAULT","op":"SETOP_NONE"}}}]}';
