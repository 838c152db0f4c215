/** The verb cannot do what was asked. One line what, one line what to do about it. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly mend: string;
  /** 1, or 2 when the command line itself is wrong. */
  readonly exitCode: 1 | 2;
  /** Printed before the message, such as findings with their places. */
  readonly lines: readonly string[];
  constructor(message: string, mend: string, options: { readonly exitCode?: 1 | 2; readonly lines?: readonly string[] } = {}) {
    super(message);
    this.mend = mend;
    this.exitCode = options.exitCode ?? 1;
    this.lines = options.lines ?? [];
  }
}

export function usage(message: string, mend: string): Failure { return new Failure(message, mend, { exitCode: 2 }); }

const whyOf: Readonly<Record<string, string>> = {
  ENOENT: 'look at the path', EACCES: 'run it as a user who may', EPERM: 'run it as a user who may', EEXIST: 'take another path', ENOSPC: 'make room on the disk',
  ENOTDIR: 'look at the path', EISDIR: 'give the path of a file', EROFS: 'take another path', ECONNREFUSED: 'see that the other side runs and listens there',
};

/** What to print of anything that was thrown: parts of the house throw errors with a `mend`, the system throws errors with a `code`. */
export function wordsOf(error: unknown): { readonly message: string; readonly mend: string } {
  if (!(error instanceof Error)) return { message: String(error), mend: reportMend };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const message = error.message === '' ? code ?? error.name : error.message;
  if ('mend' in error && typeof error.mend === 'string' && error.mend !== '') return { message, mend: error.mend };
  if (error.name === 'PolicyLoadError') return { message, mend: 'mend what it names; guardrails policy check looks again' };
  return { message, mend: (code === undefined ? undefined : whyOf[code]) ?? reportMend };
}

const reportMend = 'run it again with --debug to see where this comes from';
