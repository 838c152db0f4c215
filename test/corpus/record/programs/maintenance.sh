set -e
vacuumdb --analyze -t orders -t customers "$PGDATABASE"
vacuumdb --analyze-in-stages -t orders "$PGDATABASE"
vacuumdb --analyze-only -t products "$PGDATABASE"
vacuumdb --full -t orders "$PGDATABASE"
reindexdb -t orders --concurrently "$PGDATABASE"
reindexdb "$PGDATABASE"
clusterdb "$PGDATABASE"
pg_isready
