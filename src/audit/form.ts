import { crcBytes, crcEnd, crcStart } from './crc.ts';
import { recordUid } from './stamp.ts';
import { frameHeaderLength, frameKind } from './wal-format.ts';

/**
 * Canonical JSON cut around what changes from record to record. A decision's: around its sequence, uid and time. An outcome's: around sequence, uid,
 * time, bytes, the decision's sequence and uid, and rows.
 */
export type DecisionPieces = readonly [string, string, string, string];
export type OutcomePieces = readonly [string, string, string, string, string, string, string, string];
type Pieces = DecisionPieces | OutcomePieces;

export interface DecisionValues { readonly sequence: number; readonly time: number }
export interface OutcomeValues extends DecisionValues { readonly bytes: number; readonly rows: number; readonly decision: DecisionValues }

/** `node`: the last 48 bits of the writer's ids, in hexadecimal. */
export function decisionText(pieces: DecisionPieces, { sequence, time }: DecisionValues, node: string): string {
  return `${pieces[0]}${sequence}${pieces[1]}${recordUid(time, sequence, node)}${pieces[2]}${time}${pieces[3]}`;
}

export function outcomeTextOf(pieces: OutcomePieces, { sequence, time, bytes, rows, decision }: OutcomeValues, node: string): string {
  return `${pieces[0]}${sequence}${pieces[1]}${recordUid(time, sequence, node)}${pieces[2]}${time}${pieces[3]}${bytes}${pieces[4]}${decision.sequence}`
    + `${pieces[5]}${recordUid(decision.time, decision.sequence, node)}${pieces[6]}${rows}${pieces[7]}`;
}

/**
 * A form's payload: its number (4 bytes), the node (6), the number of pieces (1), the length of each in UTF-8 (3 each), and the pieces.
 * Numbers are given by a writer in the order of need; a later definition of a number holds from there on.
 */
const formHead = 11;

/** Writes it at `at`. Returns its length. */
export function writeForm(bytes: Buffer, at: number, number: number, node: string, pieces: Pieces): number {
  bytes.writeUInt32BE(number, at);
  bytes.write(node, at + 4, 'hex');
  bytes.writeUInt8(pieces.length, at + 10);
  let end = at + formHead + 3 * pieces.length;
  for (const [k, piece] of pieces.entries()) {
    const length = bytes.write(piece, end, 'utf8');
    bytes.writeUIntBE(length, at + formHead + 3 * k, 3);
    end += length;
  }
  return end - at;
}

export interface ReadForm { readonly number: number; readonly node: string; readonly pieces: Pieces }

/** Undefined when it is none. */
export function readForm(payload: Buffer): ReadForm | undefined {
  const count = payload[10] ?? 0;
  let at = formHead + 3 * count;
  if (payload.length < at) return undefined;
  const pieces = Array.from({ length: count }, (_, k) => payload.toString('utf8', at, at += payload.readUIntBE(formHead + 3 * k, 3)));
  if (at !== payload.length) return undefined;
  const [a, b, c, d, e, f, g, h] = pieces;
  if (a === undefined || b === undefined || c === undefined || d === undefined) return undefined;
  const number = payload.readUInt32BE(0);
  const node = payload.toString('hex', 4, 10);
  if (count === 4) return { number, node, pieces: [a, b, c, d] };
  return e === undefined || f === undefined || g === undefined || h === undefined || count !== 8 ? undefined : { number, node, pieces: [a, b, c, d, e, f, g, h] };
}

/**
 * A record by a form. Payload: the form's number (4 bytes), the sequence modulo 2^32 (4), the time (6); of an outcome also bytes (6), rows (6), how far
 * back the decision stands (4) and its time (6); and `\n`, so that a record whose end was never written shows it.
 */
const decisionLength = 15;
const outcomeLength = 37;
const mark = 0x0a;
/** What six bytes hold. */
export const mostCount = 0xffff_ffff_ffff;

export const decisionFrameLength = frameHeaderLength + decisionLength;
export const outcomeFrameLength = frameHeaderLength + outcomeLength;

/** Writes a frame at `at`. On the path of every command: plain stores. */
export function writeDecisionFrame(bytes: Uint8Array, at: number, form: number, sequence: number, time: number): void {
  begin(bytes, at, decisionLength, form, sequence, time);
  finish(bytes, at, decisionLength, sequence);
}

export function writeOutcomeFrame(bytes: Uint8Array, at: number, form: number, values: OutcomeValues): void {
  begin(bytes, at, outcomeLength, form, values.sequence, values.time);
  writeSix(bytes, at + 22, values.bytes);
  writeSix(bytes, at + 28, values.rows);
  writeFour(bytes, at + 34, values.sequence - values.decision.sequence);
  writeSix(bytes, at + 38, values.decision.time);
  finish(bytes, at, outcomeLength, values.sequence);
}

function begin(bytes: Uint8Array, at: number, length: number, form: number, sequence: number, time: number): void {
  bytes[at] = frameKind.byForm;
  bytes[at + 1] = 0;
  bytes[at + 2] = 0;
  bytes[at + 3] = length;
  writeFour(bytes, at + 8, form);
  writeFour(bytes, at + 12, sequence % 0x1_0000_0000);
  writeSix(bytes, at + 16, time);
}

function finish(bytes: Uint8Array, at: number, length: number, sequence: number): void {
  const end = at + frameHeaderLength + length;
  bytes[end - 1] = mark;
  writeFour(bytes, at + 4, crcEnd(crcBytes(crcBytes(crcStart(sequence), bytes, at, at + 4), bytes, at + frameHeaderLength, end)));
}

function writeFour(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

function writeSix(bytes: Uint8Array, at: number, value: number): void {
  const high = Math.floor(value / 0x1_0000_0000);
  bytes[at] = high >>> 8;
  bytes[at + 1] = high;
  writeFour(bytes, at + 2, value % 0x1_0000_0000);
}

/** Is it as long as a record by a form, and whole? */
export function isWholeByForm(payload: Buffer): boolean {
  return (payload.length === decisionLength || payload.length === outcomeLength) && payload.at(-1) === mark;
}

/** Modulo 2^32. */
export function sequenceByForm(payload: Buffer): number { return payload.readUInt32BE(4); }

/** The form that a whole record by a form needs. */
export function formNumber(payload: Buffer): number { return payload.readUInt32BE(0); }

/** The record's own bytes; undefined when the form is of another kind. */
export function recordByForm(payload: Buffer, sequence: number, { pieces, node }: ReadForm): Buffer | undefined {
  const time = payload.readUIntBE(8, 6);
  if (payload.length === decisionLength) return pieces.length === 4 ? Buffer.from(decisionText(pieces, { sequence, time }, node)) : undefined;
  if (pieces.length !== 8) return undefined;
  const decision = { sequence: sequence - payload.readUInt32BE(26), time: payload.readUIntBE(30, 6) };
  return Buffer.from(outcomeTextOf(pieces, { sequence, time, bytes: payload.readUIntBE(14, 6), rows: payload.readUIntBE(20, 6), decision }, node));
}
