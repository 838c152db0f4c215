import type { Acts } from './act.ts';
import { fileHazards } from './hazards/files.ts';
import { largeObjectHazards } from './hazards/large-objects.ts';
import { replicationHazards } from './hazards/replication.ts';
import { sequenceHazards } from './hazards/sequences.ts';
import { serverHazards } from './hazards/server.ts';
import { sessionHazards } from './hazards/sessions.ts';
import { shownStateHazards } from './hazards/shown-state.ts';
import { sqlInsideHazards } from './hazards/sql-inside.ts';

/** Built-in functions with effects, each reviewed; the families cite the page of PostgreSQL's documentation that describes them. */
export const hazards: ReadonlyMap<string, Acts> = new Map([
  ...fileHazards, ...largeObjectHazards, ...sqlInsideHazards, ...sessionHazards, ...sequenceHazards, ...serverHazards, ...replicationHazards, ...shownStateHazards,
]);
