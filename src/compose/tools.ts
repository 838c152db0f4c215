import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Tools } from '../cli/tools.ts';

/** Of this package, whether it runs from src/ or from dist/: both lie beside package.json. */
function packageFile(name: string): string { return fileURLToPath(new URL(`../../${name}`, import.meta.url)); }

function versionOf(): string {
  const content: unknown = JSON.parse(readFileSync(packageFile('package.json'), 'utf8'));
  return typeof content === 'object' && content !== null && 'version' in content && typeof content.version === 'string' ? content.version : '0';
}

/** The house behind the CLI. Parts are imported when a verb asks for them: `guardrails user list` starts no policy engine and no parser. */
export function makeTools(): Tools {
  const baseline = packageFile('policies/baseline');
  if (!existsSync(baseline)) throw new Error(`the package is not whole: ${baseline} is missing`);
  return {
    version: versionOf(), baseline,
    serve: async (config, digest, workerArgs) => (await import('./serve.ts')).serve(config, digest, workerArgs),
    identities: async (config) => (await import('./cli-state.ts')).openIdentities(config),
    explainer: async (wish) => (await import('./cli-explainer.ts')).openExplainer(wish, baseline),
    record: async (data) => (await import('./cli-record.ts')).openRecord(data),
    replay: async (config, before, after) => (await import('./cli-replay.ts')).openReplay(config, before, after),
    policies: async () => (await import('./cli-policies.ts')).openPolicies(),
    catalogs: async () => {
      const { countsOf, formatSnapshot, lacking, liveSnapshot, snapshotOf } = await import('./cli-catalogs.ts');
      return {
        save: async (config, target, database) => {
          const snapshot = await liveSnapshot(config, target, database);
          return { text: formatSnapshot(snapshot), counts: countsOf(snapshot) };
        },
        counts: async (text) => countsOf(await snapshotOf(text, 'the file')),
        lacking,
      };
    },
  };
}
