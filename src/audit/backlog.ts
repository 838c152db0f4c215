/** Framed records, end to end. `[0, synced)` is durable, `[synced, written)` is in the file, `[written, end)` waits for a write. */
export interface Chunk { readonly bytes: Buffer; synced: number; written: number; end: number }

/** A place in the backlog: all before it, when it was taken. */
export interface Mark { readonly chunk: Chunk; readonly at: number }

/** Bytes of a chunk: some hundreds of records, well above the largest. */
const chunkBytes = 1 << 20;
/** Chunks that are kept for use again. */
const mostSpare = 4;

/**
 * Every record that is not durable yet, in memory: a file whose sync failed cannot be asked for what it was given
 * ("Can Applications Recover from fsync Failures?", USENIX ATC 2020).
 */
export class Backlog {
  #chunks: Chunk[] = [emptyChunk()];
  #spare: Chunk[] = [];
  #last: Chunk = this.#chunks[0] ?? emptyChunk();
  /** Bytes that are not durable. */
  size = 0;

  /** The chunk to append to, with room for `bytes` (at most 128 KiB) behind its `end`. Append, then `commit`. */
  room(bytes: number): Chunk {
    const last = this.#last;
    if (last.end + bytes <= last.bytes.length) return last;
    const next = this.#spare.pop() ?? emptyChunk();
    this.#chunks.push(next);
    this.#last = next;
    return next;
  }

  commit(bytes: number): void {
    this.#last.end += bytes;
    this.size += bytes;
  }

  get chunks(): readonly Chunk[] { return this.#chunks; }

  /** The end of what is written. */
  mark(): Mark {
    const chunk = this.#chunks.findLast((chunk) => chunk.written > 0) ?? this.#last;
    return { chunk, at: chunk.written };
  }

  /** All before `mark` is durable: it is forgotten. The mark MUST be of now or of before, and nothing cleared since. */
  synced(mark: Mark): void {
    const upTo = this.#chunks.indexOf(mark.chunk);
    const passed = this.#chunks.splice(0, upTo);
    for (const chunk of passed) this.size -= chunk.end - chunk.synced;
    this.#keep(passed);
    this.size -= mark.at - mark.chunk.synced;
    mark.chunk.synced = mark.at;
    if (mark.chunk.synced < mark.chunk.end) return;
    // Emptied: begin again at its front, which the processor's cache still holds.
    if (mark.chunk === this.#last) reset(mark.chunk);
    else this.#keep(this.#chunks.splice(0, 1));
  }

  /** All is durable. */
  clear(): void {
    for (const chunk of this.#chunks) chunk.written = chunk.end;
    this.synced({ chunk: this.#last, at: this.#last.end });
  }

  #keep(chunks: readonly Chunk[]): void {
    for (const chunk of chunks) {
      if (this.#spare.length >= mostSpare) continue;
      reset(chunk);
      this.#spare.push(chunk);
    }
  }
}

function emptyChunk(): Chunk {
  return { bytes: Buffer.allocUnsafeSlow(chunkBytes), synced: 0, written: 0, end: 0 };
}

function reset(chunk: Chunk): void {
  chunk.synced = 0;
  chunk.written = 0;
  chunk.end = 0;
}
