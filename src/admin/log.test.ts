import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLog, type LogOptions, type RootLog } from './log.ts';

function captured(options: Partial<LogOptions> = {}, isTerminal = false): { readonly log: RootLog; readonly lines: string[] } {
  const lines: string[] = [];
  return { log: createLog({ level: 'info', format: 'auto', ...options }, { write: (line) => { lines.push(line); }, isTerminal }), lines };
}

describe('one line an event', () => {
  test('JSON where nobody watches', () => {
    const { log, lines } = captured({ base: { gateway: 'g', worker: 1 } });
    log.child('gate').warn('a session ended', { session: 'x', milliseconds: 3 });
    log.debug('not written');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toEqual({ level: 'warn', time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/), gateway: 'g', worker: 1, component: 'gate', session: 'x', milliseconds: 3, message: 'a session ended' });
  });

  test('words on a terminal, and nothing that a terminal would obey', () => {
    const { log, lines } = captured({}, true);
    log.child('gate').error('it broke\u001b[2J', { name: 'a\u001b]0;x\u0007b', 'k\u001b': 'two words' });
    const line = (lines[0] ?? '').replaceAll(/\u001b\[\d+m/g, '');
    expect(line).toMatch(/^[\d:.]{12} ERROR gate it broke\\u\{1b\}\[2J name=/);
    expect(line).not.toContain('\u001b');
    expect(line).toContain('"two words"');
    expect(line.indexOf('\n')).toBe(line.length - 1);
  });

  test('a field cannot pass for a part of the line', () => {
    const { log, lines } = captured();
    log.info('true', { message: 'false', level: 'fatal', time: 'never', component: 'other' });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'info', message: 'true', field_message: 'false', field_level: 'fatal', field_component: 'other' });
  });
});

describe('nothing that looks like a secret or a literal is written', () => {
  const secret = 'Zq7-hunter2';
  test.each<readonly [string, Record<string, unknown>]>([
    ['a field named so', { password: secret, dbPassword: secret, apiKey: secret, nested: { token: secret, list: [{ secret }] } }],
    ['a URL', { upstream: `postgres://app:${secret}@db/shop`, also: [`see https://x:${secret}@y/`] }],
    ['text of a command', { sql: secret, text: secret, statement: secret, parameters: [secret], row: secret }],
    ['an error of a server, that quotes a literal', { error: new Error(`invalid input syntax for type integer: "${secret}"`) }],
    ['an error of a server, that quotes a row', { error: new Error(`duplicate key: Key (email)=(${secret}) already exists`) }],
    ['an error as text', { error: `Error: invalid input syntax: "${secret}"`, nested: { lastError: `'${secret}'` } }],
    ['the cause of an error', { error: new Error('outer', { cause: new Error(`'${secret}'`) }) }],
    ['bytes', { message: Buffer.from(secret) }],
    ['what stands too deep', { a: { b: { c: { d: { e: secret } } } } }],
  ])('%s', (_, fields) => {
    for (const isTerminal of [false, true]) {
      const { log, lines } = captured({}, isTerminal);
      log.error('it failed', fields);
      expect(lines.join('')).not.toContain('hunter2');
      expect(lines).toHaveLength(1);
    }
  });

  test('an error keeps its name, code and frames', () => {
    const { log, lines } = captured();
    log.error('x', { error: Object.assign(new TypeError('connect failed'), { code: 'ECONNREFUSED' }) });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ error: { name: 'TypeError', message: 'connect failed', code: 'ECONNREFUSED', at: expect.arrayContaining([expect.stringMatching(/^at /)]) } });
  });
});

test('whatever a field holds, one bounded line comes of it', () => {
  fc.assert(fc.property(fc.dictionary(fc.string(), fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withObjectString: true, withSparseArray: true })), fc.boolean(), (fields, isTerminal) => {
    const { log, lines } = captured({}, isTerminal);
    log.info('x', fields);
    expect(lines).toHaveLength(1);
    expect(lines[0]?.indexOf('\n')).toBe((lines[0]?.length ?? 0) - 1);
  }), { numRuns: 300 });
  const loop: Record<string, unknown> = { throws: { get boom(): never { throw new Error('no'); } } };
  loop['self'] = loop;
  const { log, lines } = captured();
  log.info('x', loop);
  log.info('x', { self: (() => { const ring: Record<string, unknown> = {}; ring['ring'] = ring; return ring; })() });
  expect(lines).toHaveLength(2);
});
