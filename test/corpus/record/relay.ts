import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { ClientStream, ServerStream } from './frames.ts';
import { Listener, type Heard } from './listener.ts';

/** A relay on loopback that keeps what clients ask of a server, and what became of it. It offers no TLS: what it could not read it could not record. */
export interface RecordingRelay {
  readonly port: number;
  /** One list a connection, in the order in which they were opened. */
  readonly sessions: readonly (readonly Heard[])[];
  stop(): Promise<void>;
}

export async function recordingRelay(port: number): Promise<RecordingRelay> {
  const sockets = new Set<Socket>();
  const sessions: (readonly Heard[])[] = [];
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ host: '127.0.0.1', port, noDelay: true });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined).once('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    const listener = new Listener();
    sessions.push(listener.heard);
    void pass(near, far, new ClientStream(listener, (answer) => near.write(answer))).catch(() => { near.destroy(); });
    void pass(far, near, new ServerStream(listener)).catch(() => { far.destroy(); });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port, // a TCP server that listens has no other kind of address
    sessions,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** `stream.push` says what of a chunk goes on. */
async function pass(from: Socket, to: Socket, stream: { push(chunk: Buffer): Buffer }): Promise<void> {
  for await (const chunk of from) {
    const on = stream.push(chunk as Buffer); // a socket without an encoding gives buffers
    if (on.length > 0 && !to.destroyed && !to.write(on)) await once(to, 'drain');
  }
  to.end();
}
