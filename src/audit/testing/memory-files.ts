import { basename, dirname } from 'node:path';
import type { Files } from '../files.ts';

/** What was done to a file since its last sync: bytes at a place, or a new length. */
type Change = { readonly at: number; readonly bytes: Buffer } | { readonly length: number };

interface Inode { live: Buffer; synced: Buffer; unsynced: Change[] }

export type FileCall = 'makeFolder' | 'list' | 'read' | 'readEnds' | 'create' | 'open' | 'write' | 'datasync' | 'datasyncNow' | 'truncate' | 'close' | 'remove' | 'syncFolder' | 'lock';

function failure(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}

/**
 * A disk in memory that remembers what would survive what. `killed` is the disk as another process sees it after this one died: all that was written.
 * `crashed` is one of the states that a power cut may leave: of each file what was synced and some of what was written since, the last of it torn;
 * of each folder the names as of its last sync, and perhaps later ones. After the model of ALICE (OSDI 2014), in small.
 */
export class MemoryFiles implements Files {
  #names = new Map<string, Inode>();
  #syncedNames = new Map<string, Inode>();
  readonly #open = new Map<number, Inode>();
  #numbers = 3;
  readonly #locked = new Set<string>();
  readonly calls: FileCall[] = [];
  /** Asked before each call; an error code makes the call fail. */
  fault: (call: FileCall, count: number) => string | undefined = () => undefined;
  /** Files whose number was given back while a sync of it was under way: it could be another file's by then. */
  closedInSync = 0;
  /** A write takes at most so many bytes. */
  mostWritten = Infinity;

  #called(call: FileCall): void {
    this.calls.push(call);
    const code = this.fault(call, this.calls.length);
    if (code !== undefined) throw failure(code);
  }

  makeFolder(): void { this.#called('makeFolder'); }

  list(folder: string): string[] {
    this.#called('list');
    return [...this.#names.keys()].filter((path) => dirname(path) === folder).map((path) => basename(path));
  }

  read(path: string): Buffer {
    this.#called('read');
    return Buffer.from(this.#inode(path).live);
  }

  readEnds(path: string, head: number, tail: number): { head: Buffer; tail: Buffer; size: number } {
    this.#called('readEnds');
    const { live } = this.#inode(path);
    return { head: Buffer.from(live.subarray(0, head)), tail: Buffer.from(live.subarray(Math.max(0, live.length - tail))), size: live.length };
  }

  create(path: string): number {
    this.#called('create');
    if (this.#names.has(path)) throw failure('EEXIST');
    const inode: Inode = { live: Buffer.alloc(0), synced: Buffer.alloc(0), unsynced: [] };
    this.#names.set(path, inode);
    return this.#handle(inode);
  }

  open(path: string): number {
    this.#called('open');
    return this.#handle(this.#inode(path));
  }

  /** A write that fails for want of room has written a part. */
  write(file: number, bytes: Uint8Array, offset: number, length: number, position: number): number {
    const inode = this.#file(file);
    const part = Buffer.from(bytes.subarray(offset, offset + Math.min(length, this.mostWritten)));
    try {
      this.#called('write');
    } catch (error) {
      if (error instanceof Error && error.message.startsWith('ENOSPC')) this.#change(inode, { at: position, bytes: part.subarray(0, part.length >> 1) });
      throw error;
    }
    this.#change(inode, { at: position, bytes: part });
    return part.length;
  }

  datasync(file: number, done: (error: Error | null) => void): void {
    const inode = this.#file(file);
    const { length } = inode.unsynced;
    const { live } = inode;
    let error: Error | null = null;
    try {
      this.#called('datasync');
    } catch (thrown) {
      error = thrown instanceof Error ? thrown : failure('EIO');
    }
    setImmediate(() => {
      if (this.#open.get(file) !== inode) this.closedInSync++;
      if (error === null) this.#settle(inode, live, length);
      // As Linux does: what could not be written is marked clean, and the next sync succeeds without it.
      else inode.unsynced.splice(0, length);
      done(error);
    });
  }

  datasyncNow(file: number): void {
    const inode = this.#file(file);
    try {
      this.#called('datasyncNow');
    } catch (error) {
      inode.unsynced = [];
      throw error;
    }
    this.#settle(inode, inode.live, inode.unsynced.length);
  }

  truncate(file: number, length: number): void {
    this.#called('truncate');
    this.#change(this.#file(file), { length });
  }

  close(file: number): void {
    this.#called('close');
    this.#open.delete(file);
  }

  remove(path: string): void {
    this.#called('remove');
    this.#names.delete(path);
  }

  syncFolder(folder: string): void {
    this.#called('syncFolder');
    for (const path of new Set([...this.#names.keys(), ...this.#syncedNames.keys()])) {
      if (dirname(path) !== folder) continue;
      const inode = this.#names.get(path);
      if (inode === undefined) this.#syncedNames.delete(path);
      else this.#syncedNames.set(path, inode);
    }
  }

  lock(folder: string): () => void {
    this.#called('lock');
    if (this.#locked.has(folder)) throw failure('EBUSY');
    this.#locked.add(folder);
    return () => { this.#locked.delete(folder); };
  }

  /** The bytes of each file, as a test wants them to be. */
  change(path: string, change: (bytes: Buffer) => Buffer): void {
    const inode = this.#inode(path);
    inode.live = change(Buffer.from(inode.live));
    inode.synced = inode.live;
    inode.unsynced = [];
  }

  get paths(): string[] { return [...this.#names.keys()].toSorted(); }
  bytes(path: string): Buffer { return Buffer.from(this.#inode(path).live); }

  killed(): MemoryFiles {
    const after = new MemoryFiles();
    const copies = new Map([...this.#names.values(), ...this.#syncedNames.values()].map((inode) => [inode, { ...inode, unsynced: [...inode.unsynced] }]));
    for (const [path, inode] of this.#names) after.#names.set(path, copies.get(inode) ?? inode);
    for (const [path, inode] of this.#syncedNames) after.#syncedNames.set(path, copies.get(inode) ?? inode);
    return after;
  }

  /** `choose(n)` picks one of n possibilities, 0 to n - 1. */
  crashed(choose: (possibilities: number) => number): MemoryFiles {
    const names = new Map(this.#syncedNames);
    for (const [path, inode] of this.#names) if (!names.has(path) && choose(2) === 1) names.set(path, inode);
    for (const path of this.#syncedNames.keys()) if (!this.#names.has(path) && choose(2) === 1) names.delete(path);
    return this.#after(names, (inode) => {
      const kept = choose(inode.unsynced.length + 1);
      let bytes = inode.unsynced.slice(0, kept).reduce(applied, inode.synced);
      const torn = inode.unsynced[kept];
      if (torn !== undefined && 'bytes' in torn) bytes = applied(bytes, { at: torn.at, bytes: torn.bytes.subarray(0, choose(torn.bytes.length + 1)) });
      return bytes;
    });
  }

  #after(names: ReadonlyMap<string, Inode>, bytes: (inode: Inode) => Buffer): MemoryFiles {
    const after = new MemoryFiles();
    for (const [path, inode] of names) {
      const live = bytes(inode);
      const copy: Inode = { live, synced: live, unsynced: [] };
      after.#names.set(path, copy);
      after.#syncedNames.set(path, copy);
    }
    return after;
  }

  #settle(inode: Inode, live: Buffer, changes: number): void {
    if (changes === 0) return;
    inode.synced = live;
    inode.unsynced.splice(0, changes);
  }

  #change(inode: Inode, change: Change): void {
    inode.live = applied(inode.live, change);
    inode.unsynced.push(change);
  }

  #handle(inode: Inode): number {
    const file = this.#numbers++;
    this.#open.set(file, inode);
    return file;
  }

  #file(file: number): Inode {
    const inode = this.#open.get(file);
    if (inode === undefined) throw failure('EBADF');
    return inode;
  }

  #inode(path: string): Inode {
    const inode = this.#names.get(path);
    if (inode === undefined) throw failure('ENOENT');
    return inode;
  }
}

function applied(bytes: Buffer, change: Change): Buffer {
  if ('length' in change) return bytes.subarray(0, change.length);
  const after = Buffer.alloc(Math.max(bytes.length, change.at + change.bytes.length));
  bytes.copy(after);
  change.bytes.copy(after, change.at);
  return after;
}
