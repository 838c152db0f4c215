import { refusal } from '../../../core/refusal.ts';
import type { Refusal } from '../../../core/refusal.ts';
import { serverError } from '../messages/error-response.ts';
import type { ErrorFields } from '../messages/error-response.ts';

/**
 * Why no session with the server came to be. `why` is for the log: it may name hosts, never a secret. `fields` are the server's own
 * words, which may name the upstream user: they MUST NOT go to a client; `refusalOf` says what may.
 */
export class UpstreamFailure extends Error {
  override readonly name = 'UpstreamFailure';
  /**
   * `unreachable`: no connection, or it broke. `timeout`. `tls`: no encryption, or not the certificate asked for. `authentication`: the server
   * did not take the credential, or did not prove that it knows it, or asks for a method not spoken. `server`: another FATAL of the server.
   * `protocol`: it does not speak as it should. `setting`: it does not keep the settings without which text cannot be read safely.
   */
  readonly kind: 'unreachable' | 'timeout' | 'tls' | 'authentication' | 'server' | 'protocol' | 'setting';
  readonly fields: ErrorFields | undefined;

  constructor(kind: UpstreamFailure['kind'], why: string, fields?: ErrorFields) {
    super(why);
    this.kind = kind;
    this.fields = fields;
  }
}

/** The server's own SQLSTATE where `refusalOf` says what the server said; undefined where it only says that there is no target. */
export function failureSqlstate(failure: UpstreamFailure): string | undefined {
  const code = codeOf(failure);
  return passedOn.has(code) ? code : undefined;
}

const passedOn: ReadonlySet<string> = new Set(['3D000', '53300', '57P03', '22023', '22P02', '42704']);

/** Empty where the server said nothing. */
export function codeOf(failure: UpstreamFailure): string {
  return failure.fields === undefined ? '' : serverError(failure.fields).code;
}

/** What a client may know: its own mistake (a database that is not there) and that there is no room; of the gate's credential, nothing. */
export function refusalOf(failure: UpstreamFailure, database: string | undefined): Refusal {
  switch (codeOf(failure)) {
    case '3D000': // invalid_catalog_name
      return refusal('unknown-name', database === undefined ? 'the database does not exist' : `database \`${database}\` does not exist`, 'connect to a database that this target has');
    case '53300': // too_many_connections
      return refusal('too-many-sessions', 'the target has no connection left', 'close sessions that are not needed, or try again later');
    case '57P03': // cannot_connect_now
      return refusal('upstream-unavailable', 'the target is starting up or shutting down', 'try again in a moment');
    case '22023': case '22P02': case '42704': // invalid_parameter_value, invalid_text_representation, undefined_object: one of the startup parameters
      return refusal('unsupported-parameter', 'the target does not accept a startup parameter or its value', "correct the connection's parameters and `options`");
    default:
      return refusal('upstream-unavailable', 'the target cannot be reached by the gate', "ask the gate's administrator; its log says why");
  }
}
