import { decodeBase64 } from './base64.ts';

/** Bytes; PostgreSQL's own limit (PG_MAX_SASL_MESSAGE_LENGTH, libpq/auth-sasl.h is 1024). */
const longestMessage = 1024;

/** Grammar: RFC 5802 section 7. `why` is fixed text: nothing of the message is repeated. */
export interface Malformed { readonly malformed: true; readonly why: string }

export interface ClientFirst {
  /** `n`: the client has no channel binding. `y`: it has, and thinks that the server has not. `p`: it binds. */
  readonly flag: 'n' | 'y' | 'p';
  /** Name of the binding, with flag `p`. */
  readonly binding: string | undefined;
  /** As it was sent, with its last comma: the client's final message repeats it. */
  readonly gs2Header: string;
  readonly bare: string;
  readonly nonce: string;
}

export interface ClientFinal {
  readonly channelBinding: Buffer;
  readonly nonce: string;
  readonly proof: Buffer;
  readonly withoutProof: string;
}

function malformed(why: string): Malformed {
  return { malformed: true, why };
}

/** RFC 5802: value = 1*value-char, which is any character but NUL and comma. An attribute that has a meaning stands in its own place only. */
const extension = '(?![acinprsve]=)[A-Za-z]=[^,\\0]+';
const first = new RegExp(`^(?:(n)|(y)|p=([A-Za-z0-9.-]+)),(a=[^,]*)?,((m=)?[^\\0]*)$`, 'u');
/** The name is ignored, but read strictly: `=` and `,` are written `=3D` and `=2C`. PostgreSQL's own client sends none. */
const firstBare = new RegExp(`^n=(?:[^=,\\0]|=2C|=3D)*,r=([\\x21-\\x2b\\x2d-\\x7e]+)((?:,${extension})*)$`, 'u');
const final = new RegExp(`^c=([A-Za-z0-9+/=]+),r=([\\x21-\\x2b\\x2d-\\x7e]+)((?:,${extension})*),p=([A-Za-z0-9+/=]+)$`, 'u');

function checkText(message: string): Malformed | undefined {
  // Length first: what follows is linear in it. A lone surrogate would be signed as another character than the one that was sent.
  if (message.length > longestMessage || Buffer.byteLength(message) > longestMessage) return malformed('the message is too long');
  return message.isWellFormed() ? undefined : malformed('the message is not valid UTF-8');
}

/** `m=` announces an extension that the server must understand, and there is none (RFC 5802 section 5.1). */
function hasMandatory(extensions: string): boolean {
  return /(?:^|,)m=/.test(extensions);
}

export function parseClientFirst(message: string): ClientFirst | Malformed {
  const bad = checkText(message);
  if (bad !== undefined) return bad;
  const header = first.exec(message);
  if (header === null) return malformed('the header of the first message cannot be read');
  const [, none, unused, binding, authzid, bare = '', mandatory] = header;
  if (authzid !== undefined) return malformed('an authorization identity is not supported');
  if (mandatory !== undefined) return malformed('a mandatory extension is not supported');
  const match = firstBare.exec(bare);
  if (match === null) return malformed('the first message cannot be read');
  if (hasMandatory(match[2] ?? '')) return malformed('a mandatory extension is not supported');
  const flag = none === undefined ? (unused === undefined ? 'p' : 'y') : 'n';
  return { flag, binding, gs2Header: message.slice(0, message.length - bare.length), bare, nonce: match[1] ?? '' };
}

export function parseClientFinal(message: string): ClientFinal | Malformed {
  const bad = checkText(message);
  if (bad !== undefined) return bad;
  const match = final.exec(message);
  if (match === null) return malformed('the final message cannot be read');
  const [, c = '', nonce = '', extensions = '', p = ''] = match;
  if (hasMandatory(extensions)) return malformed('a mandatory extension is not supported');
  const channelBinding = decodeBase64(c);
  const proof = decodeBase64(p);
  if (channelBinding === undefined) return malformed('the channel binding is not valid base64');
  if (proof === undefined || proof.length !== 32) return malformed('the proof is not 32 bytes in base64');
  return { channelBinding, nonce, proof, withoutProof: message.slice(0, message.length - p.length - ',p='.length) };
}
