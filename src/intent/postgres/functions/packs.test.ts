import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { lookupExtensionFunction } from './extensions.ts';
import { names } from './names.ts';
import { packs } from './packs.ts';
import { formatExtensionList, parseExtensionList, type ExtensionFunction } from './testing/extension-functions.ts';

const folder = new URL('testdata/extensions/', import.meta.url);
const listed = new Map<string, readonly ExtensionFunction[]>();
for (const file of readdirSync(folder)) listed.set(file.slice(0, -'.txt'.length), parseExtensionList(readFileSync(new URL(file, folder), 'utf8')));

const readable = new Set(['sql', 'plpgsql']);

describe('packs against the lists of functions that were read from real servers (list-extensions.ts)', () => {
  test('each pack has its list, and each list its pack', () => {
    expect([...listed.keys()].toSorted()).toEqual([...packs.keys()].toSorted());
    expect([...listed.values()].flat().length).toBeGreaterThan(2000);
  });

  test('every volatile function whose body cannot be read is reviewed', () => {
    const missing = [...listed].flatMap(([extension, functions]) => functions
      .filter(({ name, volatility, language }) => volatility === 'volatile' && !readable.has(language) && lookupExtensionFunction(extension, name, volatility, language) === undefined)
      .map(({ name }) => `${extension}: ${name}`));
    expect(missing).toEqual([]);
  });

  test('nothing is reviewed that no version has', () => {
    const gone = [...packs].flatMap(([extension, pack]) => {
      const known = new Set(listed.get(extension)?.map(({ name }) => name));
      return [...names(pack.harmless), ...(pack.hazards ?? []).map(([name]) => name)].filter((name) => !known.has(name)).map((name) => `${extension}: ${name}`);
    });
    expect(gone).toEqual([]);
  });

  test('nothing is reviewed twice', () => {
    for (const pack of packs.values()) {
      const all = [...names(pack.harmless), ...(pack.hazards ?? []).map(([name]) => name)];
      expect(all.filter((name, i) => all.indexOf(name) !== i)).toEqual([]);
    }
  });

  test('a list reads as it was written', () => {
    for (const [extension, functions] of listed) {
      const text = readFileSync(new URL(`${extension}.txt`, folder), 'utf8');
      expect(formatExtensionList((text.split('\n')[0] ?? '').slice(2), functions)).toBe(text);
    }
  });
});

test('a body that can be read is read, whatever volatility it declares, where the pack does not name the function', () => {
  expect([
    lookupExtensionFunction('citext', 'regexp_replace', 'immutable', 'sql'), lookupExtensionFunction('citext', 'citext_eq', 'immutable', 'plpgsql'), lookupExtensionFunction('citext', 'citext_eq', 'immutable', 'c'),
    lookupExtensionFunction('postgis', 'addauth', 'volatile', 'plpgsql'), lookupExtensionFunction('postgis_raster', 'st_slope', 'immutable', 'plpgsql'), lookupExtensionFunction('pg_repack', 'get_assign', 'stable', 'sql'),
  ]).toEqual([undefined, undefined, { purity: 'pure' }, undefined, { purity: 'pure' }, undefined]);
});

test('functions that declare themselves harmless, and are not', () => {
  const effects = [['postgis', 'st_fromflatgeobuftotable'], ['pg_repack', 'repack_index_swap'], ['postgis_raster', 'st_mapalgebra'], ['address_standardizer', 'standardize_address'], ['tablefunc', 'connectby']] as const;
  for (const [extension, name] of effects) expect(lookupExtensionFunction(extension, name, 'immutable', 'c')).toHaveProperty('effects');
});
