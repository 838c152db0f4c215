import { describe, expect, test } from 'vitest';
import { refusal, refusalCodes } from '../../../core/refusal.ts';
import { characterPosition, encodeRefusal, sqlstateOf } from './refusal.ts';
import { trace } from './trace.ts';

describe('a refusal as the client sees it', () => {
  test('what, where, which policy, and the way on', () => {
    const text = 'SELECT \'é𝄞\'; DROP TABLE users';
    const start = Buffer.from(text).indexOf('DROP');
    const why = refusal('forbidden', 'dropping `public.users` is forbidden', 'ask an owner of the target to do it', {
      detail: ['baseline/no-destroy: nothing is dropped in production'], span: { start, end: start + 16 }, id: '0198',
    });
    expect(trace('B', encodeRefusal(why, text, 'ERROR'))).toBe('B ErrorResponse S="ERROR" V="ERROR" C="42501" M="dropping `public.users` is forbidden" '
      + 'D="baseline/no-destroy: nothing is dropped in production\\nmore: guardrails why 0198" H="ask an owner of the target to do it" P="14"');
  });

  test('what is not there is left out', () => {
    expect(trace('B', encodeRefusal(refusal('draining', 'the gate is shutting down', ''), undefined, 'FATAL'))).toBe('B ErrorResponse S="FATAL" V="FATAL" C="57P01" M="the gate is shutting down"');
  });

  test('NUL and terminal escapes are made visible, not sent', () => {
    const message = encodeRefusal(refusal('unsupported-parameter', 'the parameter `a\0\u001B[2J\u202E` is not supported', 'x'), undefined, 'FATAL');
    expect(trace('B', message)).toContain('the parameter `a\\\\u{0}\\\\u{1b}[2J\\\\u{202e}` is not supported');
  });

  test('stays under what libpq takes during a startup, however long the texts', () => {
    const long = '\u0001'.repeat(100_000);
    expect(encodeRefusal(refusal('internal', long, long, { detail: [long, long] }), undefined, 'FATAL').length).toBeLessThan(30_000);
  });

  test('each code has a SQLSTATE', () => {
    expect(Object.fromEntries(refusalCodes.map((code) => [code, sqlstateOf(code)]))).toMatchInlineSnapshot(`
      {
        "audit-unavailable": "58030",
        "authentication-failed": "28P01",
        "catalog-unavailable": "58000",
        "draining": "57P01",
        "forbidden": "42501",
        "frozen": "25006",
        "indeterminate": "42501",
        "internal": "XX000",
        "invalid-encoding": "22021",
        "message-too-large": "54000",
        "misread": "25006",
        "needs-evidence": "42501",
        "no-permit": "42501",
        "not-understood": "42501",
        "protocol-violation": "08P01",
        "session-expired": "28000",
        "session-revoked": "28000",
        "tls-required": "28000",
        "too-many-attempts": "28000",
        "too-many-sessions": "53300",
        "unknown-name": "26000",
        "unsupported-feature": "0A000",
        "unsupported-parameter": "22023",
        "upstream-failed": "08006",
        "upstream-unavailable": "57P03",
      }
    `);
  });
});

describe('position in characters', () => {
  test.each([['abc', 0, 1], ['abc', 2, 3], ['é', 1, undefined], ['éa', 2, 2], ['𝄞a', 4, 2], ['', 0, undefined], ['abc', 3, undefined], ['abc', 99, undefined]])('%j at byte %i: %s', (text, byte, expected) => {
    expect(characterPosition(text, byte)).toBe(expected);
  });
});
