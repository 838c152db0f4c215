import type { OpaqueReason } from '../../../core/effect.ts';
import { shallowLength, tooDeep } from './depth.ts';
import type { ParseTree } from './grammar.ts';
import { ParserInstance, type SyntaxFault, type Token } from './instance.ts';
import { instantiate, type ParserModule } from './module.ts';

/** Text that has no tree, for another reason than its grammar. */
export interface Unreadable { readonly opaque: OpaqueReason }

export type ParseAnswer = ParseTree | SyntaxFault | Unreadable;

export function isTree(answer: ParseAnswer): answer is ParseTree {
  return 'version' in answer;
}

/** SQL_COMMENT and C_COMMENT (gram.h of libpg-query 18). */
const commentTokens = new Set([275, 276]);

/**
 * libpg-query's scanner hands comments on to its grammar, which stumbles where it looks one token ahead: it does not read NOT, a comment, IN.
 * The server does. So a comment becomes as many blanks, which changes no location.
 */
function parseWithoutComments(text: string, instance: ParserInstance): ParseAnswer | undefined {
  if (!text.includes('--') && !text.includes('/*')) return undefined;
  const tokens = instance.scan(text);
  if ('syntax' in tokens) return undefined;
  const comments = tokens.filter((token) => commentTokens.has(token.tokenType));
  if (comments.length === 0) return undefined;
  const bytes = Buffer.from(text);
  for (const comment of comments) bytes.fill(' ', comment.start, comment.end);
  return instance.parse(bytes.toString('utf8'));
}

/** Characters of text whose trees are kept; a tree takes some fifty times the memory of its text. */
const maxKept = 524_288;

/**
 * The parser of one thread: an instance in use and a spare. An instance that threw is dropped and the spare, once it has parsed a known
 * text rightly, takes its place for the very next statement; another spare is made meanwhile.
 */
export class Parser {
  #current: ParserInstance | undefined;
  #spare: ParserInstance | undefined;
  #making: Promise<void> | undefined;
  readonly #kept = new Map<string, ParseAnswer>();
  readonly #bodies = new Map<string, object | SyntaxFault>();
  #keptLength = 0;

  readonly #make: () => Promise<ParserModule>;

  private constructor(current: ParserInstance, make: () => Promise<ParserModule>) {
    this.#current = current;
    this.#make = make;
  }

  /** Rejects when the parser's own files cannot be read, or it does not work on this machine. */
  static async create(make: () => Promise<ParserModule> = instantiate): Promise<Parser> {
    const instance = new ParserInstance(await make());
    if (!instance.sound) throw new Error('libpg-query does not answer as expected; is another version installed?');
    const parser = new Parser(instance, make);
    await parser.#replenish();
    return parser;
  }

  /** Undefined when there is an instance; else resolves when there is one again, or none can be made. */
  get recovering(): Promise<void> | undefined {
    return this.#current === undefined ? this.#making ?? this.#replenish() : undefined;
  }

  /** The caller has bounded the text's length. */
  parse(text: string): ParseAnswer {
    return this.#use<ParseAnswer>((instance) => {
      if (text.length > shallowLength) {
        const tokens = instance.scan(text);
        if ('syntax' in tokens) return tokens;
        if (tooDeep(tokens)) return { opaque: 'too-deep' };
      }
      const answer = instance.parse(text);
      return 'syntax' in answer ? parseWithoutComments(text, instance) ?? answer : answer;
    });
  }

  /** As `parse`, for text that comes again and again: definitions and bodies. The tree is shared: nobody may change it. */
  parseKept(text: string): ParseAnswer {
    const kept = this.#kept.get(text);
    if (kept !== undefined) return kept;
    const answer = this.parse(text);
    if ('opaque' in answer) return answer;
    this.#makeRoom(text.length);
    this.#kept.set(text, answer);
    return answer;
  }

  /** `text` is a whole CREATE FUNCTION or DO statement in PL/pgSQL. */
  parsePlpgsql(text: string): object | SyntaxFault | Unreadable {
    return this.#use((instance) => instance.parsePlpgsql(text));
  }

  /** As `parsePlpgsql`, and kept as `parseKept` keeps. */
  parsePlpgsqlKept(text: string): object | SyntaxFault | Unreadable {
    const kept = this.#bodies.get(text);
    if (kept !== undefined) return kept;
    const answer = this.parsePlpgsql(text);
    if ('opaque' in answer) return answer;
    this.#makeRoom(text.length);
    this.#bodies.set(text, answer);
    return answer;
  }

  #makeRoom(length: number): void {
    this.#keptLength += length;
    if (this.#keptLength <= maxKept) return;
    this.#kept.clear();
    this.#bodies.clear();
    this.#keptLength = length;
  }

  scan(text: string): readonly Token[] | SyntaxFault | Unreadable {
    return this.#use((instance) => instance.scan(text));
  }

  #use<T>(act: (instance: ParserInstance) => T): T | Unreadable {
    const instance = this.#current;
    if (instance === undefined) return { opaque: 'parser-failed' };
    try {
      return act(instance);
    } catch {
      this.#drop();
      return { opaque: 'parser-failed' };
    }
  }

  #drop(): void {
    this.#current = this.#spare?.sound === true ? this.#spare : undefined;
    this.#spare = undefined;
    this.#making ??= this.#replenish();
  }

  async #replenish(): Promise<void> {
    try {
      while (this.#current === undefined || this.#spare === undefined) {
        const fresh = new ParserInstance(await this.#make());
        if (!fresh.sound) return;
        if (this.#current === undefined) this.#current = fresh;
        else this.#spare = fresh;
      }
    } catch {
      // Without memory for an instance every text is opaque until the next one is asked for.
    } finally {
      this.#making = undefined;
    }
  }
}
