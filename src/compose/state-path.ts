import { join } from 'node:path';

/** Of identities and grants, in the data folder. */
export function statePath(data: string): string { return join(data, 'state.db'); }
