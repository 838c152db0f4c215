import { MalformedMessage } from '../../../wire/reader.ts';
import type { Reader } from '../../../wire/reader.ts';

/** NAMEDATALEN - 1 (PostgreSQL's `src/include/pg_config_manual.h`), in bytes. */
export const longestName = 63;

/**
 * Reads the name of a prepared statement or portal. The server's hash tables cut names at 63 bytes: a longer one would
 * name one object for the gate and another for the server, so it is malformed.
 */
export function readName(body: Reader, field: string): string {
  const start = body.offset;
  const name = body.name(field);
  if (body.offset - start > longestName + 1) throw new MalformedMessage(`${field} is longer than ${longestName} bytes`);
  return name;
}

/** As `readName` refuses: throws `RangeError`. */
export function checkName(name: string): string {
  if (Buffer.byteLength(name) > longestName) throw new RangeError(`a name is longer than ${longestName} bytes`);
  return name;
}
