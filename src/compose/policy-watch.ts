import { stat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** How often policy folders are looked at; an edit is in force about a second later. */
const LOOK_MS = 1_000;

/** What would show that something in the folders was changed: names, sizes, times and modes of the files, two levels deep. */
async function fingerprint(folders: readonly string[]): Promise<string> {
  const parts: string[] = [];
  for (const folder of folders) {
    try {
      const names = (await readdir(folder, { recursive: true })).toSorted();
      for (const name of names) {
        const { mtimeNs, size, ino, mode } = await stat(join(folder, name), { bigint: true });
        parts.push(`${name}:${mtimeNs}:${size}:${ino}:${mode}`);
      }
    } catch (error) {
      parts.push(`${folder}: ${error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'}`);
    }
  }
  return parts.join('\n');
}

/** Calls `changed` after each change in the folders, once they were still for one look, until the signal. */
export async function watchPolicies(folders: readonly string[], changed: () => Promise<void>, signal: AbortSignal): Promise<void> {
  let inForce = await fingerprint(folders);
  let seen = inForce;
  while (!signal.aborted) {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, LOOK_MS);
      timer.unref();
      signal.addEventListener('abort', done, { once: true });
      function done(): void {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      }
    });
    if (signal.aborted) return;
    const now = await fingerprint(folders);
    // An editor that writes in several steps is left to finish.
    if (now !== inForce && now === seen) {
      inForce = now;
      await changed();
    }
    seen = now;
  }
}
