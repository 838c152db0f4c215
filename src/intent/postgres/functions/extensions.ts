import type { FunctionInfo } from '../../../core/catalog.ts';
import type { BuiltinClass } from './builtins.ts';
import { names } from './names.ts';
import { packs } from './packs.ts';

interface Reviewed { readonly known: ReadonlyMap<string, BuiltinClass>; readonly trustsBodies: boolean }

const reviewed: ReadonlyMap<string, Reviewed> = new Map([...packs].map(([extension, pack]) => {
  const known = new Map<string, BuiltinClass>();
  for (const name of names(pack.harmless)) known.set(name, { purity: 'reads-state' });
  for (const [name, effects] of pack.hazards ?? []) known.set(name, { effects });
  return [extension, { known, trustsBodies: pack.bodies === 'trusted' }];
}));

/**
 * What a function that belongs to an extension (`FunctionInfo.extension`) does. A function in C that is not volatile computes on its arguments, unless
 * the extension's pack says otherwise. Undefined: its body MUST be read, and it taken for opaque where there is none to read.
 */
export function lookupExtensionFunction(extension: string, name: string, volatility: FunctionInfo['volatility'], language: string): BuiltinClass | undefined {
  const pack = reviewed.get(extension);
  const known = pack?.known.get(name);
  if (pack === undefined || known !== undefined) return known;
  if (volatility === 'volatile' || (!pack.trustsBodies && (language === 'sql' || language === 'plpgsql'))) return undefined;
  return { purity: volatility === 'immutable' ? 'pure' : 'reads-state' };
}
