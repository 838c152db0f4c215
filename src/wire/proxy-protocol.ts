import { MalformedMessage, Reader } from './reader.ts';

/** The client that a balancer speaks for. */
export interface ProxiedClient {
  readonly address: string;
  readonly port: number;
}

/** "The PROXY protocol", version 2, section 2.2: signature, version and command, family, length. */
export const proxyPrefixLength = 16;
const signature = Buffer.from([0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]);
/** Addresses and the TLVs of every balancer known fit in a fraction of it; the field itself would allow 64 KiB. */
const longestRest = 4096;

/** How many bytes follow the first 16. Throws `MalformedMessage`. */
export function proxyRestLength(prefix: Buffer): number {
  const reader = new Reader(prefix, 0, proxyPrefixLength);
  if (!reader.bytes(12, 'signature').equals(signature)) throw new MalformedMessage('the connection does not begin with a PROXY protocol v2 header');
  if (reader.byte('version and command') >> 4 !== 2) throw new MalformedMessage('the PROXY protocol version is not 2');
  reader.byte('family');
  const length = reader.uint16('length');
  if (length > longestRest) throw new MalformedMessage('the PROXY protocol header is too long');
  return length;
}

/** Undefined: the balancer speaks for itself (LOCAL, such as a health check) or for a client that has no network address. Throws `MalformedMessage`. */
export function parseProxyHeader(prefix: Buffer, rest: Buffer): ProxiedClient | undefined {
  if (proxyRestLength(prefix) !== rest.length) throw new MalformedMessage('the PROXY protocol header has another length than it says');
  const command = (prefix[12] ?? 0) & 0x0f;
  if (command > 1) throw new MalformedMessage('the PROXY protocol command is unknown');
  const reader = new Reader(rest);
  // Of LOCAL the receiver must use the real endpoints and skip the rest, whatever it is (section 2.2).
  if (command === 0) return undefined;
  const client = readClient(prefix[13] ?? 0, reader);
  checkExtensions(reader);
  return client;
}

function readClient(family: number, reader: Reader): ProxiedClient | undefined {
  switch (family) {
    case 0x00: // UNSPEC: addresses, if any, cannot be told from the extensions
      reader.bytes(reader.remaining, 'addresses');
      return undefined;
    case 0x11: return readAddresses(reader, 4, (bytes) => bytes.join('.'));
    case 0x21: return readAddresses(reader, 16, ipv6);
    case 0x31: // unix stream: two paths of 108 bytes
      reader.bytes(216, 'addresses');
      return undefined;
    default: throw new MalformedMessage('the PROXY protocol family is not one of a stream');
  }
}

function readAddresses(reader: Reader, length: number, text: (bytes: Buffer) => string): ProxiedClient {
  const address = text(reader.bytes(length, 'source address'));
  reader.bytes(length, 'destination address');
  const port = reader.uint16('source port');
  reader.uint16('destination port');
  return { address, port };
}

/** Through the URL parser, which writes RFC 5952's form: the same as the socket's own. */
function ipv6(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(i * 2).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

/** TLVs (section 2.2) are walked, so that nothing hides behind a wrong length, and ignored: what a balancer says of TLS proves nothing here. */
function checkExtensions(reader: Reader): void {
  while (reader.remaining > 0) {
    reader.byte('extension type');
    reader.bytes(reader.uint16('extension length'), 'extension');
  }
}
