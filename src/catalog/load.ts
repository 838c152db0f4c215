import type { ClientBase } from 'pg';
import type { CatalogSnapshot, FunctionInfo, RelationInfo } from '../core/catalog.ts';
import { changeToken, commitToken } from './change-token.ts';
import { digest } from './digest.ts';
import { readFrame, type Frame } from './frame.ts';
import type { TextSource } from './text-sources.ts';
import { readTexts, textId, type Texts } from './texts.ts';
import { inReadOnlyTransaction, inTurns } from './transaction.ts';

/** A text that changes each time while it is read is absent after so many. */
const attempts = 3;

/** A snapshot, and the tokens that were true when it was made: as long as they are, it is. */
export interface Loaded {
  readonly snapshot: CatalogSnapshot;
  readonly commitToken: string;
  readonly changeToken: string;
  /** Some texts are absent that may be had later: load again, even if no token moves. */
  readonly incomplete: boolean;
  readonly frame: Frame;
  readonly texts: Texts;
}

type Seen = Pick<Loaded, 'frame' | 'commitToken' | 'changeToken'>;

/**
 * Reads what the connection's database holds. No rights are needed beyond those that every role has. `last` is what was loaded before on
 * the same connection: of its texts those are kept that cannot have changed, and the same snapshot is returned when nothing has.
 *
 * All but the texts is one state of the database, read from its catalogs. Texts are those of that state or absent: where they may not be
 * read, are locked, or do not hold still, and what depends on them is then opaque (an absent rule is an empty text). Everything else
 * that may not be read is an error, because to take it for absent would hide effects.
 * Throws what the server or the connection says.
 */
export async function loadCatalog(client: ClientBase, last?: Loaded): Promise<Loaded> {
  let seen: Seen | undefined = last;
  let texts: Texts = last?.texts ?? new Map();
  for (let attempt = 1; ; attempt++) {
    seen = await look(client, seen);
    if (last?.frame === seen.frame && !last.incomplete) return { ...last, ...seen };
    const read = await readTexts(client, seen.frame.sources, texts);
    texts = read.texts;
    if (read.moved && attempt < attempts) continue;
    if (last?.frame === seen.frame && last.texts.size === texts.size) return { ...last, ...seen };
    return { ...seen, texts, incomplete: read.busy || read.moved, snapshot: await snapshotOf(seen.frame, texts) };
  }
}

/** Unchanged catalogs cost one query. */
async function look(client: ClientBase, last: Seen | undefined): Promise<Seen> {
  // In this order: what is committed between the two moves the first at the next look.
  if (last !== undefined && await commitToken(client) === last.commitToken) return last;
  return inReadOnlyTransaction(client, async () => {
    const tokens = { commitToken: await commitToken(client), changeToken: await changeToken(client) };
    return { ...tokens, frame: tokens.changeToken === last?.changeToken ? last.frame : await readFrame(client, last?.frame) };
  });
}

/** The change token alone; what to compare with the one that a load gave. */
export async function readChangeToken(client: ClientBase): Promise<string> {
  return inReadOnlyTransaction(client, () => changeToken(client));
}

/** The order of members is that in which snapshot-file.ts has them: the digest depends on it. */
async function snapshotOf({ head, ...frame }: Frame, texts: Texts): Promise<CatalogSnapshot> {
  const textOf = (source: TextSource): string | undefined => texts.get(textId(source))?.text;
  const definitions = { view: new Map<number, string>(), function: new Map<number, string>() };
  const rules = new Map<number, string[]>();
  for (const source of frame.sources) {
    const text = textOf(source);
    if (source.kind === 'rule') rules.set(source.subject, [...rules.get(source.subject) ?? [], text ?? '']);
    else if (text !== undefined) definitions[source.kind].set(source.subject, text);
  }
  const relations = await inTurns(frame.relations, ({ rowSecurity, code, ...relation }): RelationInfo => {
    const definition = definitions.view.get(relation.oid);
    return { ...relation, ...(definition === undefined ? {} : { definition }), rules: rules.get(relation.oid) ?? [], rowSecurity, code };
  });
  const functions = await inTurns(frame.functions, ({ extension, calls, ...fn }): FunctionInfo => {
    const definition = definitions.function.get(fn.oid);
    return { ...fn, ...(definition === undefined ? {} : { definition }), ...(extension === undefined ? {} : { extension }), ...(calls === undefined ? {} : { calls }) };
  });
  const content = { ...head, relations, functions, ...frame.made };
  return { format: 'guardrails-catalog/2', version: await digest(content), ...content };
}
