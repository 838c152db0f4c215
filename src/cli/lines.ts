/** A line without its end, or that it was not kept because it was longer than allowed. */
export type InputLine = { readonly bytes: Buffer } | { readonly tooLong: true };

const newline = 0x0a;
const carriageReturn = 0x0d;

function lineOf(parts: readonly Buffer[]): InputLine {
  const bytes = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  return { bytes: bytes.at(-1) === carriageReturn ? bytes.subarray(0, -1) : bytes };
}

/** Cuts a stream of bytes at its newlines. Never holds more than `longest` bytes of a line; a last line needs no newline. */
export async function* linesOf(input: AsyncIterable<Uint8Array>, longest: number): AsyncGenerator<InputLine, void> {
  let parts: Buffer[] = [];
  let held = 0;
  let tooLong = false;
  for await (const chunk of input) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let at = 0;
    while (at < bytes.length) {
      const end = bytes.indexOf(newline, at);
      const part = bytes.subarray(at, end === -1 ? bytes.length : end);
      held += part.length;
      tooLong ||= held > longest;
      if (tooLong) parts = [];
      else parts.push(part);
      if (end === -1) break;
      yield tooLong ? { tooLong } : lineOf(parts);
      parts = [];
      held = 0;
      tooLong = false;
      at = end + 1;
    }
  }
  if (held > 0) yield tooLong ? { tooLong } : lineOf(parts);
}
