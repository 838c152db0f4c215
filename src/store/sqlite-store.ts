import { setImmediate as nextTurn } from 'node:timers/promises';
import { Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely';
import type { Transaction } from 'kysely';
import type { ChangeSet, ConfigChanged, IdentityChange, IdentityState, IdentityStore, MembershipRecord, Unrecorded } from '../core/state.ts';
import { NodeSqliteDriver } from './driver.ts';
import { corrupt } from './fault.ts';
import { credentialOf, credentialRow, eventOf, freezeOf, freezeRow, grantOf, grantRow, principalOf, principalRow } from './records.ts';
import type { Schema } from './schema.ts';

export interface SqliteStoreOptions {
  /** Of the state file; its -wal and -shm files lie beside it. */
  readonly path: string;
  /** Make file and folder when there are none (default). */
  readonly create?: boolean;
  /** Milliseconds to wait for another process's lock, without blocking this one. 500 by default: a gateway must know of a revocation, or that it cannot know, within a second. */
  readonly patience?: number;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly randomBytes: (length: number) => Buffer;
}

const defaultPatience = 500;
/** In `meta`: of the config that a gateway last started with. */
const configDigest = 'config-digest';

/** Opens nothing yet: each method opens the file when it is not open, so a store that cannot be opened now can be later. */
export function sqliteStore(options: SqliteStoreOptions): IdentityStore {
  return new SqliteStore(options);
}

class SqliteStore implements IdentityStore {
  readonly #path: string;
  readonly #clock: () => number;
  readonly #driver: NodeSqliteDriver;
  readonly #db: Kysely<Schema>;
  #ownChanges = 0;

  constructor(options: SqliteStoreOptions) {
    this.#path = options.path;
    this.#clock = options.clock;
    const driver = new NodeSqliteDriver({
      path: options.path, create: options.create ?? true, patience: options.patience ?? defaultPatience, randomBytes: options.randomBytes,
    });
    this.#driver = driver;
    this.#db = new Kysely<Schema>({ dialect: {
      createDriver: () => driver, createAdapter: () => new SqliteAdapter(),
      createQueryCompiler: () => new SqliteQueryCompiler(), createIntrospector: (db) => new SqliteIntrospector(db),
    } });
  }

  async revision(): Promise<string> {
    return `${await this.#driver.revision()}.${this.#ownChanges}`;
  }

  read(endedAfter: number): Promise<IdentityState> {
    return this.#db.transaction().setAccessMode('read only').execute((db) => this.#load(db, endedAfter));
  }

  async change<T>(decide: (state: IdentityState) => ChangeSet<T>): Promise<T> {
    const at = this.#clock();
    const result = await this.#db.transaction().execute(async (db) => {
      const { changes, events, result } = decide(await this.#load(db, 0));
      for (const change of changes) await apply(db, change);
      for (const event of events) await db.insertInto('unrecorded').values({ at, event: JSON.stringify(event) }).execute();
      return result;
    });
    this.#ownChanges += 1;
    // SQLite answers at once: without this, changes one after another would never let a timer or a socket have its turn.
    await nextTurn();
    return result;
  }

  noteConfig(digest: string): Promise<string | undefined> {
    return this.#db.transaction().execute(async (db) => {
      const before = (await db.selectFrom('meta').select('value').where('name', '=', configDigest).executeTakeFirst())?.value;
      if (before === digest) return undefined;
      await db.insertInto('meta').values({ name: configDigest, value: digest }).onConflict((on) => on.column('name').doUpdateSet({ value: digest })).execute();
      if (before === undefined) return undefined;
      const event: ConfigChanged = { type: 'config-changed', from: before, to: digest };
      await db.insertInto('unrecorded').values({ at: this.#clock(), event: JSON.stringify(event) }).execute();
      return before;
    });
  }

  async unrecorded(limit: number): Promise<readonly Unrecorded[]> {
    const rows = await this.#db.selectFrom('unrecorded').selectAll().orderBy('id').limit(limit).execute();
    return rows.map(({ id, at, event }) => ({ id, at, event: this.#read(() => eventOf(event), 'an event') }));
  }

  async markRecorded(ids: readonly number[]): Promise<void> {
    if (ids.length > 0) await this.#db.deleteFrom('unrecorded').where('id', 'in', ids).execute();
  }

  close(): Promise<void> {
    return this.#db.destroy();
  }

  /** Rows of this table are few, and its columns are ours; a JSON column that does not read is a damaged file. */
  #read<T>(parse: () => T, what: string): T {
    try {
      return parse();
    } catch {
      throw corrupt(this.#path, `${what} in it cannot be read`);
    }
  }

  async #load(db: Transaction<Schema>, endedAfter: number): Promise<IdentityState> {
    const principals = await db.selectFrom('principals').selectAll()
      .where((is) => is.or([is('until', 'is', null), is('until', '>', endedAfter)])).orderBy('name').execute();
    // SQLite answers at once; with thousands of rows others want their turn in between. The transaction keeps the snapshot whole.
    await nextTurn();
    const grants = await db.selectFrom('grants').selectAll()
      .where((is) => is.and([is('until', '>', endedAfter), is.or([is('revoked_at', 'is', null), is('revoked_at', '>', endedAfter)])])).orderBy('id').execute();
    await nextTurn();
    const credentials = await db.selectFrom('credentials').selectAll()
      .where((is) => is.or([is('revoked_at', 'is', null), is('revoked_at', '>', endedAfter)]))
      .where('principal', 'in', db.selectFrom('principals').select('name').where((is) => is.or([is('until', 'is', null), is('until', '>', endedAfter)])))
      .orderBy('created_at').orderBy('id').execute();
    await nextTurn();
    const groups = await db.selectFrom('groups').selectAll().orderBy('name').execute();
    const people = await db.selectFrom('principal_memberships').selectAll().orderBy('group_name').orderBy('member').execute();
    const nested = await db.selectFrom('group_memberships').selectAll().orderBy('group_name').orderBy('member').execute();
    const freezes = await db.selectFrom('freezes').selectAll().orderBy('target').execute();
    const key = await db.selectFrom('meta').select('value').where('name', '=', 'mock-key').executeTakeFirst();
    if (key === undefined || Buffer.from(key.value, 'base64').length !== 32) throw corrupt(this.#path, 'its key is missing');
    return {
      principals: principals.map(principalOf), mockKey: key.value,
      groups: groups.map((row) => ({ name: row.name, createdAt: row.created_at })),
      memberships: [
        ...people.map((row): MembershipRecord => ({ group: row.group_name, member: { kind: 'principal', name: row.member } })),
        ...nested.map((row): MembershipRecord => ({ group: row.group_name, member: { kind: 'group', name: row.member } })),
      ],
      grants: grants.map((row) => this.#read(() => grantOf(row), `grant \`${row.id}\``)),
      credentials: credentials.map(credentialOf), freezes: freezes.map(freezeOf),
    };
  }
}

async function apply(db: Transaction<Schema>, change: IdentityChange): Promise<void> {
  switch (change.put) {
    case 'principal': {
      const row = principalRow(change.record);
      await db.insertInto('principals').values(row).onConflict((on) => on.column('name').doUpdateSet(row)).execute();
      return;
    }
    case 'group': {
      await db.insertInto('groups').values({ name: change.record.name, created_at: change.record.createdAt }).execute();
      return;
    }
    case 'membership': {
      const { group, member } = change.record;
      await db.insertInto(tableOf(member.kind)).values({ group_name: group, member: member.name }).onConflict((on) => on.doNothing()).execute();
      return;
    }
    case 'no-membership': {
      const { group, member } = change.record;
      await db.deleteFrom(tableOf(member.kind)).where('group_name', '=', group).where('member', '=', member.name).execute();
      return;
    }
    case 'grant': {
      const row = grantRow(change.record);
      await db.insertInto('grants').values(row).onConflict((on) => on.column('id').doUpdateSet(row)).execute();
      return;
    }
    case 'credential': {
      const row = credentialRow(change.record);
      await db.insertInto('credentials').values(row).onConflict((on) => on.column('id').doUpdateSet(row)).execute();
      return;
    }
    case 'freeze': {
      const row = freezeRow(change.record);
      await db.insertInto('freezes').values(row).onConflict((on) => on.column('target').doUpdateSet(row)).execute();
      return;
    }
    case 'no-freeze': {
      await db.deleteFrom('freezes').where('target', '=', change.target).execute();
    }
  }
}

function tableOf(kind: 'principal' | 'group'): 'principal_memberships' | 'group_memberships' {
  return kind === 'principal' ? 'principal_memberships' : 'group_memberships';
}
