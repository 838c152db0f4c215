import type { ClientBase } from 'pg';
import type { CatalogSnapshot } from '../core/catalog.ts';
import { changeToken, commits, commitToken, head, stamps, tokenOf, totalOf } from './change-token.ts';
import { type Content, contentOf } from './content.ts';
import type { Frame } from './frame.ts';
import type { Marks } from './moved.ts';
import { readFrame } from './read-frame.ts';
import { namespaces } from './rows.ts';
import { settled, untilSettled } from './settled.ts';
import { eachSource } from './text-sources.ts';
import { readTexts, type Texts } from './texts.ts';
import { answers, inReadOnlyTransaction } from './transaction.ts';

/** A text that changes each time while it is read is absent after so many. */
const attempts = 3;
/** Milliseconds; between becoming visible and telling the others so a transaction does nothing else. */
const settlingPatience = 5_000;

/** A snapshot, and the tokens that were true when it was made: as long as they are, it is. */
export interface Loaded {
  readonly snapshot: CatalogSnapshot;
  readonly commitToken: string;
  readonly changeToken: string;
  /** Some texts are absent that may be had later: load again, even if no token moves. */
  readonly incomplete: boolean;
  readonly frame: Frame;
  readonly content: Content;
}

export interface LoadOptions {
  /** That nothing has changed is likely: then that alone is asked first, which costs the target two thirds. */
  readonly quiet?: boolean;
}

type Seen = Pick<Loaded, 'frame' | 'commitToken' | 'changeToken'>;

/**
 * Reads what the connection's database holds. No rights are needed beyond those that every role has. `last` is what was loaded before on
 * the same connection: only what has moved since is asked for, what has not changed is the same object, and so is the whole snapshot
 * when nothing has.
 *
 * All but the texts is one state of the database, read from its catalogs. Texts are those of that state or absent: where they may not be
 * read, are locked, or do not hold still, and what depends on them is then opaque (an absent rule is an empty text). Everything else
 * that may not be read is an error, because to take it for absent would hide effects.
 * Throws what the server or the connection says.
 */
export async function loadCatalog(client: ClientBase, last?: Loaded, { quiet = false }: LoadOptions = {}): Promise<Loaded> {
  let seen: Seen | undefined = last;
  let texts: Texts = last?.content.texts ?? new Map();
  for (let attempt = 1; ; attempt++) {
    seen = await look(client, seen, attempt > 1 || last?.incomplete === true ? texts : undefined, quiet);
    if (last?.frame === seen.frame && !last.incomplete) return { ...last, ...seen };
    const read = await readTexts(client, eachSource(seen.frame.sources), texts);
    texts = read.texts;
    if (read.moved && attempt < attempts) continue;
    const content = await contentOf(seen.frame, texts, last?.content);
    return { ...seen, content, snapshot: content.snapshot, incomplete: read.busy || read.moved };
  }
}

/** Unchanged catalogs cost one query, and after a change elsewhere on the server one more. `known`: there are texts that are not in it. */
async function look(client: ClientBase, last: Seen | undefined, known: Texts | undefined, quiet: boolean): Promise<Seen> {
  // In this order: what is committed between the two moves the first at the next look.
  if (last !== undefined && await commitToken(client) === last.commitToken) return last;
  return inReadOnlyTransaction(client, async () => {
    // The first query fixes the state that all others see. Names of types come from the server's caches, which must not be older than that state.
    const [ended] = (await answers(client, { commits })).commits;
    if (!await untilSettled(async () => (await answers(client, { settled })).settled, settlingPatience)) throw new Error('the server shows what a transaction did that has not ended');
    const token = ended?.[0] ?? '';
    const complete = last !== undefined && known === undefined;
    if (complete && quiet && await changeToken(client) === last.changeToken) return { ...last, commitToken: token };
    const marks = await readMarks(client);
    const tokens = { commitToken: token, changeToken: tokenOf(marks.head, totalOf(marks.stamps)) };
    if (complete && tokens.changeToken === last.changeToken) return { ...last, ...tokens };
    return { ...tokens, frame: await readFrame(client, marks, last?.frame, known) };
  });
}

async function readMarks(client: ClientBase): Promise<Marks> {
  const said = await answers(client, { head, namespaces, stamps });
  const [who] = said.head;
  if (who === undefined) throw new Error('the server did not say which database this is');
  return { head: who, schemas: new Map(said.namespaces), stamps: new Map(said.stamps.flat()) };
}

/** The change token alone; what to compare with the one that a load gave. */
export async function readChangeToken(client: ClientBase): Promise<string> {
  return inReadOnlyTransaction(client, () => changeToken(client));
}
