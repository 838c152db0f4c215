import type { BoundValue } from '../../core/interpretation.ts';
import { MalformedMessage, type Reader } from '../../wire/reader.ts';
import { decodeBind, type FormatCode } from './messages/bind.ts';

/** Longer values tell nothing that a decision could stand on. Bytes. */
const longest = 1024;

/** Oids of the types whose values are read (src/include/catalog/pg_type.dat). */
const typeNames: ReadonlyMap<number, string> = new Map([
  [16, 'bool'], [20, 'int8'], [21, 'int2'], [23, 'int4'], [25, 'text'], [1043, 'varchar'], [1082, 'date'], [1114, 'timestamp'], [1184, 'timestamptz'],
]);
/** `unknown` is what a client says that leaves it to the server, as 0 does. */
const inferred = new Set([0, 705]);

/** As `BoundValue.type`; `other` for one whose values are not read. */
export function typeName(oid: number): string | undefined {
  return inferred.has(oid) ? undefined : typeNames.get(oid) ?? 'other';
}

/** The day that dates and moments are counted from (src/include/datatype/timestamp.h, POSTGRES_EPOCH_JDATE). */
const epoch = Date.UTC(2000, 0, 1);
const dayMs = 86_400_000;

/**
 * What the parameters of a Bind are, as far as it can be told. `types`: oids, as Parse or the server's ParameterDescription said. Empty for a
 * message that is not one: the server will say so.
 */
export function boundValues(body: Reader, types: readonly number[]): readonly BoundValue[] {
  try {
    const { parameters, parameterFormats } = decodeBind(body);
    return parameters.map((value, i) => boundValue(value, parameterFormats.length === 1 ? parameterFormats[0] ?? 0 : parameterFormats[i] ?? 0, types[i] ?? 0));
  } catch (error) {
    if (error instanceof MalformedMessage) return [];
    throw error;
  }
}

function boundValue(value: Buffer | null, format: FormatCode, oid: number): BoundValue {
  const type = typeName(oid);
  if (value === null) return { text: null, type };
  if (value.length > longest || type === 'other') return { text: undefined, type };
  if (format === 0) return { text: utf8(value), type };
  // Without a type nobody here knows what the bytes mean.
  return { text: type === undefined ? undefined : fromBinary(value, type), type };
}

function utf8(value: Buffer): string | undefined {
  const text = value.toString('utf8');
  return text.includes('\uFFFD') || text.includes('\0') ? undefined : text;
}

/** As the type's own send function writes it; undefined for what it does not write, and for moments without end. */
function fromBinary(value: Buffer, type: string): string | undefined {
  switch (type) {
    case 'bool': return value.length === 1 && value.readUInt8() <= 1 ? String(value.readUInt8() === 1) : undefined;
    case 'int2': return value.length === 2 ? String(value.readInt16BE()) : undefined;
    case 'int4': return value.length === 4 ? String(value.readInt32BE()) : undefined;
    case 'int8': return value.length === 8 ? String(value.readBigInt64BE()) : undefined;
    case 'text': case 'varchar': return utf8(value);
    case 'date': return value.length === 4 ? moment(epoch + value.readInt32BE() * dayMs)?.slice(0, 10) : undefined;
    case 'timestamp': case 'timestamptz': return value.length === 8 ? moment(epoch + Number(value.readBigInt64BE() / 1000n)) : undefined;
    default: return undefined;
  }
}

function moment(ms: number): string | undefined {
  const date = new Date(ms);
  const year = date.getUTCFullYear();
  // Not a number for what is beyond the reach of Date, infinity among it.
  return year >= 1000 && year <= 9999 ? date.toISOString() : undefined;
}
