import { parentPort } from 'node:worker_threads';
import { compact } from './compact.ts';
import { isTree, Parser, type ParseAnswer } from './parser.ts';
import { shapeOf } from './shape.ts';

/** Characters of JSON that the main thread reads back in about ten milliseconds. */
const maxAnswer = 2 * 1024 * 1024;

/** `tree` is JSON text, so that its cost on the other side is known beforehand. */
export interface WorkerAnswer { readonly tree: string | undefined; readonly other: Exclude<ParseAnswer, { version: number }> | undefined; readonly shape: string }

function answer(parser: Parser, text: string): WorkerAnswer {
  const tokens = parser.scan(text);
  const shape = Array.isArray(tokens) ? shapeOf(Buffer.from(text), tokens) : '';
  const parsed = parser.parse(text);
  if (!isTree(parsed)) return { tree: undefined, other: parsed, shape };
  compact(parsed);
  const tree = JSON.stringify(parsed);
  return tree.length > maxAnswer ? { tree: undefined, other: { opaque: 'too-large' }, shape } : { tree, other: undefined, shape };
}

const port = parentPort;
if (port !== null) {
  const parser = await Parser.create();
  port.on('message', (text: string) => {
    const reply = answer(parser, text);
    port.postMessage(reply);
  });
}
