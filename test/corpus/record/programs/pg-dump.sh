set -e
for form in p c; do pg_dump -F$form -f dump.$form; done
rm -rf dump.d && pg_dump -Fd -j 2 -f dump.d
pg_dump -s -f dump.s
pg_dump -a --inserts -f dump.a
pg_dump -t orders -t customers --column-inserts -f dump.t
pg_dump --no-owner --no-privileges --serializable-deferrable -s -f dump.n
pg_dumpall --roles-only --no-role-passwords -f dump.roles || true
psql -X -q -c 'DROP TABLE events'
pg_restore --no-owner -d "$PGDATABASE" -t events dump.c
psql -X -q -c 'DROP TABLE jobs'
pg_restore --single-transaction --no-owner -d "$PGDATABASE" -t jobs dump.c
pg_restore --data-only --disable-triggers --no-owner -d "$PGDATABASE" -t settings dump.c || true
