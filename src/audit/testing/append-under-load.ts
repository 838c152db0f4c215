import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { nodeFiles } from '../files.ts';
import { note, ok, openSample, reading } from './sample.ts';

/**
 * A process to be killed: `node append-under-load.ts DIR` writes to the log as fast as it can, and to its standard output, a line each, what it was
 * told: `w N`, records up to N are written; `d N`, record N is durable.
 */
const dir = process.argv[2];
if (dir === undefined) throw new Error('which folder?');
const log = openSample({ files: nodeFiles, dir, segmentBytes: 200_000, random: randomBytes });
const template = log.template(reading);
const say = (line: string): void => { writeSync(1, `${line}\n`); };

async function client(): Promise<void> {
  while (true) {
    const sequence = note(log, 'x');
    await log.durable(sequence);
    say(`d ${sequence}`);
  }
}

function batch(): void {
  let last = 0;
  for (let k = 0; k < 8; k++) {
    last = log.decision(template);
    log.outcome(last, template, ok);
  }
  log.flush();
  say(`w ${last}`);
  setImmediate(batch);
}

batch();
await Promise.all([client(), client(), client()]);
