import type { Config } from '../config/config.ts';
import type { Cli } from './cli.ts';
import { requireConfig } from './load-config.ts';
import type { Identities } from './tools.ts';

/** Opens the state of the config's gateway for one piece of work. */
export async function withIdentities<T>(cli: Cli, configPath: string, work: (identities: Identities, config: Config) => Promise<T>): Promise<T> {
  const { config } = await requireConfig(cli, configPath);
  const identities = await cli.tools.identities(config);
  try {
    return await work(identities, config);
  } finally {
    await identities.close();
  }
}
