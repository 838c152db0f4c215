import type { Socket } from 'node:net';

/** A place among what is not written yet: so many pieces, and so many bytes of the next one. */
export interface Mark { readonly piece: number; readonly bytes: number }

/**
 * What is to be written to one socket. Pieces that lie side by side in one buffer become one, so that a chunk whose messages all pass is
 * written whole; `flush` writes everything at once.
 */
export class Outflow {
  readonly #socket: Socket;
  #pieces: Buffer[] = [];
  #buffer: Buffer | undefined;
  #start = 0;
  #end = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  get empty(): boolean { return this.#buffer === undefined && this.#pieces.length === 0; }

  add(buffer: Buffer, start: number, end: number): void {
    if (this.#buffer === buffer && this.#end === start) {
      this.#end = end;
      return;
    }
    this.#seal();
    this.#buffer = buffer;
    this.#start = start;
    this.#end = end;
  }

  /** Where the next piece will stand; holds until it is written or forgotten. */
  mark(): Mark { return { piece: this.#pieces.length, bytes: this.#buffer === undefined ? 0 : this.#end - this.#start }; }

  insert({ piece, bytes }: Mark, inserted: Buffer): void {
    this.#seal();
    const around = this.#pieces[piece];
    if (around === undefined || bytes === 0) this.#pieces.splice(piece, 0, inserted);
    else if (bytes === around.length) this.#pieces.splice(piece + 1, 0, inserted);
    else this.#pieces.splice(piece, 1, around.subarray(0, bytes), inserted, around.subarray(bytes));
  }

  #seal(): void {
    if (this.#buffer === undefined) return;
    this.#pieces.push(this.#start === 0 && this.#end === this.#buffer.length ? this.#buffer : this.#buffer.subarray(this.#start, this.#end));
    this.#buffer = undefined;
  }

  /** Forgets what was not written. */
  drop(): void {
    this.#pieces = [];
    this.#buffer = undefined;
  }

  /** Bytes that stand behind the mark. */
  behind({ piece, bytes }: Mark): number {
    const sealed = this.#pieces.slice(piece).reduce((sum, { length }) => sum + length, 0);
    return sealed + (this.#buffer === undefined ? 0 : this.#end - this.#start) - bytes;
  }

  /** As `flush`, of what stands before the mark; what stands behind it is then all there is. */
  flushBefore(mark: Mark): boolean {
    this.#seal();
    const around = this.#pieces[mark.piece];
    const behind = this.#pieces.slice(mark.piece);
    if (around !== undefined && mark.bytes > 0) behind.splice(0, 1, ...(mark.bytes < around.length ? [around.subarray(mark.bytes)] : []));
    this.#pieces = this.#pieces.slice(0, mark.piece);
    if (around !== undefined && mark.bytes > 0) this.#pieces.push(around.subarray(0, mark.bytes));
    const room = this.flush();
    this.#pieces = behind;
    return room;
  }

  /** False when the socket's buffer is full: wait for `drain` before producing more. */
  flush(): boolean {
    this.#seal();
    const pieces = this.#pieces;
    if (pieces.length === 0 || this.#socket.destroyed) return true;
    this.#pieces = [];
    const [only] = pieces;
    if (pieces.length === 1 && only !== undefined) return this.#socket.write(only);
    this.#socket.cork();
    let room = true;
    for (const piece of pieces) room = this.#socket.write(piece);
    this.#socket.uncork();
    return room;
  }
}
