import { connect, type Socket } from 'node:net';
import { decodeErrorFields, serverError } from '../src/connectors/postgres/messages/error-response.ts';
import { encodeQuery } from '../src/connectors/postgres/messages/query.ts';
import { encodeStartup } from '../src/connectors/postgres/messages/startup.ts';
import { Login as LoginDialogue } from '../src/connectors/postgres/upstream/login.ts';
import { readExactly } from '../src/wire/read-exactly.ts';
import { Reader } from '../src/wire/reader.ts';
import type { Login } from './path.ts';

const headerLength = 5;
/** ReadyForQuery: type, length 5, one byte of transaction state (PostgreSQL, section 55.7). */
const readyLength = 6;
const ready = Buffer.from([0x5a, 0, 0, 0, 5]);

/** A session that does next to nothing with what it gets, so that what is measured is the way there. */
export interface WireClient {
  /** Resolves with the bytes of the answer. Throws with the server's words when its first message is an error. */
  query(text: string): Promise<number>;
  close(): void;
}

/** Logs in with SCRAM where it is asked for. */
export async function openSession(login: Login): Promise<WireClient> {
  const socket = connect({ host: '127.0.0.1', port: login.port, noDelay: true });
  socket.on('error', () => undefined);
  try {
    await logIn(socket, login);
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return { query: (text) => ask(socket, text), close: () => { socket.destroy(); } };
}

async function logIn(socket: Socket, login: Login): Promise<void> {
  const signal = AbortSignal.timeout(10_000);
  socket.write(encodeStartup(0, new Map([['user', login.user], ['database', login.database], ['client_encoding', 'UTF8']])));
  const dialogue = new LoginDialogue({ address: { kind: 'tcp', host: '127.0.0.1', port: login.port }, tls: { mode: 'disable' }, user: login.user, password: login.password, connectTimeout: 10_000 }, undefined, () => true);
  while (true) {
    const head = await readExactly(socket, headerLength, signal);
    const body = new Reader(await readExactly(socket, head.readInt32BE(1) - 4, signal));
    switch (String.fromCharCode(head[0] ?? 0)) {
      case 'R': {
        const answer = await dialogue.answer(body);
        if (answer !== undefined) socket.write(answer);
        break;
      }
      case 'E': throw new Error(`login: ${serverError(decodeErrorFields(body)).message}`);
      case 'Z': return;
      default: break;
    }
  }
}

function ask(socket: Socket, text: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    let tail: Buffer = Buffer.alloc(0);
    let refused: Buffer | undefined;
    const end = (): void => {
      socket.off('data', take).off('close', gone);
      socket.pause();
    };
    const gone = (): void => {
      end();
      reject(new Error('the connection ended in the middle of an answer'));
    };
    const take = (chunk: Buffer): void => {
      if (bytes === 0 && chunk[0] === 0x45) refused = chunk;
      bytes += chunk.length;
      tail = chunk.length >= readyLength ? chunk : Buffer.concat([tail.subarray(-readyLength), chunk]);
      // Answers here are digits: these bytes stand nowhere but at their end.
      if (tail.length < readyLength || tail.compare(ready, 0, ready.length, tail.length - readyLength, tail.length - 1) !== 0) return;
      end();
      if (refused === undefined) resolve(bytes);
      else reject(new Error(serverError(decodeErrorFields(new Reader(refused.subarray(headerLength, 1 + refused.readInt32BE(1))))).message));
    };
    socket.on('data', take).once('close', gone);
    socket.write(encodeQuery(text));
    socket.resume();
  });
}
