/** Text of what a disk said. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What a person can do about it. */
export function mendOf(error: unknown, folder: string): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOSPC': case 'EDQUOT': return `make room on the disk of \`${folder}\`; recording goes on by itself within seconds`;
    case 'EACCES': case 'EPERM': case 'EROFS': return `let the gateway's user write to \`${folder}\`; recording goes on by itself within seconds`;
    case 'ENOENT': case 'ENOTDIR': return `put the folder \`${folder}\` back; recording goes on by itself within seconds`;
    case 'EMFILE': case 'ENFILE': return 'raise the limit on open files; recording goes on by itself within seconds';
    default: return `look at the disk of \`${folder}\` (the kernel's log says more); recording goes on by itself once it takes writes again`;
  }
}
