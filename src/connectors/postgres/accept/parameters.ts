import { refusal } from '../../../core/refusal.ts';
import type { Refusal } from '../../../core/refusal.ts';
import { longestName } from '../messages/name.ts';
import { parseOptions } from './options.ts';

/** What a client asked for in its StartupMessage, as far as it is allowed. */
export interface ClientParameters {
  readonly refused: false;
  readonly user: string;
  /** Undefined when the client named none. */
  readonly database: string | undefined;
  readonly application: string | undefined;
  readonly purpose: string | undefined;
  /** Settings to pass on, names in lower case: `application_name`, `timezone`, `search_path`. Never one of `forcedParameters`. */
  readonly settings: ReadonlyMap<string, string>;
  /** `_pq_.` options, none of which is supported. */
  readonly protocolOptions: readonly string[];
}

/** Our own parameter: what the session says it is for. Not passed on. */
const purposeParameter = 'guardrails.purpose';

/** Settings that change neither how text is read nor what a statement reaches, or that the session's state follows (search_path). */
const passedOn: ReadonlySet<string> = new Set([
  'application_name', 'datestyle', 'timezone', 'intervalstyle', 'extra_float_digits', 'statement_timeout', 'lock_timeout',
  'idle_in_transaction_session_timeout', 'search_path', 'geqo', 'default_transaction_isolation', 'default_transaction_deferrable',
]);

/** Spellings of true and false that the server takes (`parse_bool`), without its abbreviations. */
const truths: ReadonlySet<string> = new Set(['on', 'true', 'yes', '1', 't', 'y']);
const falsehoods: ReadonlySet<string> = new Set(['off', 'false', 'no', '0', 'f', 'n']);

/**
 * Everything by allow-list: one setting not known here may change what the server reads in the same bytes (client_encoding,
 * standard_conforming_strings) or what a statement does (session_replication_role). `extra` are names that config allows besides.
 */
export function readParameters(given: ReadonlyMap<string, string>, extra: ReadonlySet<string>): ClientParameters | Refusal {
  const settings = new Map<string, string>();
  const protocolOptions: string[] = [];
  const wanted: [string, string][] = [];
  // As the server: `options` first, so that a parameter of its own overrides it.
  for (const option of parseOptions(given.get('options') ?? '')) {
    if (option.kind === 'other') {
      return refusal('unsupported-parameter', `the switch \`${option.word}\` in \`options\` is not supported`, 'use only `-c name=value` in `options` (PGOPTIONS)');
    }
    wanted.push([option.name, option.value]);
  }
  for (const [name, value] of given) {
    if (name.startsWith('_pq_.')) protocolOptions.push(name);
    else if (name === 'replication') {
      if (!falsehoods.has(value.toLowerCase())) return refusal('unsupported-feature', 'replication connections are not supported', 'connect without `replication`; run replication directly against the server, not through the gate');
    } else if (name !== 'user' && name !== 'database' && name !== 'options') wanted.push([name, value]);
  }
  let purpose: string | undefined;
  for (const [written, value] of wanted) {
    // The server compares names of settings without regard to ASCII case (`guc_name_compare`).
    const name = written.replaceAll(/[A-Z]/gu, (letter) => letter.toLowerCase());
    const answer = judge(name, value, extra);
    if (answer === 'purpose') purpose = value;
    else if (answer === 'pass') settings.set(name, value);
    else if (answer !== 'drop') return answer;
  }
  const user = given.get('user') ?? '';
  if (user === '') return refusal('authentication-failed', 'no PostgreSQL user name specified in startup packet', 'name the user to connect as');
  const database = given.get('database') ?? '';
  for (const [what, name] of [['user', user], ['database', database]] as const) {
    // The server cuts longer names and goes on; the gate would have decided about another name.
    if (Buffer.byteLength(name) > longestName) return refusal('unsupported-parameter', `the ${what} name is longer than ${longestName} bytes`, `use the ${what}'s real name`);
  }
  return {
    refused: false, user, database: database === '' ? undefined : database, application: settings.get('application_name'),
    purpose: purpose === '' ? undefined : purpose, settings, protocolOptions,
  };
}

/** `drop`: allowed, and already so. */
function judge(name: string, value: string, extra: ReadonlySet<string>): 'pass' | 'drop' | 'purpose' | Refusal {
  switch (name) {
    case purposeParameter: return 'purpose';
    case 'client_encoding': {
      // As the server's `clean_encoding_name`: asyncpg sends 'utf-8' with its quotes.
      const encoding = value.replaceAll(/[^0-9A-Za-z]/gu, '').toLowerCase();
      // SQL_ASCII asks for no conversion: psql in a container without a locale. It is told UTF8 (ParameterStatus), which is what it then gets.
      if (encoding === 'utf8' || encoding === 'unicode' || encoding === 'sqlascii') return 'drop';
      return refusal('unsupported-parameter', `client_encoding \`${value}\` is not supported: the gate speaks UTF8`, 'set client_encoding to UTF8 (PGCLIENTENCODING=UTF8, or a UTF-8 locale)');
    }
    case 'standard_conforming_strings':
      if (truths.has(value.toLowerCase())) return 'drop';
      return refusal('unsupported-parameter', 'standard_conforming_strings must be on', "leave standard_conforming_strings alone; write E'...' where backslashes are to be escapes");
    case 'default_transaction_read_only':
      // Only the stricter way: `off` would undo what the role's owner has set.
      if (truths.has(value.toLowerCase())) return 'pass';
      return refusal('unsupported-parameter', 'default_transaction_read_only can only be set to on', 'leave default_transaction_read_only away');
    default:
      if (passedOn.has(name) || extra.has(name)) return 'pass';
      return refusal('unsupported-parameter', `the startup parameter \`${name}\` is not supported`,
        `leave \`${name}\` out of the connection's parameters and \`options\`; an administrator can allow it by name under the target's \`allow_parameters\``);
  }
}
