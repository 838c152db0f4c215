import { isIP } from 'node:net';
import type { GatewayConfig, HostPort, TargetConfig } from './config.ts';
import type { Path } from './document.ts';
import { isLocalUpstream } from './resolve.ts';
import { isLoopback } from './scalars.ts';

/** Something that one key says about another. A warning does not stop the start. */
export interface RuleFinding { readonly severity: 'error' | 'warning'; readonly path: Path; readonly problem: string; readonly mend: string }

function error(path: Path, problem: string, mend: string): RuleFinding { return { severity: 'error', path, problem, mend }; }
function warning(path: Path, problem: string, mend: string): RuleFinding { return { severity: 'warning', path, problem, mend }; }

/** `::` takes IPv4 too. */
function covers(one: HostPort, other: HostPort): boolean { return one.host === '::' || (one.host === '0.0.0.0' && isIP(other.host) !== 6); }

/** Two listeners that cannot both be: the same port, and the same address or all of them. */
function collide(a: HostPort, b: HostPort): boolean {
  return a.port === b.port && a.port !== 0 && (a.host === b.host || covers(a, b) || covers(b, a));
}

export function targetRules(target: TargetConfig): readonly RuleFinding[] {
  const at = (...keys: readonly string[]): Path => ['targets', target.target.name, ...keys];
  const found: RuleFinding[] = [];
  const exposed = !isLoopback(target.listen.host);
  if (exposed && !target.insecurePlaintext) {
    if (target.tls === undefined) found.push(error(at('listen'), 'is off loopback, and there is no `tls`', 'add `tls: { cert: PATH, key: PATH }`, listen on 127.0.0.1, or say `insecure_plaintext: true`'));
    else if (!target.tls.required) found.push(error(at('tls', 'required'), 'lets clients off loopback go on in plaintext', 'take it away, or say `insecure_plaintext: true`'));
  }
  if (target.insecurePlaintext && exposed && target.tls?.required !== true) found.push(warning(at('insecure_plaintext'), 'lets everybody on the way read and change what is sent', 'add `tls` and take it away'));
  if (target.insecurePlaintext && (!exposed || target.tls?.required === true)) found.push(warning(at('insecure_plaintext'), 'has no effect here', 'take it away'));

  const { upstreamTls: tls, upstream } = target;
  if ((tls.cert === undefined) !== (tls.key === undefined)) found.push(error(at('upstream_tls'), 'has one of `cert` and `key`', 'write both, or neither'));
  // Half of what the gate promises rests on the server's own rights (DESIGN promise 6); who is one is looked at again at start.
  if (upstream.user === 'postgres') found.push(warning(at('upstream'), 'logs in as `postgres`, a superuser on most servers', 'make a role that may do only what clients need'));
  const local = isLocalUpstream(upstream);
  if (tls.mode === 'disable') {
    if (!local) found.push(warning(at('upstream_tls', 'mode'), 'sends everything to the upstream in the clear', 'take it away (verify-full)'));
    if (tls.direct || tls.ca !== undefined || tls.cert !== undefined || tls.serverName !== undefined) found.push(error(at('upstream_tls'), 'has settings of TLS, and TLS is not used', 'add `mode: verify-full`, or take them away'));
  }
  if (tls.mode === 'require') {
    if (!local) found.push(warning(at('upstream_tls', 'mode'), 'encrypts to whoever answers', 'add `ca` and take `mode` away (verify-full)'));
    if (tls.ca !== undefined || tls.serverName !== undefined) found.push(error(at('upstream_tls', 'mode'), 'checks no certificate, and `ca` or `server_name` is given', 'take `mode` away (verify-full)'));
  }
  if (upstream.address.kind === 'unix' && tls.mode !== 'disable') found.push(error(at('upstream_tls', 'mode'), 'asks for TLS on a Unix socket', 'take it away'));
  if (upstream.address.kind === 'tcp' && upstream.address.port === target.listen.port && upstream.address.host === target.listen.host) {
    found.push(error(at('upstream'), 'is the address that this target listens on', 'write the address of the real server'));
  }
  if (target.target.environment === 'unspecified') found.push(warning(at('environment'), 'is missing, so the target counts as production', 'add `environment: production`, staging, development or local'));
  if (target.target.mode === 'observe') found.push(warning(at('mode'), 'only watches: nothing is refused on this target', 'write `mode: enforce` once the report is what you want'));
  if (target.databases !== '*') {
    if (new Set(target.databases).size < target.databases.length) found.push(error(at('databases'), 'names a database twice', 'keep one of them'));
    if (!target.databases.includes(upstream.database)) found.push(error(at('databases'), 'leaves out the database of `upstream`', 'add it, or change `upstream`'));
  }
  if (target.limits.text > target.limits.message) found.push(error(at('limits', 'text'), 'is more than `message`', 'make it smaller'));
  return found;
}

export function listenerRules(targets: readonly TargetConfig[], gateway: GatewayConfig | undefined): readonly RuleFinding[] {
  const found: RuleFinding[] = [];
  targets.forEach((target, index) => {
    const other = targets.slice(0, index).find((earlier) => collide(earlier.listen, target.listen));
    if (other !== undefined) found.push(error(['targets', target.target.name, 'listen'], `has the port of target \`${other.target.name}\``, 'give it a port of its own'));
    if (gateway?.admin !== undefined && collide(gateway.admin.listen, target.listen)) found.push(error(['targets', target.target.name, 'listen'], 'has the port of `gateway.admin`', 'give it a port of its own'));
  });
  return found;
}

export function gatewayRules(gateway: GatewayConfig): readonly RuleFinding[] {
  const found: RuleFinding[] = [];
  const { admin } = gateway;
  if (admin !== undefined) {
    const exposed = !isLoopback(admin.listen.host);
    if (exposed && !admin.offLoopback) found.push(error(['gateway', 'admin'], 'is off loopback, and it asks for no credential', 'listen on 127.0.0.1, or say `admin_off_loopback: true`'));
    if (!exposed && admin.offLoopback) found.push(warning(['gateway', 'admin_off_loopback'], 'has no effect here', 'take it away'));
  }
  const seen = new Set<number>();
  gateway.peers.forEach((peer, index) => {
    if (peer.id === gateway.id) found.push(error(['gateway', 'peers', index, 'id'], 'is the id of this gateway', 'list only the others'));
    else if (seen.has(peer.id)) found.push(error(['gateway', 'peers', index, 'id'], 'is there twice', 'give each gateway its own id'));
    seen.add(peer.id);
  });
  return found;
}
