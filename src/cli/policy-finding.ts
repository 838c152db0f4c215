import { display } from '../core/display.ts';
import type { Finding } from './tools.ts';

export function place({ file, line, column }: { readonly file: string; readonly line: number; readonly column?: number }): string {
  return line === 0 ? file : column === undefined || column === 0 ? `${file}:${line}` : `${file}:${line}:${column}`;
}

/** `policies/mine/a.cedar:3:1: warning: what; mend`. */
export function findingText(finding: Finding, severity: 'error' | 'warning' | 'note'): string {
  const where = place(finding);
  return display(`${where === '' ? '' : `${where}: `}${severity === 'error' ? '' : `${severity}: `}${finding.message}; ${finding.mend}`);
}
