import { crc32 } from 'node:zlib';

/**
 * A segment of the write-ahead file; all numbers big-endian.
 *
 * Header, 64 bytes:
 *   0  8  magic "GRDWAL1\n"
 *   8  4  version of the format, 2
 *  12  8  sequence of the first record
 *  20  1  length of the writer's name
 *  21 39  the writer's name, zero-padded
 *  60  4  CRC-32 of bytes 0 to 59
 *
 * Then frames, each:
 *   0  1  kind: 1 a record in full, 2 a form, 3 a record by a form
 *   1  3  length of the payload, at most 65,535 (an entry of a tlog-tiles log is at most that: C2SP tlog-tiles, section "Log entries")
 *   4  4  CRC-32 (IEEE, as zlib.crc32) of bytes 0 to 3 and the payload, begun with the record's sequence modulo 2^32 in place of 0; of a form, with
 *         its number
 *   8  .  payload
 *
 * A record in full is one OCSF event in canonical JSON (RFC 8785), exactly as it will be hashed. A record by a form stands for exactly such bytes, too,
 * of which those that repeat stand once a segment, in the form (form.ts): a gateway's records differ from the one before in some forty bytes.
 *
 * A segment that was closed in good order ends with a seal of 8 bytes: kind 4, a length of 0, and the CRC-32 of "sealed" begun with the next sequence.
 * One that is written to may end with zeros: room that was taken ahead, so that a sync need not change the file's length.
 * The first record of a segment has the sequence of its header, each further one the next. Segments of a writer follow each other without a gap; they
 * overlap where a file failed and what was not acknowledged durable was written again (the same bytes under the same sequence). Each defines the forms
 * that it uses.
 */
export const headerLength = 64;
export const frameHeaderLength = 8;
export const sealLength = 8;
export const mostRecordBytes = 65_535;

export const frameKind = { record: 1, form: 2, byForm: 3, seal: 4 } as const;
export type FrameKind = Exclude<keyof typeof frameKind, 'seal'>;

const magic = Buffer.from('GRDWAL1\n', 'latin1');
const formatVersion = 2;
const writerName = /^[a-z0-9][a-z0-9-]{0,38}$/;

export function isWriterName(name: string): boolean { return writerName.test(name); }

export interface SegmentHeader { readonly writer: string; readonly first: number }

export function segmentHeader(header: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(headerLength);
  magic.copy(bytes);
  bytes.writeUInt32BE(formatVersion, 8);
  bytes.writeBigUInt64BE(BigInt(header.first), 12);
  bytes.writeUInt8(header.writer.length, 20);
  bytes.write(header.writer, 21, 'latin1');
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 60)), 60);
  return bytes;
}

/** Undefined when it is none, or not whole. */
export function readHeader(bytes: Uint8Array): SegmentHeader | undefined {
  if (bytes.length < headerLength) return undefined;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, headerLength);
  if (!buffer.subarray(0, 8).equals(magic) || buffer.readUInt32BE(8) !== formatVersion) return undefined;
  if (buffer.readUInt32BE(60) !== crc32(buffer.subarray(0, 60))) return undefined;
  const writer = buffer.toString('latin1', 21, 21 + buffer.readUInt8(20));
  const first = Number(buffer.readBigUInt64BE(12));
  return isWriterName(writer) && Number.isSafeInteger(first) && first > 0 ? { writer, first } : undefined;
}

const sealed = Buffer.from('sealed', 'latin1');

export function sealFor(next: number): Buffer {
  const bytes = Buffer.alloc(sealLength);
  bytes.writeUInt8(frameKind.seal);
  bytes.writeUInt32BE(crc32(sealed, next % 0x1_0000_0000), 4);
  return bytes;
}

/** Of the frame `[start, end)`, whose kind and length stand in it already. `seed`: a record's sequence, a form's number. */
export function frameCrc(bytes: Buffer, start: number, end: number, seed: number): number {
  return crc32(bytes.subarray(start + frameHeaderLength, end), crc32(bytes.subarray(start, start + 4), seed % 0x1_0000_0000));
}

/** Writes kind, length and checksum in front of a payload that stands in its place. Returns where the frame ends. */
export function finishFrame(bytes: Buffer, start: number, kind: FrameKind, payloadLength: number, seed: number): number {
  const end = start + frameHeaderLength + payloadLength;
  bytes.writeUInt32BE(frameKind[kind] * 0x100_0000 + payloadLength, start);
  bytes.writeUInt32BE(frameCrc(bytes, start, end, seed), start + 4);
  return end;
}

/** Sorts by the first sequence and then by `again`: how many segments with the same first sequence were begun before. */
export interface SegmentName { readonly file: string; readonly first: number; readonly again: number }

const segmentFile = /^(\d{16})-(\d{4})\.wal$/;

export function segmentName(first: number, again: number): SegmentName {
  return { file: `${String(first).padStart(16, '0')}-${String(again).padStart(4, '0')}.wal`, first, again };
}

/** The segments among a folder's files, in order. */
export function segmentsAmong(files: readonly string[]): SegmentName[] {
  return files.flatMap((file) => {
    const match = segmentFile.exec(file);
    return match === null ? [] : [{ file, first: Number(match[1]), again: Number(match[2]) }];
  }).toSorted((a, b) => a.first - b.first || a.again - b.again);
}
