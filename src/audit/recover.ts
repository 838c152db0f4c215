import { join } from 'node:path';
import { AuditUnavailable } from '../core/audit-log.ts';
import type { Files } from './files.ts';
import { type Run, scanRecords } from './segment-scan.ts';
import { headerLength, readHeader, sealFor, sealLength, type SegmentName, segmentsAmong } from './wal-format.ts';

export interface Recovered {
  /** Of the next record. */
  readonly next: number;
  /** Written on, when it was closed in good order. */
  readonly resume: { readonly name: SegmentName; readonly position: number; readonly size: number } | undefined;
  /** What happened, when the log was not closed in good order. */
  readonly note: string | undefined;
}

/** So many bytes of the newest segments are read whole when a log is opened; of older ones, header and seal. Readers check each record they read. */
const wholeBytes = 32 * 1024 * 1024;

/**
 * Finds the end of a writer's log, and makes all of it durable. Cuts what a crash left half-written at the very end, which nobody was told of.
 * Throws `AuditUnavailable`, and changes nothing, when a record is damaged or missing: that is a matter for people.
 */
export function recover(files: Files, folder: string, writer: string): Recovered {
  const all = segmentsAmong(files.list(folder)).map((name) => ({ name, path: join(folder, name.file), ends: files.readEnds(join(folder, name.file), headerLength, sealLength) }));
  // A crash can leave a file without a whole header; then it has no record either.
  const segments = all.filter(({ ends }) => ends.size >= headerLength && (ends.size > headerLength || readHeader(ends.head) !== undefined));
  let next = segments[0]?.name.first ?? all[0]?.name.first ?? 1;
  let run: Run | undefined;
  let size = 0;
  let last: (typeof segments)[number] | undefined;
  let newer = segments.reduce((sum, { ends }) => sum + ends.size, 0);
  for (const [k, segment] of segments.entries()) {
    const { name, path, ends } = segment;
    const header = readHeader(ends.head);
    if (header === undefined || header.first !== name.first || header.writer !== writer) throw damaged(path, 0, `its header is not that of segment ${name.first} of writer \`${writer}\``, next);
    if (name.first > next) throw damaged(last?.path ?? path, run?.length ?? 0, `records ${next} to ${name.first - 1} are missing before \`${name.file}\``, next);
    const following = segments[k + 1];
    if (newer > wholeBytes && following !== undefined && ends.tail.equals(sealFor(following.name.first))) {
      next = Math.max(next, following.name.first);
      run = undefined;
    } else {
      run = scanRecords(files.read(path), headerLength, name.first, () => {});
      next = Math.max(next, run.next);
    }
    newer -= ends.size;
    size = ends.size;
    last = segment;
  }
  const torn = all.length - segments.length;
  const left = torn === 0 ? '' : `, and ${torn} segment${torn === 1 ? '' : 's'} without a header`;
  if (last === undefined || run === undefined) return { next, resume: undefined, note: torn === 0 ? undefined : `opened after a stop that left no record${left}` };
  if (run.end === 'damaged') throw damaged(last.path, run.length, `record ${run.next} is not as it was written, and it is not the work of a crash`, run.next);
  if (run.end === 'sealed' && torn === 0) return { next, resume: run.next === next ? { name: last.name, position: run.length, size } : undefined, note: undefined };
  makeSafe(files, last.path, run.length < size ? run.length : undefined);
  const cut = run.end === 'torn' ? `; cut ${size - run.length} bytes of a record that was never acknowledged off \`${last.name.file}\`` : '';
  return { next, resume: undefined, note: `opened after a stop without a close; the last record is ${next - 1}${cut}${left}` };
}

/** What a process that was killed has written is in the kernel, and perhaps not on the disk. */
function makeSafe(files: Files, path: string, length: number | undefined): void {
  const file = files.open(path);
  try {
    if (length !== undefined) files.truncate(file, length);
    files.datasyncNow(file);
  } finally {
    files.close(file);
  }
}

function damaged(path: string, offset: number, what: string, sequence: number): AuditUnavailable {
  return new AuditUnavailable(
    `the audit log is damaged in \`${path}\` at byte ${offset}: ${what}`,
    `copy the folder away as evidence and find out who or what changed it; restore the file from a backup, or begin a new log: move the folder away. Records from ${sequence} on cannot be relied on`,
  );
}
