import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const server = spawn('node', ['node_modules/@modelcontextprotocol/server-postgres/dist/index.js', process.env.DATABASE_URL], { stdio: ['pipe', 'pipe', 'inherit'] });
const answers = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
let id = 0;
async function ask(method, params = {}) {
  server.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: ++id, method, params })}\n`);
  return JSON.parse((await answers.next()).value).result;
}
await ask('initialize', { protocolVersion: '2024-11-05', capabilities: {}, clientInfo: { name: 'corpus', version: '1' } });
server.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })}\n`);
const { resources } = await ask('resources/list');
await ask('resources/read', { uri: resources[0].uri });
for (const sql of [
  'SELECT table_name FROM information_schema.tables WHERE table_schema = \'public\'',
  'SELECT * FROM customers LIMIT 3',
  'SELECT c.name, COUNT(o.id) AS order_count, SUM(i.quantity * i.unit_price) AS total_spent FROM customers c JOIN orders o ON o.customer_id = c.id JOIN order_items i ON i.order_id = o.id GROUP BY c.name ORDER BY total_spent DESC LIMIT 10',
  'SELECT DATE_TRUNC(\'month\', placed_at) AS month, COUNT(*) FROM orders GROUP BY 1 ORDER BY 1',
]) await ask('tools/call', { name: 'query', arguments: { sql } });
server.stdin.end();
server.kill();
