set -e
mkdir -p drizzle-work && cd drizzle-work && rm -rf out && cat > drizzle.config.json <<'C'
{"dialect":"postgresql","out":"./out","schema":"./schema.ts","dbCredentials":{"url":"DATABASE_URL_HERE"}}
C
sed -i "s|DATABASE_URL_HERE|$DATABASE_URL|" drizzle.config.json
../node_modules/.bin/drizzle-kit pull --config drizzle.config.json
cat > schema.ts <<'C'
import { pgTable, serial, text, timestamp, index } from 'drizzle-orm/pg-core';
export const notes = pgTable('notes', { id: serial().primaryKey(), body: text().notNull(), madeAt: timestamp('made_at').defaultNow() }, (t) => [index('notes_made').on(t.madeAt)]);
C
rm -rf out
../node_modules/.bin/drizzle-kit generate --config drizzle.config.json
../node_modules/.bin/drizzle-kit migrate --config drizzle.config.json
cat >> schema.ts <<'C'
export const tags = pgTable('note_tags', { id: serial().primaryKey(), name: text().notNull().unique() });
C
sed -i 's|"schema"|"tablesFilter":["note*"],"schema"|' drizzle.config.json
../node_modules/.bin/drizzle-kit push --force --config drizzle.config.json
