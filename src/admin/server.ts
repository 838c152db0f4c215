import type { Server } from 'node:http';
import { isIP, type AddressInfo } from 'node:net';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import type { AdminConfig } from '../config/config.ts';
import { isLoopback } from '../config/scalars.ts';
import { display } from '../core/display.ts';
import type { Log } from '../core/log.ts';
import { expositionType } from './exposition.ts';

/** One thing that must be so before clients are sent here. `detail` is shown to whoever asks: no secret, no literal. */
export interface Check { readonly name: string; readonly ok: boolean; readonly detail?: string }

export interface AdminOptions {
  readonly config: AdminConfig;
  /** All of them, each time anew. */
  readonly checks: () => readonly Check[] | Promise<readonly Check[]>;
  /** The text of /metrics: `renderMetrics` of every process. */
  readonly metrics: () => string | Promise<string>;
  readonly log: Log;
}

export interface AdminListener {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

/** The admin listener cannot be had; `mend` says what a person can do. */
export class AdminUnavailable extends Error {
  override readonly name = 'AdminUnavailable';
  readonly mend: string;
  constructor(message: string, mend: string) { super(message); this.mend = mend; }
}

/** Milliseconds; a scrape is one short request. */
const requestTimeout = 10_000;
const mostConnections = 128;
const longestHeaders = 8192;

/** The host of a Host header (RFC 9110, 7.2), without port and brackets; undefined when it has not that form. */
function hostOf(header: string): string | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::\d{1,5})?$/.exec(header);
  return match?.[1] ?? match?.[2];
}

/**
 * A page that a browser of this host shows can resolve its own name to 127.0.0.1 and read what answers there (DNS rebinding);
 * its Host header then carries that name. On loopback only loopback names pass; off it, addresses too, which no DNS is asked for.
 */
export function isHostAllowed(header: string | undefined, config: AdminConfig): boolean {
  const host = header === undefined ? undefined : hostOf(header)?.replace(/\.$/, '').toLowerCase();
  if (host === undefined) return false;
  if (isLoopback(host)) return true;
  return config.offLoopback && (isIP(host) !== 0 || config.hosts.some((name) => name.toLowerCase() === host));
}

function application(options: AdminOptions): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.use(async (context, next) => {
    const { incoming } = context.env;
    context.header('Cache-Control', 'no-store');
    context.header('X-Content-Type-Options', 'nosniff');
    // The absolute form (RFC 9112, 3.2.2) carries a second host, which nobody has checked.
    if (!isHostAllowed(incoming.headers.host, options.config) || incoming.url?.startsWith('/') !== true) {
      return context.text('this host name is not served here; use 127.0.0.1, or add the name to gateway.admin_hosts\n', 421);
    }
    if (incoming.method !== 'GET') {
      context.header('Allow', 'GET');
      return context.text('only GET is served here\n', 405);
    }
    await next();
    return undefined;
  });
  app.get('/healthz', (context) => context.json({ alive: true }));
  app.get('/readyz', async (context) => {
    const checks = (await options.checks()).map((check) => ({ name: check.name, ok: check.ok, ...(check.detail === undefined ? {} : { detail: display(check.detail) }) }));
    // No check at all is nothing known, not nothing wrong.
    const ready = checks.length > 0 && checks.every((check) => check.ok);
    return context.json({ ready, checks }, ready ? 200 : 503);
  });
  app.get('/metrics', async (context) => context.body(await options.metrics(), 200, { 'Content-Type': expositionType }));
  app.notFound((context) => context.text('served here: /healthz /readyz /metrics\n', 404));
  app.onError((error, context) => {
    options.log.error('the admin listener failed to answer', { error });
    return context.text('internal error\n', 500);
  });
  return app;
}

/** Binds and serves until closed. Rejects with `AdminUnavailable` when it may not, or cannot, bind. */
export async function serveAdmin(options: AdminOptions): Promise<AdminListener> {
  const { config, log } = options;
  // Config refuses it too; whoever builds a config in code meets it here.
  if (!isLoopback(config.listen.host) && !config.offLoopback) {
    throw new AdminUnavailable('the admin listener is off loopback, and it asks for no credential', 'listen on 127.0.0.1, or say `gateway.admin_off_loopback: true`');
  }
  // Without http2 or https options the adaptor makes a plain node:http server.
  const server = createAdaptorServer({
    fetch: application(options).fetch,
    serverOptions: { maxHeaderSize: longestHeaders, headersTimeout: requestTimeout, requestTimeout, keepAliveTimeout: 5000, connectionsCheckingInterval: 1000 },
  }) as Server;
  server.maxConnections = mostConnections;
  await new Promise<void>((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      const place = `${config.listen.host}:${config.listen.port}`;
      reject(new AdminUnavailable(`the admin listener cannot bind ${place} (${error.code ?? error.name})`, error.code === 'EADDRINUSE' ? 'stop what listens there, or change `gateway.admin`' : 'change `gateway.admin`'));
    };
    server.once('error', failed);
    server.listen(config.listen.port, config.listen.host, () => {
      server.off('error', failed);
      server.on('error', (error) => { log.error('the admin listener failed', { error }); });
      resolve();
    });
  });
  // A string only for a pipe or Unix socket, which is never listened on here.
  const { address, port } = server.address() as AddressInfo;
  return {
    host: address, port,
    close: () => new Promise<void>((resolve) => {
      server.close(() => { resolve(); });
      server.closeAllConnections();
    }),
  };
}
