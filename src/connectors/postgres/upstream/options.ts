export type UpstreamAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  /** `path` is the socket itself, such as /var/run/postgresql/.s.PGSQL.5432. */
  | { readonly kind: 'unix'; readonly path: string };

/** Texts are PEM. `require` without `ca` encrypts, but does not know to whom. */
export type UpstreamTls =
  | { readonly mode: 'disable' }
  | {
    readonly mode: 'require' | 'verify-full';
    /** Begins with the handshake, without asking (PostgreSQL 17 and later). */
    readonly direct: boolean;
    /** Undefined: the runtime's own roots. */
    readonly ca: string | undefined;
    readonly certificate: string | undefined;
    readonly key: string | undefined;
    /** Undefined: the host. */
    readonly serverName: string | undefined;
  };

/** One object a target: what is derived from its password is kept by it. */
export interface UpstreamOptions {
  readonly address: UpstreamAddress;
  readonly tls: UpstreamTls;
  readonly user: string;
  /** Never leaves this folder but to the server. */
  readonly password: string | undefined;
  /** Milliseconds from the first packet to ReadyForQuery. */
  readonly connectTimeout: number;
}

/**
 * Settings that every upstream session has from its first moment, so that the gate and the server read the same thing: none of them
 * may come from a client, a role's or a database's defaults (a startup packet overrides those).
 */
export const forcedParameters: ReadonlyMap<string, string> = new Map([
  // In SJIS, BIG5, GBK and the like a byte of `\` or `'` may be the second half of a character: the text's strings would end elsewhere.
  ['client_encoding', 'UTF8'],
  // Off: a backslash in '...' escapes.
  ['standard_conforming_strings', 'on'],
  ['backslash_quote', 'safe_encoding'],
  // On: `= NULL` means IS NULL, and a predicate that matches nothing matches rows.
  ['transform_null_equals', 'off'],
  ['array_nulls', 'on'],
]);

/** Of what the server reports (ParameterStatus), what must be so; anything else ends the session. */
export const requiredStatus: ReadonlyMap<string, string> = new Map([['client_encoding', 'UTF8'], ['standard_conforming_strings', 'on']]);
