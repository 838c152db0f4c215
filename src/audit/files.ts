import * as fs from 'node:fs';
import { join } from 'node:path';
import { lockFolder } from './folder-lock.ts';

/** The calls that the writer makes on a disk, behind one interface so that each can be made to fail. Errors are Node's, with `code`. */
export interface Files {
  makeFolder(path: string): void;
  /** Names in the folder. */
  list(folder: string): string[];
  read(path: string): Buffer;
  /** The last `length` bytes and the size. */
  readEnds(path: string, head: number, tail: number): { readonly head: Buffer; readonly tail: Buffer; readonly size: number };
  /** A new file for reading and writing; fails when it exists. */
  create(path: string): number;
  /** An existing file for reading and writing. */
  open(path: string): number;
  /** May write less than it was given. */
  write(file: number, bytes: Uint8Array, offset: number, length: number, position: number): number;
  /** fdatasync(2). Calls back exactly once, never before it returns. */
  datasync(file: number, done: (error: Error | null) => void): void;
  datasyncNow(file: number): void;
  truncate(file: number, length: number): void;
  close(file: number): void;
  remove(path: string): void;
  /** fsync(2) of the folder, so that a file's name survives the host. */
  syncFolder(folder: string): void;
  /** For this process alone, until released or the process ends. Throws when another has it. */
  lock(folder: string): () => void;
}

export const nodeFiles: Files = {
  makeFolder: (path) => { fs.mkdirSync(path, { recursive: true, mode: 0o700 }); },
  list: (folder) => fs.readdirSync(folder),
  read: (path) => fs.readFileSync(path),
  readEnds: (path, head, tail) => {
    const file = fs.openSync(path, 'r');
    try {
      const { size } = fs.fstatSync(file);
      return { size, head: readAt(file, 0, Math.min(head, size)), tail: readAt(file, Math.max(0, size - tail), Math.min(tail, size)) };
    } finally {
      fs.closeSync(file);
    }
  },
  create: (path) => fs.openSync(path, 'wx+', 0o600),
  open: (path) => fs.openSync(path, 'r+'),
  write: (file, bytes, offset, length, position) => fs.writeSync(file, bytes, offset, length, position),
  datasync: (file, done) => { fs.fdatasync(file, done); },
  datasyncNow: (file) => { fs.fdatasyncSync(file); },
  truncate: (file, length) => { fs.ftruncateSync(file, length); },
  close: (file) => { fs.closeSync(file); },
  remove: (path) => { fs.unlinkSync(path); },
  syncFolder: (folder) => {
    const file = fs.openSync(folder, 'r');
    try { fs.fsyncSync(file); } finally { fs.closeSync(file); }
  },
  lock: (folder) => lockFolder(join(folder, 'lock')),
};

/** At most `length` bytes; fewer where the file ends. */
export function readAt(file: number, position: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let got = 0;
  while (got < length) {
    const n = fs.readSync(file, bytes, got, length - got, position + got);
    if (n === 0) break;
    got += n;
  }
  return bytes.subarray(0, got);
}
