import { mkdirSync, writeFileSync } from 'node:fs';
import { runner } from 'node-pg-migrate';

mkdirSync('migrate-work', { recursive: true });
writeFileSync('migrate-work/1700000000000_notes.js', `
export const up = (pgm) => {
  pgm.createTable('migrate_notes', { id: 'id', body: { type: 'text', notNull: true }, customer_id: { type: 'bigint', references: 'customers', onDelete: 'CASCADE' }, made_at: { type: 'timestamptz', default: pgm.func('now()') } });
  pgm.createIndex('migrate_notes', 'made_at');
  pgm.addColumns('migrate_notes', { pinned: { type: 'boolean', default: false } });
  pgm.alterColumn('migrate_notes', 'body', { default: '' });
  pgm.createType('mood', ['fine', 'low']);
  pgm.createView('pinned_notes', {}, 'SELECT id, body FROM migrate_notes WHERE pinned');
};
export const down = (pgm) => { pgm.dropView('pinned_notes'); pgm.dropType('mood'); pgm.dropTable('migrate_notes'); };
`);
const options = { databaseUrl: process.env.DATABASE_URL, dir: 'migrate-work', migrationsTable: 'pgmigrations', log: () => undefined };
await runner({ ...options, direction: 'up' });
await runner({ ...options, direction: 'down' });
