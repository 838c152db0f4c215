#!/bin/sh
# Makes the certificates anew. Needs openssl. They are for tests alone: their keys are public.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
touch "$work/index"
cat > "$work/ca.cnf" <<'END'
[ca]
default_ca = test
[test]
database = $ENV::WORK/index
new_certs_dir = $ENV::WORK
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
END
export WORK="$work"
# `openssl ca`, as it alone sets the first day in every version: a machine's clock may be behind.
issue() { # name, subject, key options, issuing options, extension
  openssl req -new -newkey $3 -nodes -subj "$2" -keyout "$1.key" -out "$work/$1.csr"
  printf '%s\n' "$5" > "$work/$1.ext"
  openssl ca -batch -notext -config "$work/ca.cnf" -startdate 20200101000000Z -enddate 21200101000000Z -extfile "$work/$1.ext" $4 -in "$work/$1.csr" -out "$1.crt"
}
ec='ec -pkeyopt ec_paramgen_curve:P-256'
issue ca '/CN=guardrails test CA' "$ec" "-selfsign -keyfile ca.key" 'basicConstraints=critical,CA:TRUE'
by="-cert ca.crt -keyfile ca.key"
issue server '/CN=localhost' "$ec" "$by" 'subjectAltName=DNS:localhost,IP:127.0.0.1'
issue client '/CN=cert_user' "$ec" "$by" 'extendedKeyUsage=clientAuth'
issue ed25519 '/CN=localhost' ed25519 '-selfsign -keyfile ed25519.key -md default' 'subjectAltName=DNS:localhost'
issue stranger '/CN=localhost' rsa:2048 '-selfsign -keyfile stranger.key -md sha384' 'subjectAltName=DNS:localhost'
rm -r "$work" ca.key
