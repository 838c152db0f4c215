import { names } from './names.ts';
import { settingGroups, settingNamespaces, type SettingClass, type SettingGroup } from './settings-table.ts';

export type { SettingClass } from './settings-table.ts';

function byName(groups: readonly SettingGroup[]): ReadonlyMap<string, SettingClass> {
  return new Map(groups.flatMap((group) => names(group.names).map((name) => [name, group.class] as const)));
}
const settings = byName(settingGroups);
const namespaces = byName(settingNamespaces);

/** What begins so is of the server's own log or of its plans' texts, also in releases that are not known here. */
const gatePrefixes = ['debug_', 'log_'];

/** Below NOTICE the server sends what `debug_print_*` and others write. */
const quietLevels: ReadonlySet<string> = new Set(['info', 'notice', 'warning', 'error', 'log', 'fatal', 'panic']);

/** By name in any case, as the server compares them. `value` is undefined when it is the default or not known. Names that no release has are `other`. */
export function classifySetting(name: string, value?: string): SettingClass {
  const folded = name.toLowerCase();
  if (folded === 'client_min_messages') return value === undefined || quietLevels.has(value.toLowerCase()) ? 'harmless' : 'gate';
  const known = settings.get(folded);
  if (known !== undefined) return known;
  const dot = folded.indexOf('.');
  if (dot !== -1) return namespaces.get(folded.slice(0, dot)) ?? 'other';
  return gatePrefixes.some((prefix) => folded.startsWith(prefix)) ? 'gate' : 'other';
}
