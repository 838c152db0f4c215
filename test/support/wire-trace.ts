/**
 * A stream of PostgreSQL messages as lines for people, one a message: side, length (as in its length field, which does not count the type),
 * name, fields. In the form of libpq's PQtrace and pgproto3's Tracer; reads by itself, so that it can testify against the product's codecs.
 *
 *     F 23 Parse "s1" "SELECT 1" 0
 *     B 5 ReadyForQuery I
 *
 * Total: what is cut off, unknown or malformed is shown as such. Fields: PostgreSQL documentation, section 54.7, "Message Formats".
 */
export interface TraceOptions {
  /** The stream begins with what has no type: StartupMessage, SSLRequest (F), and the one-byte answers to the latter (B: how many). */
  readonly startup?: boolean;
  readonly oneByteAnswers?: number;
  /** Leaves out what differs from run to run: process ids and keys, and where in the server's source an error was raised. */
  readonly stable?: boolean;
}

export function wireTrace(side: 'F' | 'B', bytes: Buffer, options: TraceOptions = {}): string[] {
  const lines: string[] = [];
  let at = 0;
  for (; at < Math.min(options.oneByteAnswers ?? 0, bytes.length); at++) lines.push(`${side} ${JSON.stringify(String.fromCodePoint(bytes.readUInt8(at)))}`);
  let untyped = options.startup === true;
  while (at < bytes.length) {
    const head = untyped ? 0 : 1;
    const length = bytes.length - at < head + 4 ? undefined : bytes.readInt32BE(at + head);
    if (length === undefined || length < 4 || at + head + length > bytes.length) {
      const rest = bytes.subarray(at);
      lines.push(`${side} ${length !== undefined && length < 4 ? 'malformed' : 'incomplete'} ${rest.length} bytes ${hex(rest.subarray(0, 16))}`);
      return lines;
    }
    const body = new Body(bytes.subarray(at + head + 4, at + head + length), options.stable === true);
    const type = untyped ? '' : String.fromCodePoint(bytes.readUInt8(at));
    const fields = describe(side, type, body);
    lines.push(`${side} ${length} ${[...fields, ...body.left()].join(' ')}`);
    if (untyped && fields[0] === 'StartupMessage') untyped = false;
    at += head + length;
  }
  return lines;
}

const requests = new Map([[80877102, 'CancelRequest'], [80877103, 'SSLRequest'], [80877104, 'GSSENCRequest']]);

function describe(side: 'F' | 'B', type: string, body: Body): string[] {
  if (type === '') {
    const code = body.int32();
    const request = requests.get(code);
    if (request === 'CancelRequest') return [request, body.varying(() => `${body.int32()} ${hex(body.rest())}`)];
    if (request !== undefined) return [request];
    return ['StartupMessage', `${code >>> 16}.${code & 0xff_ff}`, ...body.strings()];
  }
  const reader = (side === 'F' ? frontend : backend).get(type);
  return reader === undefined ? [`Unknown ${JSON.stringify(type)}`, hex(body.rest())] : [reader[0], ...reader[1](body)];
}

type Fields = (body: Body) => string[];
const nothing: Fields = () => [];
const counted = (body: Body, item: () => string): string[] => {
  const count = body.int16();
  return [String(count), ...Array.from({ length: Math.min(count, body.size) }, item)];
};

const frontend = new Map<string, readonly [string, Fields]>([
  ['B', ['Bind', (b) => [b.string(), b.string(), ...counted(b, () => String(b.int16())), ...counted(b, () => b.value()), ...counted(b, () => String(b.int16()))]]],
  ['C', ['Close', (b) => [b.char(), b.string()]]],
  ['d', ['CopyData', (b) => [text(b.rest())]]],
  ['c', ['CopyDone', nothing]],
  ['f', ['CopyFail', (b) => [b.string()]]],
  ['D', ['Describe', (b) => [b.char(), b.string()]]],
  ['E', ['Execute', (b) => [b.string(), String(b.int32())]]],
  ['H', ['Flush', nothing]],
  ['F', ['FunctionCall', (b) => [String(b.int32()), ...counted(b, () => String(b.int16())), ...counted(b, () => b.value()), String(b.int16())]]],
  ['P', ['Parse', (b) => [b.string(), b.string(), ...counted(b, () => String(b.int32()))]]],
  // Password, SASL and GSS share one type; which it is depends on what was asked. A secret: never shown.
  ['p', ['PasswordMessage', (b) => { b.rest(); return []; }]],
  ['Q', ['Query', (b) => [b.string()]]],
  ['S', ['Sync', nothing]],
  ['X', ['Terminate', nothing]],
]);

const authentications = new Map([[0, 'Ok'], [2, 'KerberosV5'], [3, 'CleartextPassword'], [5, 'MD5Password'], [7, 'GSS'], [8, 'GSSContinue'], [9, 'SSPI'], [10, 'SASL'], [11, 'SASLContinue'], [12, 'SASLFinal']]);
const copyResponse: Fields = (b) => [String(b.int8()), ...counted(b, () => String(b.int16()))];
const notice: Fields = (b) => b.errorFields();

const backend = new Map<string, readonly [string, Fields]>([
  ['R', ['Authentication', (b) => {
    const kind = b.int32();
    return [authentications.get(kind) ?? String(kind), ...(kind === 10 ? b.strings() : kind === 0 ? [] : [b.varying(() => hex(b.rest()))])];
  }]],
  ['K', ['BackendKeyData', (b) => [b.varying(() => `${b.int32()} ${hex(b.rest())}`)]]],
  ['2', ['BindComplete', nothing]],
  ['3', ['CloseComplete', nothing]],
  ['C', ['CommandComplete', (b) => [b.string()]]],
  ['d', ['CopyData', (b) => [text(b.rest())]]],
  ['c', ['CopyDone', nothing]],
  ['G', ['CopyInResponse', copyResponse]],
  ['H', ['CopyOutResponse', copyResponse]],
  ['W', ['CopyBothResponse', copyResponse]],
  ['D', ['DataRow', (b) => counted(b, () => b.value())]],
  ['I', ['EmptyQueryResponse', nothing]],
  ['E', ['ErrorResponse', notice]],
  ['V', ['FunctionCallResponse', (b) => [b.value()]]],
  ['v', ['NegotiateProtocolVersion', (b) => [String(b.int32()), String(b.int32()), ...b.strings()]]],
  ['n', ['NoData', nothing]],
  ['N', ['NoticeResponse', notice]],
  ['A', ['NotificationResponse', (b) => [b.varying(() => String(b.int32())), b.string(), b.string()]]],
  ['t', ['ParameterDescription', (b) => counted(b, () => String(b.int32()))]],
  ['S', ['ParameterStatus', (b) => [b.string(), b.string()]]],
  ['1', ['ParseComplete', nothing]],
  ['s', ['PortalSuspended', nothing]],
  ['Z', ['ReadyForQuery', (b) => [b.char()]]],
  ['T', ['RowDescription', (b) => counted(b, () => `${b.string()} ${b.varying(() => String(b.int32() >>> 0))} ${b.int16()} ${b.int32()} ${b.int16()} ${b.int32()} ${b.int16()}`)]],
]);

/** Reads past the end give zeros and mark the message: a trace shows wrong bytes, it does not fail on them. */
class Body {
  readonly #bytes: Buffer;
  readonly #stable: boolean;
  #at = 0;
  #overrun = false;

  constructor(bytes: Buffer, stable: boolean) {
    this.#bytes = bytes;
    this.#stable = stable;
  }

  get size(): number { return this.#bytes.length; }

  #take(count: number): Buffer {
    const taken = this.#bytes.subarray(this.#at, this.#at + count);
    this.#at += taken.length;
    if (taken.length === count) return taken;
    this.#overrun = true;
    return Buffer.alloc(Math.min(count, 8));
  }

  int8(): number { return this.#take(1).readInt8(); }
  int16(): number { return this.#take(2).readInt16BE(); }
  int32(): number { return this.#take(4).readInt32BE(); }
  char(): string { return String.fromCodePoint(this.#take(1).readUInt8()); }
  rest(): Buffer { return this.#take(this.#bytes.length - this.#at); }

  string(): string {
    const end = this.#bytes.indexOf(0, this.#at);
    if (end !== -1) return text(this.#take(end - this.#at + 1).subarray(0, -1));
    this.#overrun = true;
    return text(this.rest());
  }

  value(): string {
    const length = this.int32();
    return length < 0 ? 'NULL' : text(this.#take(Math.min(length, this.#bytes.length - this.#at + 1)));
  }

  /** What is there, to the end. Where a terminating zero byte belongs it is taken, not shown. */
  strings(): string[] {
    const list: string[] = [];
    while (this.#at < this.#bytes.length && this.#bytes[this.#at] !== 0) list.push(this.string());
    if (this.#at < this.#bytes.length) this.#at++;
    return list;
  }

  errorFields(): string[] {
    const list: string[] = [];
    while (this.#at < this.#bytes.length && this.#bytes[this.#at] !== 0) {
      const code = this.char();
      const value = this.string();
      if (!(this.#stable && 'FLR'.includes(code))) list.push(`${code} ${value}`);
    }
    this.#take(1);
    return list;
  }

  varying(read: () => string): string {
    const shown = read();
    return this.#stable ? '*' : shown;
  }

  left(): string[] {
    const rest = this.rest();
    return [...(this.#overrun ? ['(malformed: ends too early)'] : []), ...(rest.length > 0 ? [`(malformed: ${rest.length} bytes too many: ${hex(rest)})`] : [])];
  }
}

function text(bytes: Buffer): string {
  const decoded = bytes.toString('utf8');
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return Buffer.from(decoded).equals(bytes) && !/[\0-\u0008\u000e-\u001f]/.test(decoded) ? JSON.stringify(decoded) : `x'${hex(bytes)}'`;
}

function hex(bytes: Buffer): string {
  return bytes.toString('hex');
}
