import { classifySetting, type SettingClass } from './functions/settings.ts';

/** How a change of a setting is to be taken: what the session's state follows stands apart. */
export type ChangeClass = SettingClass | 'search-path' | 'encoding' | 'strings' | 'role';

/** `value` is undefined when it is not known or is the default. Names are folded by the caller. */
export function classifyChange(name: string, value: string | undefined): ChangeClass {
  switch (name) {
    case 'search_path': return 'search-path';
    case 'client_encoding': return 'encoding';
    case 'standard_conforming_strings': return 'strings';
    case 'role': case 'session_authorization': return 'role';
    default: return classifySetting(name, value);
  }
}

/** Spellings of UTF8 that the server takes (pg_enc2name with clean_encoding_name, encnames.c). */
export function isUtf8(value: string): boolean {
  return /^(?:utf8|unicode)$/.test(value.toLowerCase().replaceAll(/[^a-z0-9]/g, ''));
}

/** `undefined` when it is no boolean (parse_bool, bool.c: unambiguous prefixes count). */
export function parseBoolean(value: string): boolean | undefined {
  const text = value.toLowerCase();
  if (text === '') return undefined;
  if ('true'.startsWith(text) || 'yes'.startsWith(text) || text === 'on' || text === '1') return true;
  if ('false'.startsWith(text) || 'no'.startsWith(text) || text === 'off' || text === 'of' || text === '0') return false;
  return undefined;
}
