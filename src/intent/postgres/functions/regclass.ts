const maxParts = 3;
/** NAMEDATALEN - 1 (pg_config_manual.h): longer names are cut by the server, and then mean another relation. */
const maxNameBytes = 63;

/**
 * The parts of a relation's name as `regclass` reads them (regproc.c, stringToQualifiedNameList): parts between dots, unquoted ones in lower
 * case. Undefined for anything else: an oid in digits, a name that would be cut.
 */
export function regclassPath(text: string): readonly string[] | undefined {
  const parts: string[] = [];
  const part = /[ \t\n\r\f\v]*(?:"((?:[^"\0]|"")+)"|([A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*))[ \t\n\r\f\v]*(\.|$)/uy;
  while (part.lastIndex < text.length) {
    const match = part.exec(text);
    if (match === null) return undefined;
    const name = match[1] === undefined ? (match[2] ?? '').replaceAll(/[A-Z]/gu, (c) => c.toLowerCase()) : match[1].replaceAll('""', '"');
    if (Buffer.byteLength(name) > maxNameBytes || parts.length === maxParts) return undefined;
    parts.push(name);
    if (match[3] === '') return parts;
  }
  return undefined;
}

export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
