import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** Packs that ship with this version; their golden cases ran before it was released. */
const shipped: readonly string[] = ['baseline', 'open'].map((name) => resolve(import.meta.dirname, '../../policies', name));

async function files(folder: string): Promise<ReadonlyMap<string, Buffer>> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(folder.length));
  return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const)));
}

async function same(a: string, b: string): Promise<boolean> {
  if (a === b) return true;
  const [left, right] = await Promise.all([files(a), files(b)]);
  return left.size === right.size && [...left].every(([name, bytes]) => right.get(name)?.equals(bytes) === true);
}

/** Is it one pack, byte for byte as it ships? Then its golden cases need not run again before it comes into force, which takes most of a start. */
export async function isShipped(folders: readonly string[]): Promise<boolean> {
  const [folder] = folders;
  if (folder === undefined || folders.length > 1) return false;
  try {
    const alike = await Promise.all(shipped.map((pack) => same(resolve(folder), pack)));
    return alike.includes(true);
  } catch {
    // What cannot be read is said by whoever loads it.
    return false;
  }
}
