import { elsewhere } from './packs/elsewhere.ts';
import { inside } from './packs/inside.ts';
import { jobs } from './packs/jobs.ts';
import type { Pack } from './packs/pack.ts';
import { spatial } from './packs/postgis.ts';
import { timescaledb } from './packs/timescaledb.ts';
import { triggers, types } from './packs/types.ts';

/** What has been reviewed, by the name of the extension. */
export const packs: ReadonlyMap<string, Pack> = new Map(Object.entries({ ...types, ...triggers, ...inside, ...elsewhere, ...spatial, ...jobs, timescaledb }));
