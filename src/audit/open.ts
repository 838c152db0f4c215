import { dirname, join } from 'node:path';
import { type AuditHealth, AuditUnavailable } from '../core/audit-log.ts';
import { mendOf, messageOf } from './disk-error.ts';
import { type Files, nodeFiles } from './files.ts';
import type { Origin } from './ocsf/base.ts';
import { recover } from './recover.ts';
import { beginSegment, resumeSegment } from './segment.ts';
import type { Random } from './template.ts';
import { isWriterName } from './wal-format.ts';
import { WriteAheadLog } from './write-ahead-log.ts';

export interface AuditLogOptions {
  /** The data folder; the writer's own is `log/wal/<writer>` in it, made when absent. */
  readonly dir: string;
  /** One process at a time: `gateway-0`, `cli`. Small letters, digits and hyphens, at most 39. */
  readonly writer: string;
  readonly product: Origin['product'];
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly random: Random;
  readonly files?: Files;
  /** Bytes; a segment that is longer is followed by another. 16 MiB. */
  readonly segmentBytes?: number;
  /** Bytes that may wait to be durable before decisions are refused. 64 MiB. */
  readonly mostUnsynced?: number;
  /** Told when recording fails and when it works again. */
  readonly onHealth?: (health: AuditHealth) => void;
}

const mebibyte = 1024 * 1024;

/** Where the writers' folders are. */
export function walRoot(dir: string): string { return join(dir, 'log', 'wal'); }

/**
 * Opens a writer's log: locks its folder, finds its end, makes all of it durable, and goes on behind it. When it was not closed in good order, that
 * is the first record. Throws `AuditUnavailable` when another process has it, when the disk fails, and when the log is damaged.
 */
export function openAuditLog(options: AuditLogOptions): WriteAheadLog {
  const { writer, files = nodeFiles } = options;
  if (!isWriterName(writer)) throw new AuditUnavailable(`\`${writer}\` is not a writer's name`, 'use small letters, digits and hyphens, at most 39, the first not a hyphen');
  const folder = join(walRoot(options.dir), writer);
  const place = { files, folder, writer };
  return orUnavailable(folder, () => {
    files.makeFolder(folder);
    const release = files.lock(folder);
    try {
      for (const made of [folder, dirname(folder), dirname(dirname(folder)), options.dir]) files.syncFolder(made);
      const recovered = recover(files, folder, writer);
      const segment = recovered.resume === undefined ? beginSegment(place, recovered.next) : resumeSegment(place, recovered.resume);
      const log = new WriteAheadLog({
        place, release, segment, next: recovered.next, origin: { product: options.product, writer }, clock: options.clock, random: options.random,
        segmentBytes: options.segmentBytes ?? 16 * mebibyte, mostUnsynced: options.mostUnsynced ?? 64 * mebibyte, onHealth: options.onHealth ?? (() => {}),
      });
      if (recovered.note !== undefined) log.event({ type: 'recording-recovered', missed: 0, detail: recovered.note });
      return log;
    } catch (error) {
      release();
      throw error;
    }
  });
}

function orUnavailable(folder: string, open: () => WriteAheadLog): WriteAheadLog {
  try {
    return open();
  } catch (error) {
    if (error instanceof AuditUnavailable) throw error;
    throw new AuditUnavailable(`the audit log cannot be opened: ${messageOf(error)}`, mendOf(error, folder));
  }
}
