import type { TargetConfig } from '../config/config.ts';
import type { UpstreamOptions } from '../connectors/postgres/upstream/options.ts';
import type { Log } from '../core/log.ts';
import { type CatalogSources, catalogSources, upstreamLogin } from './targets.ts';
import type { Weaknesses } from './weaknesses.ts';

/** One role of the gate's at a target, and the catalogs as that role sees them: which schemas names are found in depends on it. */
export interface Access {
  readonly login: () => Promise<UpstreamOptions>;
  readonly catalogs: CatalogSources;
}

export interface TargetAccess {
  readonly own: Access;
  /** For sessions of who may only read. Undefined: they log in as all do. */
  readonly readers: Access | undefined;
}

/** Nothing is connected to before it is asked for. Rejects with `SecretUnavailable`, and with what reading a file throws. */
export async function openAccess(config: TargetConfig, weaknesses: Weaknesses, log: Log): Promise<TargetAccess> {
  const { reader } = config;
  const own = await accessOf(config, weaknesses, log);
  return { own, readers: reader === undefined ? undefined : await accessOf({ ...config, upstream: { ...config.upstream, user: reader.role }, password: reader.password }, weaknesses, log) };
}

async function accessOf(config: TargetConfig, weaknesses: Weaknesses, log: Log): Promise<Access> {
  const login = await upstreamLogin(config, log);
  return { login, catalogs: catalogSources(config, login, log, (client, database) => weaknesses.examine(client, config.target.name, database, config.upstream.user)) };
}
