import { Client } from 'pg';
import type { CatalogSnapshot } from '../../core/catalog.ts';
import { loadCatalog, type Loaded } from '../load.ts';
import { formatSnapshot } from '../snapshot-file.ts';
import { Random } from './random.ts';
import { anyStatement } from './statements.ts';
import { World } from './world.ts';

/** Sessions that change a database at random, beside one that follows it. */
export class Driver {
  readonly #url: string;
  readonly #sessions: readonly Client[];
  readonly #open = new Set<Client>();
  readonly #random: Random;
  readonly #reader: Client;
  /** One a session. */
  readonly #observers: readonly Client[];
  #loaded: Loaded;
  /** What was sent last, for whoever has to find out why. */
  readonly log: string[] = [];
  counts = { statements: 0, refused: 0, comparisons: 0, incomplete: 0 };

  private constructor(url: string, sessions: readonly Client[], observers: readonly Client[], reader: Client, random: Random, loaded: Loaded) {
    this.#url = url;
    this.#sessions = sessions;
    this.#observers = observers;
    this.#reader = reader;
    this.#random = random;
    this.#loaded = loaded;
  }

  /** `url` is of the superuser; the role `reader` is there. */
  static async open(url: string, seed: number): Promise<Driver> {
    const sessions = await Promise.all([0, 1, 2].map(() => connected(url)));
    for (const session of sessions) await session.query(`SET lock_timeout = '30ms'; SET statement_timeout = '5s'; SET client_min_messages = error`);
    const reader = await connected(asReader(url));
    return new Driver(url, sessions, await Promise.all(sessions.map(() => connected(url))), reader, new Random(seed), await loadCatalog(reader));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sessions, ...this.#observers, this.#reader].map((client) => client.end()));
  }

  /** One statement; mostly by itself, sometimes a part of a transaction that others see later or never. False when the server refused it. */
  async step(): Promise<boolean> {
    const random = this.#random;
    const session = this.#sessions[random.chance(0.75) ? 0 : 1 + random.below(2)] ?? this.#reader;
    if (session === this.#sessions[0]) return this.#send(session, await this.#statement(session));
    if (!this.#open.has(session)) {
      this.#open.add(session);
      return this.#send(session, `BEGIN ISOLATION LEVEL ${random.of(['READ COMMITTED', 'REPEATABLE READ'])}`);
    }
    if (random.chance(0.35)) {
      this.#open.delete(session);
      return this.#send(session, random.of(['COMMIT', 'COMMIT', 'COMMIT', 'ROLLBACK']));
    }
    return this.#send(session, random.chance(0.3) ? random.of(['SAVEPOINT a', 'ROLLBACK TO a', 'RELEASE a']) : await this.#statement(session));
  }

  /** Many statements of all sessions at once, while the follower looks again and again. */
  async storm(statements: number): Promise<void> {
    await this.settle();
    let left = statements;
    const busy = Promise.all(this.#sessions.map(async (session, n) => {
      while (left-- > 0) {
        if (n > 0 && this.#random.chance(0.3)) await this.#send(session, this.#random.of(['BEGIN', 'COMMIT', 'SAVEPOINT a', 'ROLLBACK TO a']));
        else await this.#send(session, await this.#statement(session));
      }
      await this.#send(session, 'COMMIT');
    }));
    const follow = async (): Promise<void> => {
      this.#loaded = await loadCatalog(this.#reader, this.#loaded, { quiet: this.#random.chance(0.5) });
      if (left > 0) await follow();
    };
    await Promise.all([busy, follow()]);
  }

  /** Ends what is open. */
  async settle(): Promise<void> {
    for (const session of this.#open) await this.#send(session, 'COMMIT');
    this.#open.clear();
  }

  /** What was followed, and what a fresh connection reads. */
  async compare(): Promise<{ readonly followed: string; readonly fresh: string }> {
    this.counts.comparisons++;
    this.#loaded = await loadCatalog(this.#reader, this.#loaded, { quiet: this.#random.chance(0.3) });
    const client = await connected(asReader(this.#url));
    try {
      const fresh = await loadCatalog(client);
      // Where a text is locked, the one may have read it before, and the other has not.
      const partly = this.#loaded.incomplete || fresh.incomplete;
      if (partly) this.counts.incomplete++;
      const shown = ({ snapshot }: Loaded): string => formatSnapshot(partly ? withoutTexts(snapshot) : snapshot);
      return { followed: shown(this.#loaded), fresh: shown(fresh) };
    } finally {
      await client.end();
    }
  }

  async #statement(session: Client): Promise<string> {
    return anyStatement(await World.read(this.#observers[this.#sessions.indexOf(session)] ?? this.#reader, this.#random));
  }

  async #send(session: Client, sql: string): Promise<boolean> {
    this.counts.statements++;
    const who = this.#sessions.indexOf(session);
    try {
      await session.query(sql);
      this.log.push(`${who}: ${sql}`);
      return true;
    } catch (error) {
      this.counts.refused++;
      this.log.push(`${who}: ${sql} -- ${error instanceof Error ? error.message : String(error)}`);
      return false;
    }
  }
}

function withoutTexts(snapshot: CatalogSnapshot): CatalogSnapshot {
  return {
    ...snapshot, version: '',
    relations: snapshot.relations.map(({ definition: _text, rules, ...relation }) => ({ ...relation, rules: rules.map(() => '') })),
    functions: snapshot.functions.map(({ definition: _text, ...fn }) => fn),
  };
}

async function connected(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

function asReader(url: string): string {
  const reader = new URL(url);
  reader.username = 'reader';
  reader.password = 'reader';
  return reader.href;
}
