import { createHash } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import type { Config, GatewayConfig, TargetConfig } from './config.ts';
import { formatPath, readDocument, type Document, type Finding } from './document.ts';
import { fileFindings, openForReading, whyNot, writableByOthers } from './files.ts';
import { findingsOf } from './issues.ts';
import { resolveConfig, resolveTarget } from './resolve.ts';
import { gatewayRules, listenerRules, targetRules, type RuleFinding } from './rules.ts';
import { fileSchema, targetSchema } from './schema.ts';

/** Bytes; a target takes 300. */
const longestFile = 2 ** 20;

/** One thing that is wrong, and what to do. No text of it repeats a value of the file, which may be a secret. Lines and columns start at 1. */
export interface ConfigFinding {
  readonly severity: 'error' | 'warning';
  /** As it was given to `loadConfig`. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** `targets.shop.listen`; empty when it is about the file. */
  readonly key: string;
  readonly problem: string;
  readonly mend: string;
}

/** `guardrails.yaml:4:13: targets.shop.listen: is not an address with a port; write ...`, as editors and `grep -n` write places. */
export function formatFinding(finding: ConfigFinding): string {
  const key = finding.key === '' ? '' : `${finding.key}: `;
  return `${finding.file}:${finding.line}:${finding.column}: ${finding.severity === 'warning' ? 'warning: ' : ''}${key}${finding.problem}; ${finding.mend}`;
}

/** `digest`: `sha256:` and the hexadecimal hash of the file's bytes. */
export type Loaded =
  | { readonly ok: true; readonly config: Config; readonly digest: string; readonly warnings: readonly ConfigFinding[] }
  | { readonly ok: false; readonly errors: readonly ConfigFinding[]; readonly warnings: readonly ConfigFinding[] };

interface Parsed {
  readonly config: Config | undefined;
  readonly gateway: GatewayConfig | undefined;
  /** Those that are right in themselves, also when something else is wrong. */
  readonly targets: readonly TargetConfig[];
  readonly policy: readonly string[] | undefined;
  readonly findings: readonly ConfigFinding[];
  readonly document: Document;
}

function placed(findings: readonly (Finding & { readonly severity?: 'error' | 'warning' })[], document: Document, file: string): readonly ConfigFinding[] {
  return findings.map(({ offset, path, problem, mend, severity = 'error' }) => ({ severity, file, ...document.position(offset), key: formatPath(path), problem, mend }));
}

function placedRules(findings: readonly RuleFinding[], document: Document, file: string): readonly ConfigFinding[] {
  return placed(findings.map((finding) => ({ ...finding, offset: document.valueAt(finding.path) })), document, file);
}

function isRecord(value: unknown): value is Record<string, unknown> { return typeof value === 'object' && value !== null && !Array.isArray(value); }

/**
 * Reads the text of a config without touching any file; every error at once. Total.
 * `file` is how errors name it; relative paths in the text start at `folder`.
 */
export function parseConfig(source: string, file: string, folder: string): Parsed {
  const document = readDocument(source);
  if (!document.readable) return { config: undefined, gateway: undefined, targets: [], policy: undefined, findings: placed(document.findings, document, file), document };
  const result = fileSchema.safeParse(document.value);
  let config: Config | undefined;
  let targets: readonly TargetConfig[];
  if (result.success) {
    config = resolveConfig(result.data, folder);
    targets = config.targets;
  } else {
    // What is right in itself is still held against the rest, so that one run shows everything.
    const raw = isRecord(document.value) && isRecord(document.value['targets']) ? document.value['targets'] : {};
    targets = Object.entries(raw).flatMap(([name, value]) => {
      const one = targetSchema.safeParse(value);
      return one.success ? [resolveTarget(name, one.data, (path) => resolve(folder, path))] : [];
    });
  }
  const gateway = config?.gateway;
  const rules = [...targets.flatMap(targetRules), ...listenerRules(targets, gateway), ...(gateway === undefined ? [] : gatewayRules(gateway))];
  const said = new Set(document.findings.map(({ path }) => formatPath(path)));
  // One word a key: a password that is an unknown key is also a password that says nowhere where it is.
  const issues = (result.success ? [] : findingsOf(result.error.issues, document)).filter(({ path }) => {
    const key = formatPath(path);
    return !said.has(key) && said.add(key);
  });
  const findings = [
    ...placed([...document.findings, ...issues], document, file),
    ...placedRules(rules, document, file),
  ];
  return { config: findings.some((finding) => finding.severity === 'error') ? undefined : config, gateway, targets, policy: config?.policy, findings, document };
}

type Source = { readonly bytes: Buffer; readonly mode: number } | { readonly problem: string; readonly mend: string };

async function readSource(path: string): Promise<Source> {
  try {
    const handle = await openForReading(path);
    try {
      const entry = await handle.stat();
      if (!entry.isFile()) return { problem: 'it is not a file', mend: 'name the file guardrails.yaml' };
      if (entry.size > longestFile) return { problem: 'it is longer than 1 MiB', mend: 'name the file guardrails.yaml' };
      return { bytes: await handle.readFile(), mode: entry.mode };
    } finally {
      await handle.close();
    }
  } catch (error) {
    return { problem: whyNot(error), mend: '`guardrails init` writes one; `--config FILE` names another' };
  }
}

const order = (a: ConfigFinding, b: ConfigFinding): number => a.line - b.line || a.column - b.column;

/** Reads, checks and resolves guardrails.yaml and the files that it names, apart from secrets. Never rejects. */
export async function loadConfig(path: string, now: number = Date.now()): Promise<Loaded> {
  const whole = (problem: string, mend: string): ConfigFinding => ({ severity: 'error', file: path, line: 1, column: 1, key: '', problem, mend });
  const source = await readSource(path);
  if ('problem' in source) return { ok: false, errors: [whole(source.problem, source.mend)], warnings: [] };
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(source.bytes);
  } catch {
    return { ok: false, errors: [whole('it is not UTF-8', 'save it as UTF-8')], warnings: [] };
  }
  const parsed = parseConfig(text, path, dirname(resolve(path)));
  const findings = [...parsed.findings, ...placedRules(await fileFindings(parsed, now), parsed.document, path)];
  // Who can write it decides which policies are in force and where passwords go.
  if ((source.mode & writableByOthers) !== 0) findings.push(whole('others may write it', 'chmod go-w the file'));
  findings.sort(order);
  const errors = findings.filter((finding) => finding.severity === 'error');
  const warnings = findings.filter((finding) => finding.severity === 'warning');
  if (parsed.config === undefined || errors.length > 0) return { ok: false, errors, warnings };
  return { ok: true, config: parsed.config, digest: `sha256:${createHash('sha256').update(source.bytes).digest('hex')}`, warnings };
}
