import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { message } from './scripted-upstream.ts';
import { wireTrace } from './wire-trace.ts';

/** Milliseconds to wait for an answer before a test gives up; generous, since machines are shared. */
const PATIENCE_MS = 15_000;

function int16(value: number): Buffer { return Buffer.from([(value >> 8) & 0xff, value & 0xff]); }
function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export const say = {
  query: (text: string): Buffer => message('Q', text),
  parse: (name: string, text: string): Buffer => message('P', name, text, int16(0)),
  /** All parameters and results as text. */
  bind: (portal: string, statement: string, ...values: readonly string[]): Buffer => message('B', portal, statement, int16(0), int16(values.length),
    Buffer.concat(values.flatMap((value) => [int32(Buffer.byteLength(value)), Buffer.from(value)])), int16(0)),
  describe: (kind: 'S' | 'P', name: string): Buffer => message('D', Buffer.from(kind), name),
  close: (kind: 'S' | 'P', name: string): Buffer => message('C', Buffer.from(kind), name),
  execute: (portal: string, rows = 0): Buffer => message('E', portal, int32(rows)),
  call: (oid: number): Buffer => message('F', int32(oid), int16(0), int16(0), int16(0)),
  sync: message('S'), flush: message('H'), terminate: message('X'), copyDone: message('c'),
  copyData: (data: string): Buffer => message('d', Buffer.from(data)),
  copyFail: (why: string): Buffer => message('f', why),
  startup: (parameters: Readonly<Record<string, string>>, minor = 0): Buffer => {
    const body = Buffer.concat([int32((3 << 16) | minor), ...Object.entries(parameters).map(([name, value]) => Buffer.from(`${name}\0${value}\0`)), Buffer.from([0])]);
    return Buffer.concat([int32(body.length + 4), body]);
  },
};

/** A client that says exactly what it is told, well-formed or not. */
export class RawClient {
  readonly socket: Socket;
  /** What `login` received. */
  startup: readonly string[] = [];
  startupBytes: Buffer = Buffer.alloc(0);
  #received: Buffer = Buffer.alloc(0);
  #closed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => { this.#received = Buffer.concat([this.#received, chunk]); });
    socket.on('error', () => undefined);
    socket.on('close', () => { this.#closed = true; });
  }

  /** Connected, nothing said yet. */
  static async open(port: number): Promise<RawClient> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    const client = new RawClient(socket);
    await new Promise<void>((resolve, reject) => { socket.once('connect', resolve).once('error', reject); });
    return client;
  }

  /** Logged in and idle; what was received so far is forgotten. Only where any proof is taken (the harness). */
  static async login(port: number, parameters: Readonly<Record<string, string>> = { user: 'ada', database: 'postgres' }): Promise<RawClient> {
    const client = await RawClient.open(port);
    client.send(say.startup(parameters));
    const asked = await client.until((lines) => lines.some((line) => line.includes('Authentication SASL') || line.includes('ErrorResponse')));
    if (asked.some((line) => line.includes('Authentication SASL'))) client.send(message('p', 'SCRAM-SHA-256', int32(-1)), message('p', Buffer.from('x')));
    await client.until((lines) => lines.some((line) => line.includes('ReadyForQuery') || line.includes('ErrorResponse')));
    client.startup = client.lines;
    client.startupBytes = client.received;
    client.forget();
    return client;
  }

  get closed(): boolean { return this.#closed; }
  get received(): Buffer { return this.#received; }
  get lines(): string[] { return wireTrace('B', this.#received, { stable: true }); }

  send(...messages: readonly Buffer[]): void { this.socket.write(Buffer.concat(messages)); }
  forget(): void { this.#received = Buffer.alloc(0); }

  /** Waits until the lines received fit; throws with them when they never do. */
  async until(fits: (lines: readonly string[]) => boolean): Promise<string[]> {
    for (const start = performance.now(); performance.now() - start < PATIENCE_MS; await sleep(2)) {
      if (fits(this.lines)) return this.lines;
      if (this.#closed) break;
    }
    if (fits(this.lines)) return this.lines;
    throw new Error(`what was waited for did not come${this.#closed ? ' before the connection was closed' : ''}; received:\n${this.lines.join('\n')}`);
  }

  /** Waits for so many ReadyForQuery. */
  untilReady(count = 1): Promise<string[]> { return this.until((lines) => lines.filter((line) => line.includes('ReadyForQuery')).length >= count); }

  async untilClosed(): Promise<string[]> {
    for (const start = performance.now(); performance.now() - start < PATIENCE_MS && !this.#closed; await sleep(2));
    if (!this.#closed) throw new Error(`the connection stayed open; received:\n${this.lines.join('\n')}`);
    return this.lines;
  }

  end(): void { this.socket.destroy(); }
}
