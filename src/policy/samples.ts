import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AccessRequest } from '../core/decision.ts';
import type { Effect } from '../core/effect.ts';
import type { Principal } from '../core/principal.ts';
import { goldenNow } from './golden-question.ts';

/** Shared by the tests of this folder. */
export const baseline = fileURLToPath(new URL('../../policies/baseline', import.meta.url));
export const open = fileURLToPath(new URL('../../policies/open', import.meta.url));

/** A pack of policies that shows something, with its cases. */
export function testPack(name: string): string {
  return fileURLToPath(new URL(`testdata/${name}`, import.meta.url));
}

export const hour = 3_600_000;
export const now = goldenNow;

export function effect(over: Partial<Effect> = {}): Effect {
  return {
    verb: 'read', resource: { kind: 'table', path: ['public', 'orders'], system: false }, extent: 'bounded', columns: [], reversible: true, span: { start: 0, end: 1 }, via: [], ...over,
  };
}

export function agent(over: Partial<Principal> = {}): Principal {
  return {
    ref: { kind: 'Agent', name: 'bot' }, enabled: true, owner: { name: 'ada', enabled: true }, until: now + 24 * hour, groups: [], strongAuth: false,
    grants: [{ id: 'g1', target: 'db', resources: [], verbs: ['read', 'insert', 'update', 'delete', 'define', 'destroy', 'grant', 'configure', 'export', 'execute', 'opaque'], unmask: [], until: now + 8 * hour }],
    ...over,
  };
}

export function request(effects: readonly Effect[], over: Partial<AccessRequest> = {}): AccessRequest {
  return {
    principal: agent(), target: { name: 'db', protocol: 'postgres', environment: 'production', mode: 'enforce' }, database: 'shop', language: 'sql/postgres',
    purpose: { name: 'work', verbs: ['read', 'insert', 'update', 'delete', 'define', 'destroy', 'grant', 'configure', 'export', 'execute', 'opaque'], labels: [] },
    presence: 'unknown', effects, now, ...over,
  };
}

/** A pack's folder, in a folder of its own under the system's temporary one. */
export function pack(name: string, files: Readonly<Record<string, string>>): string {
  const folder = join(mkdtempSync(join(tmpdir(), 'guardrails-policy-')), name);
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  return folder;
}

/** A permit of everything, to stand beside the policy under test. */
export const permitAll = '@id("all") @title("all") permit (principal, action in [Action::"any", Action::"nothing"], resource);\n';
