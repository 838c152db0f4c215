import { message } from '../support/scripted-upstream.ts';
import { say } from '../support/raw-client.ts';

/** Bytes of a conversation's lines, and how many ReadyForQuery they ask for. */
export interface Spoken { readonly bytes: Buffer; readonly readies: number }

/**
 * One message a line, as the trace writes them. Names and values are JSON strings; the text of Query and Parse is the rest of the line.
 *
 *     Query SELECT 1
 *     Parse "s1" SELECT $1::int
 *     Bind "p1" "s1" "42"
 *     Describe S "s1"
 *     Execute "p1" 10
 *     Close P "p1"
 *     CopyData "1\n"
 *     Bytes 51000000
 */
export function speak(lines: string): Spoken {
  const messages: Buffer[] = [];
  let readies = 0;
  for (const line of lines.split('\n').filter((line) => line !== '')) {
    const [word = ''] = line.split(' ', 1);
    const rest = line.slice(word.length + 1);
    if (word === 'Query' || word === 'Sync' || word === 'FunctionCall') readies++;
    messages.push(one(word, rest));
  }
  return { bytes: Buffer.concat(messages), readies };
}

function one(word: string, rest: string): Buffer {
  const strings = (): string[] => Array.from(rest.matchAll(/"(?:[^"\\]|\\.)*"/g), ([quoted]) => String(JSON.parse(quoted)));
  const [first = '', second = '', ...values] = ['Query', 'Parse'].includes(word) ? [] : strings();
  switch (word) {
    case 'Query': return say.query(rest);
    case 'Parse': {
      const [quoted = '""'] = /^"(?:[^"\\]|\\.)*"/.exec(rest) ?? [];
      return say.parse(String(JSON.parse(quoted)), rest.slice(quoted.length + 1));
    }
    case 'Bind': return say.bind(first, second, ...values);
    case 'Describe': return say.describe(rest.startsWith('S') ? 'S' : 'P', first);
    case 'Close': return say.close(rest.startsWith('S') ? 'S' : 'P', first);
    case 'Execute': return say.execute(first, Number(/ (\d+)$/.exec(rest)?.[1] ?? 0));
    case 'FunctionCall': return say.call(Number(rest));
    case 'CopyData': return say.copyData(first);
    case 'CopyFail': return say.copyFail(first);
    case 'CopyDone': return say.copyDone;
    case 'Sync': return say.sync;
    case 'Flush': return say.flush;
    case 'Terminate': return say.terminate;
    case 'Password': return message('p', first);
    case 'Bytes': return Buffer.from(rest.replaceAll(' ', ''), 'hex');
    default: throw new Error(`there is no message ${word}`);
  }
}
