import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { Authenticated, Authenticator } from '../../../core/identity.ts';
import { refusal } from '../../../core/refusal.ts';
import { Deadline } from '../../../wire/deadline.ts';
import { encodePassword, encodeSaslInitialResponse, encodeSaslResponse } from '../messages/password.ts';
import { encodeQuery } from '../messages/query.ts';
import { trace } from '../messages/trace.ts';
import { authenticateClient } from './authenticate.ts';

/** The proof's brand is made by identity alone; here it only has to come back as it was given. */
const proof = { principal: { kind: 'User', name: 'ada' }, method: 'test' } as unknown as Authenticated;

/** Says `challenge` to `first`, lets `second` in, and nothing else. */
const authenticator: Authenticator = {
  mechanisms: ['SCRAM-SHA-256'],
  step: (mechanism, message) => {
    if (message === 'first' && mechanism === 'SCRAM-SHA-256') return { kind: 'continue', send: 'challenge' };
    if (message === 'second' && mechanism === undefined) return { kind: 'done', send: 'v=', proof };
    if (message === 'on and on') return Promise.resolve({ kind: 'continue', send: 'on and on' });
    return { kind: 'failed', refusal: refusal('authentication-failed', 'no', 'ask for a new secret') };
  },
};

/** All that the client says, at once; what it gets back, and what came of it. */
async function converse(...messages: Buffer[]): Promise<{ heard: string; outcome: string }> {
  const heard: Buffer[] = [];
  const stream = new PassThrough();
  const said = Buffer.concat(messages);
  stream.end(said);
  const both = Object.assign(stream, { write: (bytes: Buffer) => heard.push(Buffer.from(bytes)) > 0 });
  const result = await authenticateClient({
    stream: both, binding: undefined, client: { address: '192.0.2.1', port: 1 }, deadline: new Deadline([]),
    parameters: { refused: false, user: 'ada', database: undefined, application: undefined, purpose: undefined, settings: new Map(), protocolOptions: [] },
  }, { authenticate: () => authenticator });
  const outcome = result.kind === 'refused' ? `${result.refusal.code}: ${result.refusal.message}` : result.kind;
  return { heard: trace('B', Buffer.concat(heard)), outcome };
}

const first = encodeSaslInitialResponse({ mechanism: 'SCRAM-SHA-256', message: 'first' });

describe('SASL with a client', () => {
  test('the whole of it', async () => {
    expect(await converse(first, encodeSaslResponse('second'))).toEqual({
      heard: 'B AuthenticationSASL SCRAM-SHA-256\nB AuthenticationSASLContinue\nB AuthenticationSASLFinal\nB AuthenticationOk', outcome: 'authenticated',
    });
  });

  test('without an initial response: an empty challenge first', async () => {
    const { outcome } = await converse(encodeSaslInitialResponse({ mechanism: 'SCRAM-SHA-256', message: undefined }), encodeSaslResponse('first'), encodeSaslResponse('second'));
    expect(outcome).toBe('authenticated');
  });

  test.each([
    ['a wrong proof', [first, encodeSaslResponse('wrong')], 'authentication-failed: password authentication failed for user "ada"'],
    ['a mechanism that was not offered', [encodeSaslInitialResponse({ mechanism: 'PLAIN', message: 'x' })], 'protocol-violation: client selected an invalid SASL authentication mechanism'],
    ['a password', [encodePassword('secret')], 'protocol-violation: length of the SASL message runs past the end of the message'],
    ['a query', [encodeQuery('SELECT 1')], 'protocol-violation: expected a SASL response'],
    ['a message beyond the limit', [encodeSaslInitialResponse({ mechanism: 'SCRAM-SHA-256', message: 'x'.repeat(1_024) })], 'protocol-violation: the SASL message has no possible length'],
    ['an exchange without end', [first, ...Array.from({ length: 9 }, () => encodeSaslResponse('on and on'))], 'protocol-violation: the SASL exchange does not end'],
    ['a client that leaves', [first], 'gone'],
  ])('%s', async (_, messages, expected) => {
    const { heard, outcome } = await converse(...messages);
    expect(outcome).toBe(expected);
    expect(heard).not.toContain('AuthenticationOk');
  });
});
