// A bare TCP relay in the same runtime: what any gate in Node costs before it does anything. `node bench/relay.ts LISTEN_PORT TARGET_PORT`.
import { connect, createServer } from 'node:net';

const [listen, target] = process.argv.slice(2).map(Number);
if (listen === undefined || target === undefined) throw new Error('usage: relay.ts LISTEN_PORT TARGET_PORT');

createServer({ noDelay: true }, (client) => {
  const upstream = connect({ host: '127.0.0.1', port: target, noDelay: true });
  client.pipe(upstream);
  upstream.pipe(client);
  client.on('error', () => upstream.destroy());
  upstream.on('error', () => client.destroy());
}).listen(listen, '127.0.0.1', () => console.log(`relay ${listen} -> ${target}`));
