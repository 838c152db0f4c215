import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Others may write (inode(7)). */
const OTHERS_WRITE = 0o002;

/** The first policy folder or file that every user of the host may change; who can do that decides what passes. Undefined: none, or nothing is there. */
export async function writableByOthers(folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    try {
      const names = await readdir(folder, { recursive: true });
      for (const path of [folder, ...names.map((name) => join(folder, name))]) {
        if (((await stat(path)).mode & OTHERS_WRITE) !== 0) return path;
      }
    } catch {
      // What cannot be read is said by whoever loads it.
    }
  }
  return undefined;
}
