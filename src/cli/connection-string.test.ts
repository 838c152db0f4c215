import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import type { TargetConfig } from '../config/config.ts';
import { parseConfig } from '../config/load.ts';
import { connectionString } from './connection-string.ts';

function target(lines: string): TargetConfig {
  const { targets } = parseConfig(`version: 1\ntargets:\n  shop:\n    protocol: postgres\n    upstream: "postgres://app@db.internal/my%20shop"\n    ${lines}\n`, 'x.yaml', '/');
  if (targets[0] === undefined) throw new Error('the config of this test is wrong');
  return targets[0];
}

const secret = 'grd_secret';

test.each([
  ['listen: 127.0.0.1:6432', 'postgres://bot:grd_secret@127.0.0.1:6432/my%20shop'],
  ['listen: "[::1]:6432"', 'postgres://bot:grd_secret@[::1]:6432/my%20shop'],
  ['listen: "*:6432"\n    insecure_plaintext: true', `postgres://bot:grd_secret@${hostname()}:6432/my%20shop`],
  ['listen: gate.example:6432\n    tls: { cert: a, key: b }', 'postgres://bot:grd_secret@gate.example:6432/my%20shop?sslmode=require'],
])('%s', (lines, url) => { expect(connectionString(target(lines), 'bot', secret)).toBe(url); });
