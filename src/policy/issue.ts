/** What is wrong with a pack, and where. `line` and `column` count from 1; 0 when it is about the whole file or folder. */
export interface PolicyIssue {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Lower-case start, no full stop; what a file says is in backticks. */
  readonly message: string;
  readonly mend: string;
}

/** `policies/mine/a.cedar:3:1: policy has no @id; give it one (see docs/errors/policy-annotations.md)`. */
export function formatIssue(issue: PolicyIssue): string {
  const where = issue.line === 0 ? issue.file : `${issue.file}:${issue.line}:${issue.column}`;
  return `${where}: ${issue.message}; ${issue.mend}`;
}

/** Where a policy begins. */
export function placeOf({ file, line, column }: Pick<PolicyIssue, 'file' | 'line' | 'column'>): Pick<PolicyIssue, 'file' | 'line' | 'column'> {
  return { file, line, column };
}

/** Cedar counts bytes of UTF-8; editors count characters. `offset` beyond the end is the end. */
export function positionAt(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = Buffer.from(text, 'utf8').subarray(0, offset).toString('utf8');
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: Array.from(before.slice(lineStart)).length + 1 };
}
