import fc from 'fast-check';

/** Lines of messages (`speak`), and the probes among them by number. */
export interface Script { readonly lines: readonly string[]; readonly probes: readonly number[] }

/** Tables whose one row is their own name: what ran shows in the answer, and what was recorded in the log. */
export const witnesses = ['u0', 'u1', 'u2', 'u3', 'u4', 'u5'] as const;

export const schema = `
  CREATE SCHEMA s2; CREATE TABLE public.t (a int); CREATE TABLE s2.t (a int, b int);
  ${witnesses.map((name) => `CREATE TABLE public.${name} (w text); INSERT INTO public.${name} VALUES ('${name}'); CREATE TABLE s2.${name} (w text); INSERT INTO s2.${name} VALUES ('${name}');`).join('\n')}
`;

const witness = fc.constantFrom(...witnesses);
const statementName = fc.constantFrom('', '', 'a', 'b');
const portalName = fc.constantFrom('', '', 'p', 'q');
const path = fc.constantFrom('public', 's2', 's2, public', '"$user", public', 'pg_temp, public');

const text: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: witness.map((w) => `SELECT w FROM ${w}`) },
  { weight: 2, arbitrary: fc.constantFrom('SELECT 1', 'SELECT 1/0', 'SELECT nonsense', '', 'SELECT * FROM t LIMIT 0', 'SELECT $1::int') },
  { weight: 3, arbitrary: fc.constantFrom('INSERT INTO public.t VALUES (1)', 'UPDATE public.t SET a = a + 1', 'INSERT INTO public.t SELECT 1/0') },
  { weight: 4, arbitrary: fc.constantFrom('BEGIN', 'COMMIT', 'ROLLBACK', 'SAVEPOINT s', 'ROLLBACK TO s', 'RELEASE s', 'COMMIT AND CHAIN', 'ROLLBACK AND CHAIN') },
  { weight: 4, arbitrary: fc.tuple(fc.constantFrom('SET', 'SET LOCAL', 'SET SESSION'), path).map(([set, to]) => `${set} search_path = ${to}`) },
  { weight: 1, arbitrary: fc.constantFrom('RESET search_path', 'RESET ALL', 'SET search_path = DEFAULT', "SELECT set_config('search_path', 's2', false)", "SELECT set_config('search_path', 'public', true)", 'SET no_such.thing = 1', 'SET no_such_thing = 1') },
  { weight: 1, arbitrary: fc.constantFrom('DISCARD ALL', 'DEALLOCATE ALL', 'CLOSE ALL', 'DEALLOCATE a', 'CLOSE p') },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom('a', 'b'), witness).map(([name, w]) => `PREPARE ${name} AS SELECT w FROM ${w}`) },
  { weight: 2, arbitrary: fc.constantFrom('EXECUTE a', 'EXECUTE b', 'FETCH 1 FROM p', 'FETCH ALL FROM q', 'MOVE 1 FROM p') },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom('p', 'q'), fc.constantFrom('', ' SCROLL'), witness).map(([name, hold, w]) => `DECLARE ${name} CURSOR${hold} FOR SELECT w FROM ${w}`) },
  { weight: 3, arbitrary: fc.constantFrom(
    'SHOW default_transaction_read_only', 'SHOW transaction_read_only', "SELECT current_setting('transaction_read_only')", 'SELECT w FROM u0 FOR UPDATE', 'BEGIN READ ONLY',
    'SET default_transaction_read_only = on', 'SET default_transaction_read_only = off', 'SET LOCAL default_transaction_read_only = on', 'RESET default_transaction_read_only',
    'SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE', 'SET TRANSACTION READ ONLY', "SELECT set_config('default_transaction_read_only', 'on', false)",
    "SELECT setting, reset_val FROM pg_settings WHERE name = 'default_transaction_read_only'", 'DO $$ BEGIN PERFORM 1; END $$',
  ) },
  { weight: 1, arbitrary: fc.constantFrom('CREATE TEMP TABLE IF NOT EXISTS tt (a int)', 'DROP TABLE IF EXISTS tt', 'LISTEN ch', "NOTIFY ch, 'x'", 'UNLISTEN *', "SET application_name = 'x'") },
);

/** By EXECUTE of a protocol statement it would give names unseen; policy refuses that. */
const givesNames = /PREPARE|DECLARE|DEALLOCATE|CLOSE|DISCARD/;

/** After a text of which a part has failed, names that it gave or took count as unknown to the gate, and are refused. */
const several = fc.array(text.filter((one) => !givesNames.test(one)), { minLength: 2, maxLength: 3 }).map((parts) => parts.join('; '));

const copies = fc.constantFrom(
  ['Query COPY public.t FROM STDIN', 'CopyData "1\\n"', 'CopyDone'], ['Query COPY public.t FROM STDIN', 'CopyData "x\\n"', 'CopyDone'],
  ['Query COPY public.t FROM STDIN', 'CopyData "1\\n"', 'CopyFail "no"'], ['Query COPY (SELECT 1) TO STDOUT'],
  ['Parse "" COPY public.t FROM STDIN', 'Bind "" ""', 'Execute ""', 'CopyData "2\\n"', 'CopyDone', 'Sync'],
);

/** A probe asks the server for its search path; the same text shows what the gate took it for. `N` stands for its number. */
const PROBE = 'Query SELECT \'probeN:\' || current_setting(\'search_path\')';

const piece: fc.Arbitrary<readonly string[]> = fc.oneof(
  { weight: 5, arbitrary: text.map((one) => [`Query ${one}`]) },
  { weight: 1, arbitrary: several.map((one) => [`Query ${one}`]) },
  { weight: 4, arbitrary: fc.tuple(statementName, text).map(([name, one]) => [`Parse "${givesNames.test(one) ? '' : name}" ${one}`]) },
  { weight: 4, arbitrary: fc.tuple(portalName, statementName).map(([portal, name]) => [`Bind "${portal}" "${name}"`]) },
  { weight: 4, arbitrary: fc.tuple(portalName, fc.constantFrom(0, 0, 1)).map(([portal, rows]) => [`Execute "${portal}" ${rows}`]) },
  { weight: 4, arbitrary: text.map((one) => [`Parse "" ${one}`, 'Bind "" ""', 'Execute ""']) },
  { weight: 1, arbitrary: fc.oneof(statementName.map((name) => [`Describe S "${name}"`]), portalName.map((name) => [`Describe P "${name}"`])) },
  { weight: 1, arbitrary: fc.oneof(statementName.map((name) => [`Close S "${name}"`]), portalName.map((name) => [`Close P "${name}"`])) },
  { weight: 5, arbitrary: fc.constant(['Sync']) },
  { weight: 1, arbitrary: fc.constant(['Flush']) },
  { weight: 1, arbitrary: copies },
  { weight: 4, arbitrary: fc.constant([PROBE]) },
);

/**
 * Any order of permitted messages, well-formed one by one; as a whole as wrong as a client can be. But for one thing: between Execute and Query stands
 * a Sync. PostgreSQL 18.4 itself loses count of its transaction there (`StartTransactionCommand: unexpected state STARTED` at the next command).
 */
export const scripts: fc.Arbitrary<Script> = fc.array(piece, { minLength: 1, maxLength: 30 }).map((pieces) => {
  let count = 0;
  let unsynced = false;
  const lines = pieces.flat().flatMap((line) => {
    const said = line === PROBE ? line.replace('N', String(count++)) : line;
    const between = unsynced && line.startsWith('Query');
    unsynced = !between && line.startsWith('Execute') || (unsynced && !between && line !== 'Sync');
    return between ? ['Sync', said] : [said];
  });
  return { lines, probes: Array.from({ length: count }, (_, number) => number) };
});
