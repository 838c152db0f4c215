import { noCatalog } from '../../../src/core/catalog.ts';
import { initialState, type SessionState } from '../../../src/core/interpretation.ts';
import type { PostgresInterpreter } from '../../../src/intent/postgres/interpreter.ts';
import { parseDataFile } from '../../support/datadriven.ts';
import type { Heard } from './listener.ts';

/** What an expert said of a statement: comment lines before it, words of its first line, its effects. */
interface Review { readonly comment: string; readonly words: readonly string[]; readonly effects: string }

interface Options {
  readonly interpreter: PostgresInterpreter;
  readonly title: string;
  /** By text and by shape, of what was recorded before. */
  readonly reviewed: ReadonlyMap<string, Review>;
}

const unreviewed: Review = { comment: '', words: ['developer=?', 'agent=?'], effects: '' };
const reviewWords = ['developer', 'agent', 'developer-gate', 'agent-gate', 'misread'];

/** What was reviewed before keeps its review, where the text is the same, or else the shape: names of objects, but not their oids, stay from one recording to the next. */
export async function readReviews(name: string, text: string, interpreter: PostgresInterpreter): Promise<ReadonlyMap<string, Review>> {
  const { cases, gaps } = parseDataFile(name, text);
  const reviews = new Map<string, Review>();
  for (const [i, { input, args, expected }] of cases.entries()) {
    const words = reviewWords.flatMap((word) => args.has(word) ? [args.get(word) === '' ? word : `${word}=${args.get(word) ?? ''}`] : []);
    // Before the first case stands the file's title.
    const review = { comment: i === 0 ? '' : (gaps[i] ?? '').trimStart(), words, effects: expected };
    reviews.set(input, review);
    const { shape } = await look(input, interpreter, initialState);
    if (!reviews.has(shape)) reviews.set(shape, review);
  }
  return reviews;
}

const structural = new Set(['define', 'destroy', 'grant']);

interface Read { readonly shape: string; /** It may set what the next ones mean. */ readonly sets: boolean; readonly structural: boolean; readonly state: SessionState }

async function look(text: string, interpreter: PostgresInterpreter, before: SessionState): Promise<Read> {
  const { shape, statements, nextState: state } = await interpreter.interpret(text, noCatalog, before);
  return {
    shape: shape === '' ? text : shape, sets: state !== before, state,
    structural: statements.some(({ effects }) => effects.some(({ verb, resource }) => structural.has(verb) && resource.path[0] !== 'pg_temp')),
  };
}

/** The text of a corpus file: what was said on each connection, without repetitions. Connections that said nothing new are left out. */
export async function write(sessions: readonly (readonly Heard[])[], { interpreter, title, reviewed }: Options): Promise<{ text: string; statements: number; shapes: number }> {
  const seen = new Set<string>();
  const cases: string[] = [];
  let number = 0;
  for (const session of sessions) {
    const own: string[] = [];
    const ownSeen = new Set<string>();
    let news = false;
    let before = initialState;
    for (const heard of session) {
      // What the server itself refuses says nothing about a gate.
      if (heard.failed) continue;
      const { shape, sets, structural: runs, state } = await look(heard.text, interpreter, before);
      before = state;
      if (!runs && (sets ? ownSeen : seen).has(sets ? heard.text : shape)) continue;
      if (!seen.has(shape)) news = true;
      seen.add(shape);
      ownSeen.add(heard.text);
      own.push(format(heard, runs, number + 1, reviewed.get(heard.text.trimEnd()) ?? reviewed.get(shape) ?? unreviewed));
    }
    if (!news) continue;
    number++;
    cases.push(...own);
  }
  return { text: `# ${title}\n\n${cases.join('\n')}`, statements: sessions.flat().length, shapes: cases.length };
}

function format(heard: Heard, runs: boolean, session: number, review: Review): string {
  // A trailing line end would be lost in the file; it means nothing.
  const text = heard.text.trimEnd();
  if (text.split('\n').includes('----')) throw new Error('a statement holds the line that ends it');
  const words = ['statement', `session=${session}`, ...runs ? ['runs'] : [],
    ...heard.types.some((type) => type !== 0) ? [`types=${heard.types.join(',')}`] : [], ...(heard.parameters ?? []).length > 0 ? [`parameters=${(heard.parameters ?? []).map((value) => value === null ? 'NULL' : encodeURIComponent(value)).join(',')}`] : [],
    ...review.words];
  return `${review.comment}${words.join(' ')}\n${text}\n----\n${review.effects === '' ? '' : `${review.effects}\n`}`;
}
