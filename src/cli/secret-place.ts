import { open, rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { display } from '../core/display.ts';
import type { Cli } from './cli.ts';
import { Failure } from './failure.ts';

export interface SecretWish { readonly out?: string; readonly print?: boolean; readonly json?: boolean }

/** Where a secret that is shown once will go; taken before the secret is made, so that none is made that nobody gets to see. */
export interface SecretPlace {
  /** Undefined: it is printed. */
  readonly file: string | undefined;
  put(url: string): Promise<void>;
  /** Nothing was made: leaves nothing behind. */
  release(): Promise<void>;
}

/** Owner only: it is a credential. */
const fileMode = 0o600;

/**
 * On a terminal it is printed; where output goes to a file, a pipe or a log it would stay, so it goes to a file of its own unless `print` says
 * otherwise. `replace`: a file of that name is an older secret of the same principal.
 */
export async function secretPlace(cli: Cli, name: string, wish: SecretWish, replace: boolean): Promise<SecretPlace> {
  const printed = wish.out === undefined && (wish.print === true || (cli.terminal.interactive && wish.json !== true));
  if (printed) return { file: undefined, put: async () => {}, release: async () => {} };
  const file = resolve(wish.out ?? `${name}.url`);
  // Beside it, so that the rename is in one file system and a reader never sees half of it.
  const path = replace ? `${file}.${process.pid}.new` : file;
  let handle;
  try {
    handle = await open(path, 'wx', fileMode);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
      throw new Failure(`${display(path)} is there already, and a connection string is never written over`, 'remove it, or name another file with --out');
    }
    throw error;
  }
  return {
    file,
    put: async (url) => {
      await handle.writeFile(`${url}\n`);
      await handle.sync();
      await handle.close();
      if (replace) await rename(path, file);
    },
    release: async () => {
      await handle.close();
      await rm(path, { force: true });
    },
  };
}
