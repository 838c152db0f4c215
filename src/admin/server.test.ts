import { request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import type { AdminConfig } from '../config/config.ts';
import { AdminUnavailable, isHostAllowed, serveAdmin, type AdminListener, type Check } from './server.ts';

const listeners: AdminListener[] = [];
const errors: string[] = [];
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: (message: string) => { errors.push(message); } };
const loopbackOnly: AdminConfig = { listen: { host: '127.0.0.1', port: 0 }, offLoopback: false, hosts: [] };

async function listening(checks: () => readonly Check[] | Promise<readonly Check[]> = () => [{ name: 'policy', ok: true }], metrics: () => string = () => 'x 1\n', config = loopbackOnly): Promise<AdminListener> {
  const listener = await serveAdmin({ config, checks, metrics, log });
  listeners.push(listener);
  return listener;
}
afterEach(async () => {
  errors.length = 0;
  for (const listener of listeners.splice(0)) await listener.close();
});

interface Answer { readonly status: number | undefined; readonly headers: Readonly<Record<string, unknown>>; readonly body: string }

function ask(listener: AdminListener, path: string, options: { readonly method?: string; readonly host?: string } = {}): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const sent = request({ host: listener.host, port: listener.port, path, method: options.method ?? 'GET', headers: options.host === undefined ? {} : { host: options.host } }, (response) => {
    text(response).then((body) => { resolve({ status: response.statusCode, headers: response.headers, body }); }, reject);
  });
  sent.on('error', reject);
  sent.end();
  return promise;
}

test('/healthz says that the process lives, whatever the checks say', async () => {
  const listener = await listening(() => [{ name: 'recording', ok: false }]);
  expect(await ask(listener, '/healthz')).toMatchObject({ status: 200, body: '{"alive":true}', headers: { 'cache-control': 'no-store' } });
});

describe('/readyz', () => {
  test('200 when all is well', async () => {
    const answer = await ask(await listening(() => [{ name: 'listening', ok: true }, { name: 'policy', ok: true, detail: '17 policies' }]), '/readyz');
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toEqual({ ready: true, checks: [{ name: 'listening', ok: true }, { name: 'policy', ok: true, detail: '17 policies' }] });
  });
  test('503 with the reasons, safe to show', async () => {
    const answer = await ask(await listening(() => Promise.resolve([{ name: 'listening', ok: true }, { name: 'recording', ok: false, detail: 'disk full\u001b[2J' }])), '/readyz');
    expect(answer.status).toBe(503);
    expect(JSON.parse(answer.body)).toEqual({ ready: false, checks: [{ name: 'listening', ok: true }, { name: 'recording', ok: false, detail: 'disk full\\u{1b}[2J' }] });
  });
  test('503 when nothing is known', async () => {
    expect((await ask(await listening(() => []), '/readyz')).status).toBe(503);
  });
  test('a check that throws is not ready, and says nothing of why to who asks', async () => {
    const answer = await ask(await listening(() => { throw new Error('hunter2'); }), '/readyz');
    expect(answer.status).toBe(500);
    expect(answer.body).not.toContain('hunter2');
    expect(errors).toEqual(['the admin listener failed to answer']);
  });
});

test('/metrics is Prometheus text', async () => {
  expect(await ask(await listening(), '/metrics')).toMatchObject({ status: 200, body: 'x 1\n', headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } });
});

test('anything else is not there', async () => {
  const listener = await listening();
  for (const path of ['/', '/admin', '/metrics/../etc/passwd', '/HEALTHZ']) expect((await ask(listener, path)).status).toBe(404);
});

test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH'])('%s is refused', async (method) => {
  for (const path of ['/healthz', '/readyz', '/metrics', '/']) expect(await ask(await listening(), path, { method })).toMatchObject({ status: 405, headers: { allow: 'GET' } });
});

describe('a name that an attacker resolves to this host is not served', () => {
  test.each(['evil.example', 'evil.example:7432', 'localhost.evil.example', '127.0.0.1.evil.example', '127.0.0.1:7432@evil.example', '10.0.0.1', '[::2]:7432', '0.0.0.0', 'localhost, evil.example'])('`%s`', async (host) => {
    const listener = await listening();
    for (const path of ['/healthz', '/readyz', '/metrics']) {
      const answer = await ask(listener, path, { host });
      expect([400, 421]).toContain(answer.status);
      expect(answer.body).not.toContain('x 1');
    }
  });
  test.each(['127.0.0.1', '127.0.0.1:7432', '127.1.2.3', 'localhost', 'LOCALHOST:1', 'localhost.', '[::1]:7432'])('`%s` is this host', async (host) => {
    expect((await ask(await listening(), '/healthz', { host })).status).toBe(200);
  });
  test('the absolute form, with a second host', async () => {
    expect((await ask(await listening(), 'http://evil.example/metrics', { host: '127.0.0.1' })).status).toBe(421);
  });
  test('off loopback: addresses and the names that were given', () => {
    const config = { listen: { host: '0.0.0.0', port: 1 }, offLoopback: true, hosts: ['gate.internal'] };
    for (const host of ['10.0.0.1:7432', '[fd00::1]', 'gate.internal:7432', 'GATE.internal', 'localhost']) expect(isHostAllowed(host, config)).toBe(true);
    for (const host of ['evil.example', 'x.gate.internal', 'gate.internal.evil.example', undefined, 'gate.internal/x', 'a b']) expect(isHostAllowed(host, config)).toBe(false);
  });
});

test('garbage, giant headers and a request without host end that connection, and the next one is served', async () => {
  const listener = await listening();
  for (const bytes of ['\u0000\u0001garbage\r\n\r\n', `GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 'GET /healthz HTTP/1.1\r\n\r\n', 'GET /healthz HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n', 'GET /healthz HTTP/1.0\r\n\r\n']) {
    const socket = connect(listener.port, listener.host);
    socket.end(bytes);
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 4\d\d /);
  }
  expect((await ask(listener, '/healthz')).status).toBe(200);
});

test('off loopback it binds only when told', async () => {
  await expect(serveAdmin({ config: { ...loopbackOnly, listen: { host: '0.0.0.0', port: 0 } }, checks: () => [], metrics: () => '', log })).rejects.toThrow(AdminUnavailable);
});

test('a taken port is an error with its mend', async () => {
  const { port } = await listening();
  await expect(serveAdmin({ config: { ...loopbackOnly, listen: { host: '127.0.0.1', port } }, checks: () => [], metrics: () => '', log })).rejects.toMatchObject({ name: 'AdminUnavailable', mend: expect.stringContaining('gateway.admin') });
});
