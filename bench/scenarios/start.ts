import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gatewayFolder } from '../gateway.ts';
import { listening, start as startProcess } from '../process.ts';
import { rowAlone } from '../rounds.ts';
import type { Scenario } from '../scenario.ts';
import { median } from '../statistics.ts';

/** `guardrails start`, from spawn until it listens: the real command in a folder of its own. */
export const start: Scenario = {
  name: 'start',
  run: async ({ paths, rounds }) => {
    const server = paths.find(({ name }) => name === 'direct');
    if (server === undefined) return [];
    const command = fileURLToPath(new URL('../../bin/guardrails.js', import.meta.url));
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const { file, port } = await gatewayFolder(server.login);
      const begun = performance.now();
      const started = startProcess(process.execPath, [command, 'start', '--config', file], { cwd: dirname(file), stdio: 'ignore' });
      await listening(started, port);
      times.push(performance.now() - begun);
      await started.stop();
    }
    return [rowAlone('guardrails start until listening', 'ms', median(times), { most: 1000 })];
  },
};
