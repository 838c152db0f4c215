import { FrameRules } from '../../wire/scanner.ts';
import { wholeBind } from './messages/bind.ts';

/** PostgreSQL's own largest message (PQ_LARGE_MESSAGE_LIMIT, src/include/libpq/libpq.h): 1 GiB less one. */
export const LARGEST = 0x3fffffff;
/** Messages that hold a name and a few numbers; the server's own limit is 10,000 (PQ_SMALL_MESSAGE_LIMIT). */
const SMALL = 10_000;
/** Room for a Parse's name and parameter types beside its text: 65,535 types of four bytes, and the name. */
const PARSE_EXTRA = 0xffff * 4 + 256;

/**
 * What a client may send after startup (PostgreSQL 18 documentation, section 54.7). Text that must be understood is kept whole up to
 * `textLimit` bytes; data streams, in messages of `messageLimit` bytes at most.
 */
export function clientFrames(textLimit: number, messageLimit: number): FrameRules {
  const largest = Math.min(LARGEST, messageLimit);
  return new FrameRules([
    { type: 'Q', mode: 'whole', limit: textLimit + 5, skipOversize: true },
    { type: 'P', mode: 'whole', limit: textLimit + PARSE_EXTRA, skipOversize: true },
    { type: 'B', mode: 'stream', limit: largest, head: wholeBind },
    { type: 'F', mode: 'stream', limit: largest, head: 4 },
    { type: 'd', mode: 'stream', limit: largest },
    { type: 'E', mode: 'whole', limit: SMALL },
    { type: 'D', mode: 'whole', limit: SMALL },
    { type: 'C', mode: 'whole', limit: SMALL },
    { type: 'f', mode: 'whole', limit: SMALL },
    { type: 'H', mode: 'whole', limit: 4 },
    { type: 'S', mode: 'whole', limit: 4 },
    { type: 'c', mode: 'whole', limit: 4 },
    { type: 'X', mode: 'whole', limit: 4 },
  ]);
}

/** An error or a notice may quote a whole value; beyond this the server is taken for broken. */
const LARGEST_ERROR = 64 << 20;

/** What a server may send after startup. CopyBothResponse is of replication, which is refused at startup: not in the list. */
export const serverFrames = new FrameRules([
  ...['D', 'd', 'V', 'T'].map((type) => ({ type, mode: 'stream' as const, limit: LARGEST })),
  // Whole, since they may come at any time: an answer of the gate's own must not fall into the middle of one.
  ...['E', 'N'].map((type) => ({ type, mode: 'whole' as const, limit: LARGEST_ERROR })),
  ...['A', 'S', 'G', 'H', 'C', 'K'].map((type) => ({ type, mode: 'whole' as const, limit: 1 << 20 })),
  { type: 't', mode: 'whole', limit: 6 + 0xffff * 4 },
  { type: 'Z', mode: 'whole', limit: 5 },
  ...['1', '2', '3', 'n', 's', 'I', 'c'].map((type) => ({ type, mode: 'whole' as const, limit: 4 })),
]);
