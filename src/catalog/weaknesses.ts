import type { ClientBase } from 'pg';
import * as z from 'zod';
import { inReadOnlyTransaction } from './transaction.ts';

/** Something at the target that makes what the gate promises weaker. Both texts are one line; the mend is for whoever administers the target. */
export interface Weakness { readonly what: string; readonly mend: string }

/**
 * Predefined roles (PostgreSQL 18 documentation, section 21.5) with which a session leaves the database: none of them is a right on a resource that
 * the gate knows.
 */
const strongRoles = ['pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files', 'pg_signal_backend', 'pg_create_subscription'] as const;

/** Every role may ask this. Temporary relations are any session's own. */
const question = `
  SELECT current_user::text AS role, r.rolsuper AS superuser, r.rolbypassrls AS bypass, r.rolcreaterole AS creates_roles, r.rolcreatedb AS creates_databases, r.rolreplication AS replicates,
    ARRAY(SELECT m.rolname::text FROM pg_catalog.pg_roles m WHERE m.rolname = ANY ($1) AND pg_catalog.pg_has_role(r.oid, m.oid, 'MEMBER') ORDER BY 1) AS strong,
    ARRAY(SELECT m.rolname::text FROM pg_catalog.pg_roles m WHERE m.rolsuper AND m.oid <> r.oid AND pg_catalog.pg_has_role(r.oid, m.oid, 'MEMBER') ORDER BY 1) AS superusers,
    (SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relowner = r.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg\\_temp\\_%')::int AS relations,
    (SELECT d.datdba = r.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()) AS owns_database,
    pg_catalog.current_setting('track_counts') AS track_counts, pg_catalog.current_setting('server_version_num')::int AS version
  FROM pg_catalog.pg_roles r WHERE r.rolname = current_user`;

const answer = z.object({
  role: z.string(), superuser: z.boolean(), bypass: z.boolean(), creates_roles: z.boolean(), creates_databases: z.boolean(), replicates: z.boolean(),
  strong: z.array(z.string()), superusers: z.array(z.string()), relations: z.number(), owns_database: z.boolean(), track_counts: z.string(), version: z.number(),
});

/** Servers from here on report default_transaction_read_only, without which reads cannot be made read-only and given back. */
const REPORTS_READ_ONLY = 140_000;

/** What weakens the gate at this database, for the role of this connection. Needs no right beyond those of every role. Rejects with what the server or the connection says. */
export async function readWeaknesses(client: ClientBase): Promise<readonly Weakness[]> {
  const { rows } = await inReadOnlyTransaction(client, () => client.query<Record<string, unknown>>(question, [strongRoles]));
  return weaknessesOf(answer.parse(rows[0]));
}

function weaknessesOf(said: z.infer<typeof answer>): readonly Weakness[] {
  const role = `"${said.role.replaceAll('"', '""')}"`;
  const found: Weakness[] = [];
  const add = (applies: boolean, what: string, mend: string): void => { if (applies) found.push({ what, mend }); };
  // Whoever is a superuser is everything else, too.
  if (said.superuser) {
    add(true, `the role ${role} is a superuser: no right of the target's holds it, and it reaches files and programs of the host`, `log in as a role with the rights it needs and no more (ALTER ROLE ${role} NOSUPERUSER)`);
  } else {
    add(said.superusers.length > 0, `the role ${role} can become a superuser (${said.superusers.join(', ')})`, `REVOKE ${said.superusers.join(', ')} FROM ${role}`);
    add(said.strong.length > 0, `the role ${role} has ${said.strong.join(', ')}: it reaches beyond the database`, `REVOKE ${said.strong.join(', ')} FROM ${role}`);
    add(said.bypass, `the role ${role} has BYPASSRLS: row security does not hold it`, `ALTER ROLE ${role} NOBYPASSRLS`);
    add(said.creates_roles, `the role ${role} has CREATEROLE: it can make ways into the target that do not pass the gate`, `ALTER ROLE ${role} NOCREATEROLE`);
    add(said.creates_databases, `the role ${role} has CREATEDB: it can make databases, which it then owns`, `ALTER ROLE ${role} NOCREATEDB`);
    add(said.replicates, `the role ${role} has REPLICATION: it can copy the whole server`, `ALTER ROLE ${role} NOREPLICATION`);
    add(said.owns_database, `the role ${role} owns the database: it may change and drop what is in it`, `ALTER DATABASE ... OWNER TO a role that does not log in`);
    add(said.relations > 0, `the role ${role} owns ${said.relations} tables and views: it may drop them, and switch their triggers and row security off`, `give them to a role that does not log in (REASSIGN OWNED BY ${role} TO ...), and grant ${role} what it needs`);
  }
  add(said.track_counts !== 'on', 'track_counts is off: the target does not count the rows that statements touch', 'set track_counts = on; autovacuum needs it, too');
  add(said.version < REPORTS_READ_ONLY, 'the server is older than PostgreSQL 14: reads cannot be made to run read-only (enforce_reads)', 'upgrade the server');
  return found;
}
