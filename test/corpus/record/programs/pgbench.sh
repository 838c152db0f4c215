set -e
pgbench -i -q -s 1
pgbench -t 3 -M simple
pgbench -t 3 -M prepared
pgbench -t 3 -S -M extended
pgbench -t 3 -N
