import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { z } from 'zod';

const require = createRequire(import.meta.url);

/** Of this package. */
export const version: string = z.object({ version: z.string() }).parse(require('../../package.json')).version;

/** The parts that read commands and decide on them, as they are on this disk: in the record of each start, so that a changed one is seen. */
const parts: readonly (readonly [name: string, file: string])[] = [
  ['libpg-query.wasm', 'libpg-query/wasm/libpg-query.wasm'],
  ['cedar_wasm_bg.wasm', '@cedar-policy/cedar-wasm/esm/cedar_wasm_bg.wasm'],
];

export async function wasmDigests(): Promise<{ readonly name: string; readonly sha256: string }[]> {
  return Promise.all(parts.map(async ([name, file]) => {
    const [scope = '', second = ''] = file.split('/');
    const packageName = scope.startsWith('@') ? `${scope}/${second}` : scope;
    const folder = require.resolve.paths(packageName)?.map((path) => `${path}/${file}`) ?? [];
    for (const path of folder) {
      try {
        return { name, sha256: createHash('sha256').update(await readFile(path)).digest('hex') };
      } catch {
        continue;
      }
    }
    return { name, sha256: 'absent' };
  }));
}
