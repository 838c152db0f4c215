/** `application_id` of a state file (SQLite file format, section 1.3.20): "GRD1". A database of another program is never migrated. */
export const applicationId = 0x47524431;

/**
 * Each entry is one schema version, the first is version 1; applied in order, in one transaction. An entry that was released MUST NOT change.
 * Types and constraints are what SQLite and PostgreSQL both know; times are milliseconds since the epoch.
 */
export const migrations: readonly (readonly string[])[] = [[
  // One table for all three kinds: login names are unique over them, and a name is never used again for someone else.
  `CREATE TABLE principals (
    name TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('User', 'Agent', 'Service')),
    enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    owner TEXT REFERENCES principals (name),
    until BIGINT,
    purpose TEXT,
    created_at BIGINT NOT NULL,
    CHECK ((kind = 'User') = (owner IS NULL)),
    CHECK ((kind = 'Agent') = (until IS NOT NULL))
  )`,
  'CREATE TABLE groups (name TEXT NOT NULL PRIMARY KEY, created_at BIGINT NOT NULL)',
  `CREATE TABLE principal_memberships (
    group_name TEXT NOT NULL REFERENCES groups (name),
    member TEXT NOT NULL REFERENCES principals (name),
    PRIMARY KEY (group_name, member)
  )`,
  `CREATE TABLE group_memberships (
    group_name TEXT NOT NULL REFERENCES groups (name),
    member TEXT NOT NULL REFERENCES groups (name),
    PRIMARY KEY (group_name, member),
    CHECK (group_name <> member)
  )`,
  `CREATE TABLE grants (
    id TEXT NOT NULL PRIMARY KEY,
    principal TEXT REFERENCES principals (name),
    group_name TEXT REFERENCES groups (name),
    target TEXT NOT NULL,
    resources TEXT NOT NULL,
    verbs TEXT NOT NULL,
    unmask TEXT NOT NULL,
    until BIGINT NOT NULL,
    why TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT,
    CHECK ((principal IS NULL) <> (group_name IS NULL))
  )`,
  `CREATE TABLE credentials (
    id TEXT NOT NULL PRIMARY KEY,
    principal TEXT NOT NULL REFERENCES principals (name),
    verifier TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
  )`,
  // SCRAM sends the salt before the proof comes: a principal with two live secrets could not be told which one to use.
  'CREATE UNIQUE INDEX credentials_live ON credentials (principal) WHERE revoked_at IS NULL',
  'CREATE TABLE meta (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)',
  'CREATE TABLE unrecorded (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, at BIGINT NOT NULL, event TEXT NOT NULL)',
], [
  'CREATE TABLE freezes (target TEXT NOT NULL PRIMARY KEY, why TEXT NOT NULL, created_by TEXT NOT NULL, created_at BIGINT NOT NULL)',
]];
