import { createServer, type AddressInfo, type Socket } from 'node:net';

/** What a scripted server does next. `deaf` stops reading, so that the other side's writes pile up; `reset` closes with RST. */
export type Action = { readonly send: Buffer } | 'close' | 'reset' | 'deaf';

/** A message as it came, after startup: its type and what follows the length. */
export interface Heard { readonly type: string; readonly body: Buffer; readonly session: ScriptedSession }

export interface Script {
  /** How a client is let in. It is asked for a password and any will do. Default `trust`. */
  readonly auth?: 'trust' | 'cleartext' | 'md5';
  /** In place of everything that a server says after StartupMessage. */
  readonly greeting?: readonly Action[];
  readonly parameters?: Readonly<Record<string, string>>;
  readonly key?: { readonly pid: number; readonly secret: Buffer };
  /** Undefined: what a server without tables and errors would do. An empty list: silence. */
  readonly on?: (heard: Heard) => readonly Action[] | undefined;
}

export interface ScriptedSession {
  /** Of the StartupMessage. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Every byte since this server said that it is ready. */
  received(): Buffer;
  act(...actions: readonly Action[]): void;
  readonly closed: Promise<void>;
}

/** A PostgreSQL server that does as it is told, for what a real one cannot be made to do, and to see exactly what reaches it. */
export interface ScriptedUpstream {
  readonly host: '127.0.0.1';
  readonly port: number;
  readonly sessions: readonly ScriptedSession[];
  /** Connections of any kind, those that only cancel among them. */
  readonly connections: number;
  readonly cancels: readonly { readonly pid: number; readonly secret: Buffer }[];
  /** What came after startup, over all sessions. */
  received(): Buffer;
  /** Throws unless nothing came after startup but the farewell (Terminate), which carries nothing. */
  expectZeroBytes(): void;
  stop(): Promise<void>;
}

const defaultParameters = {
  server_version: '18.4', server_encoding: 'UTF8', client_encoding: 'UTF8', standard_conforming_strings: 'on', integer_datetimes: 'on', DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres', TimeZone: 'UTC', is_superuser: 'off', session_authorization: 'scripted', application_name: '', search_path: '"$user", public', in_hot_standby: 'off', default_transaction_read_only: 'off', scram_iterations: '4096',
};

/** One message of the wire: type, length, body (PostgreSQL documentation, section 54.7). Strings get their terminating zero byte. */
export function message(type: string, ...parts: readonly (Buffer | string | number)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => typeof part === 'string' ? Buffer.from(`${part}\0`) : typeof part === 'number' ? Buffer.from([part]) : part));
  const head = Buffer.alloc(5, type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

export function ready(status: 'I' | 'T' | 'E' = 'I'): Buffer { return message('Z', status.codePointAt(0) ?? 0); }
export function commandComplete(tag: string): Buffer { return message('C', tag); }
export function errorResponse(code: string, text: string, severity = 'ERROR'): Buffer {
  return message('E', Buffer.from('S'), severity, Buffer.from('V'), severity, Buffer.from('C'), code, Buffer.from('M'), text, 0);
}
/** All but the last byte: the next message never quite comes. */
export function half(bytes: Buffer): Buffer { return bytes.subarray(0, -1); }

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export async function scriptedUpstream(script: Script = {}): Promise<ScriptedUpstream> {
  const sockets = new Set<Socket>();
  const sessions: (ScriptedSession & { readonly chunks: Buffer[] })[] = [];
  const cancels: { pid: number; secret: Buffer }[] = [];
  let connections = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    connections++;
    sockets.add(socket);
    socket.once('close', () => { sockets.delete(socket); }).on('error', () => undefined);
    // Whatever the other side does to the connection ends the conversation, which is all there is to say of it.
    void converse(new Frames(socket)).catch(() => undefined).finally(() => { socket.destroy(); });
  });

  async function converse(frames: Frames): Promise<void> {
    const startup = await meet(frames);
    if (startup === undefined) return;
    const chunks: Buffer[] = [];
    const session = {
      parameters: startup, chunks, received: () => Buffer.concat(chunks), act: (...actions: readonly Action[]) => { perform(frames, actions); },
      closed: new Promise<void>((done) => { frames.socket.once('close', () => { done(); }); }),
    };
    sessions.push(session);
    if (script.auth !== undefined && script.auth !== 'trust' && script.greeting === undefined) {
      frames.socket.write(script.auth === 'md5' ? message('R', int32(5), Buffer.from('salt')) : message('R', int32(3)));
      await frames.next('typed');
    }
    perform(frames, script.greeting ?? [{ send: welcome(script) }]);
    frames.recordInto(chunks);
    for (;;) {
      const { type, body } = await frames.next('typed');
      perform(frames, script.on?.({ type, body, session }) ?? politely(type));
    }
  }

  /** Up to a StartupMessage; undefined when the connection was there to cancel. Encryption is declined, as by a server without certificate. */
  async function meet(frames: Frames): Promise<ReadonlyMap<string, string> | undefined> {
    for (;;) {
      const { body } = await frames.next('untyped');
      const code = body.readInt32BE();
      if (code === 80877103 || code === 80877104) frames.socket.write('N');
      else if (code === 80877102) {
        cancels.push({ pid: body.readInt32BE(4), secret: Buffer.from(body.subarray(8)) });
        return undefined;
      } else {
        const words = body.subarray(4).toString('utf8').split('\0');
        return new Map(words.flatMap((word, index) => index % 2 === 0 && word !== '' ? [[word, words[index + 1] ?? ''] as const] : []));
      }
    }
  }

  await new Promise<void>((listening, failed) => { server.once('error', failed).listen(0, '127.0.0.1', listening); });
  const received = (): Buffer => Buffer.concat(sessions.flatMap(({ chunks }) => chunks));
  return {
    host: '127.0.0.1', port: (server.address() as AddressInfo).port, // a TCP server that listens has no other kind of address
    sessions, cancels, received, get connections() { return connections; },
    expectZeroBytes() {
      for (const session of sessions) {
        const bytes = session.received();
        if (bytes.length > 0 && !bytes.equals(message('X'))) throw new Error(`${bytes.length} bytes reached the upstream: ${bytes.subarray(0, 200).toString('latin1')}`);
      }
    },
    async stop() {
      const closed = new Promise((done) => { server.close(done); });
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function welcome({ parameters, key }: Script): Buffer {
  const statuses = Object.entries({ ...defaultParameters, ...parameters }).map(([name, value]) => message('S', name, value));
  return Buffer.concat([message('R', int32(0)), ...statuses, message('K', int32(key?.pid ?? 4711), key?.secret ?? Buffer.from('key!')), ready()]);
}

function politely(type: string): readonly Action[] {
  switch (type) {
    case 'Q': return [{ send: Buffer.concat([commandComplete('SELECT 0'), ready()]) }];
    case 'P': return [{ send: message('1') }];
    case 'B': return [{ send: message('2') }];
    case 'C': return [{ send: message('3') }];
    case 'D': return [{ send: message('n') }];
    case 'E': return [{ send: commandComplete('SELECT 0') }];
    case 'S': return [{ send: ready() }];
    case 'X': return ['close'];
    default: return [];
  }
}

function perform(frames: Frames, actions: readonly Action[]): void {
  for (const action of actions) {
    if (action === 'close') frames.socket.end();
    else if (action === 'reset') frames.socket.resetAndDestroy();
    else if (action === 'deaf') frames.deafen();
    else frames.socket.write(action.send);
  }
}

/** The messages of one connection, in order; rejects when it ends. */
class Frames {
  readonly socket: Socket;
  readonly #chunks: AsyncIterator<unknown>;
  #bytes = Buffer.alloc(0);
  #record: Buffer[] | undefined;
  #deaf = false;

  constructor(socket: Socket) {
    this.socket = socket;
    this.#chunks = socket[Symbol.asyncIterator]();
  }

  /** From here on every byte is kept, whether it makes a whole message or not. */
  recordInto(chunks: Buffer[]): void {
    this.#record = chunks;
    if (this.#bytes.length > 0) chunks.push(this.#bytes);
  }

  deafen(): void { this.#deaf = true; }

  async next(kind: 'typed' | 'untyped'): Promise<{ type: string; body: Buffer }> {
    const head = kind === 'typed' ? 1 : 0;
    for (;;) {
      if (this.#deaf) await new Promise<never>((_, gone) => { this.socket.once('close', () => { gone(new Error('closed')); }); });
      const length = this.#bytes.length < head + 4 ? undefined : this.#bytes.readInt32BE(head);
      if (length !== undefined && this.#bytes.length >= head + length) {
        const whole = this.#bytes.subarray(0, head + length);
        this.#bytes = this.#bytes.subarray(head + length);
        return { type: whole.subarray(0, head).toString('latin1'), body: whole.subarray(head + 4) };
      }
      const { done, value } = await this.#chunks.next();
      if (done === true || !Buffer.isBuffer(value)) throw new Error('closed');
      this.#record?.push(value);
      this.#bytes = Buffer.concat([this.#bytes, value]);
    }
  }
}
