/**
 * The names of a list such as `search_path` holds, folded and unquoted as the server does (SplitIdentifierString, varlena.c).
 * Undefined when the list is not well formed. ASCII folding only: the server's own beyond it depends on its locale.
 */
export function splitIdentifiers(list: string): readonly string[] | undefined {
  const names: string[] = [];
  let rest = list.trim();
  if (rest === '') return names;
  for (;;) {
    const match = /^(?:"((?:[^"]|"")*)"|([^\s",]+))\s*(,\s*|$)/.exec(rest);
    if (match === null) return undefined;
    const quoted = match[1];
    const name = quoted === undefined ? (match[2] ?? '').replaceAll(/[A-Z]/g, (c) => c.toLowerCase()) : quoted.replaceAll('""', '"');
    if (quoted === undefined || name !== '') names.push(name);
    rest = rest.slice(match[0].length);
    if (match[3] === '') return names;
    if (rest === '') return undefined;
  }
}
