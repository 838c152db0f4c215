/** A tool whose statements are recorded. */
export interface Tool {
  readonly name: string;
  /** Names the tool and what of it was used. */
  readonly title: string;
  /** Where its version is found: an npm package of the folder of tools, or a Debian package. */
  readonly version: { readonly npm: string } | { readonly debian: string } | 'none';
  /** Shell text; runs in the folder of tools with the programs of `programs/` copied there, and libpq's variables and DATABASE_URL set. */
  readonly command: string;
  /** Debian's clients refuse servers that are newer than themselves. */
  readonly server?: 'debian';
}

const npm = (name: string, title: string, command = `node ${name}.mjs`, version = name): Tool => ({ name, title, command, version: { npm: version } });

/** Sent by a program of ours; written after a tool that cannot be had here, or after what is typical. */
const written = (name: string, title: string): Tool => ({ name, title, command: `node written.mjs written-${name}.sql`, version: 'none' });

export const tools: readonly Tool[] = [
  npm('drizzle', 'drizzle-orm', 'node drizzle.mjs', 'drizzle-orm'),
  npm('drizzle-kit', 'drizzle-kit pull, push and migrate', 'sh drizzle-kit.sh'),
  npm('typeorm', 'TypeORM'),
  npm('sequelize', 'Sequelize'),
  npm('knex', 'Knex'),
  npm('mikro-orm', 'MikroORM', 'node mikro-orm.mjs', '@mikro-orm/core'),
  npm('kysely', 'Kysely'),
  npm('node-pg-migrate', 'node-pg-migrate'),
  npm('postgres-js', 'postgres.js', 'node postgres-js.mjs', 'postgres'),
  npm('prisma', 'Prisma Client', 'sh prisma.sh', '@prisma/client'),
  npm('mcp-postgres', 'the reference MCP server for PostgreSQL', 'node mcp-postgres.mjs', '@modelcontextprotocol/server-postgres'),
  { name: 'django', title: 'Django', version: { debian: 'python3-django' }, command: '/usr/bin/python3 django_work.py' },
  { name: 'sqlalchemy', title: 'SQLAlchemy, and Alembic', version: { debian: 'python3-sqlalchemy' }, command: '/usr/bin/python3 sqlalchemy_work.py' },
  { name: 'peewee', title: 'peewee, with pwiz', version: { debian: 'python3-peewee' }, command: '/usr/bin/python3 peewee_work.py' },
  { name: 'active-record', title: 'ActiveRecord', version: { debian: 'ruby-activerecord' }, command: '/usr/bin/ruby active_record_work.rb' },
  { name: 'jdbc', title: 'JDBC: DatabaseMetaData, and what a program does', version: { debian: 'libpostgresql-jdbc-java' }, command: 'sh jdbc.sh' },
  { name: 'hibernate', title: 'Hibernate', version: { debian: 'libhibernate3-java' }, command: 'sh hibernate.sh' },
  { name: 'psql', title: 'psql and its backslash commands', version: { debian: 'postgresql-client-15' }, command: 'psql -X -f meta-commands.psql; psql -X -f psql-work.psql' },
  { name: 'pgcli', title: 'pgcli', version: { debian: 'pgcli' }, command: 'sh pgcli.sh' },
  { name: 'pg-dump', title: 'pg_dump and pg_restore', version: { debian: 'postgresql-client-15' }, command: 'sh pg-dump.sh', server: 'debian' },
  { name: 'maintenance', title: 'vacuumdb, reindexdb, clusterdb', version: { debian: 'postgresql-client-15' }, command: 'sh maintenance.sh', server: 'debian' },
  { name: 'pgbench', title: 'pgbench', version: { debian: 'postgresql-15' }, command: 'sh pgbench.sh' },
  written('pgadmin', 'written after pgAdmin 4'),
  written('dbeaver', 'written after DBeaver'),
  written('datagrip', 'written after DataGrip'),
  written('metabase', 'written after Metabase'),
  written('grafana', 'written after Grafana'),
  written('langchain', 'written after LangChain\'s SQLDatabase and MCP servers'),
  written('agents', 'written: what agents do, and what they should not'),
];
