import type { Config } from '../config/config.ts';
import { display } from '../core/display.ts';
import { formatResource } from '../core/format.ts';
import { resourceOf, scopeDoubts } from '../core/grant-scope.ts';
import type { Cli } from './cli.ts';
import type { GrantWish } from './tools.ts';

/** Of no more names than this is asked whether they are there. */
const mostLookedUp = 20;

function verbDoubts(config: Config, verbs: readonly string[]): readonly string[] {
  const purposes = [...config.purposes.values()];
  return verbs.filter((verb) => !purposes.some((purpose) => purpose.verbs.some((one) => one === verb)))
    .map((verb) => `no purpose of the config allows \`${verb}\`, and the baseline lets no session do what its purpose does not: see purposes in the config`);
}

async function nameDoubts(cli: Cli, config: Config, { target, resources }: GrantWish): Promise<readonly string[]> {
  const refs = resources.flatMap((text) => resourceOf(text) ?? []);
  const database = config.targets.find((one) => one.target.name === target)?.upstream.database ?? '';
  if (refs.length === 0 || refs.length > mostLookedUp) return [];
  let missing;
  try { missing = await (await cli.tools.catalogs()).lacking(config, target, refs); } catch { return []; }
  return (missing ?? []).map((ref) => `\`${formatResource(ref)}\` is not in the database \`${database}\` of \`${target}\` today: see how it is written, with its schema and its case`);
}

/** Says on stderr what of a grant hardly covers what is meant. It is made all the same: what is not there may come. */
export async function sayDoubts(cli: Cli, config: Config, wish: GrantWish): Promise<void> {
  const doubts = [...scopeDoubts(wish.resources), ...verbDoubts(config, wish.verbs), ...await nameDoubts(cli, config, wish)];
  for (const doubt of doubts) cli.terminal.note(`note: ${display(doubt)}\n`);
}
