import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';

/** A relay that passes what the server says on in single bytes, each in a turn of the event loop of its own. */
export async function choppingRelay(port: number): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ host: '127.0.0.1', port, noDelay: true });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined).once('close', () => { sockets.delete(socket); });
    }
    near.pipe(far);
    void chop(far, near).catch(() => undefined);
  });
  await new Promise<void>((listening) => { server.listen(0, '127.0.0.1', listening); });
  return {
    port: (server.address() as AddressInfo).port, // a TCP server that listens has no other kind of address
    stop: async () => {
      const closed = new Promise((done) => { server.close(done); });
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function chop(from: Socket, to: Socket): Promise<void> {
  for await (const chunk of from) {
    if (!Buffer.isBuffer(chunk)) continue;
    for (let at = 0; at < chunk.length && !to.destroyed; at++) {
      to.write(chunk.subarray(at, at + 1));
      await turn();
    }
  }
  to.end();
}
