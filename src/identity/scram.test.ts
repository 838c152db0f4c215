import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AuthenticationStep, ChannelBinding } from '../core/identity.ts';
import type { Account } from './account.ts';
import { Attempts } from './attempts.ts';
import { parseClientFinal, parseClientFirst } from './scram-message.ts';
import { ScramServer } from './scram.ts';
import { logIn, ScramClient } from './testdata/scram-client.ts';
import { formatVerifier, makeVerifier, mockVerifier, parseVerifier } from './verifier.ts';
import type { Verifier } from './verifier.ts';

const pencil = makeVerifier('pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'));
const good: Account = { verifier: pencil, standing: { good: true, ref: { kind: 'User', name: 'user' } } };
const mockKey = Buffer.alloc(32, 7);
const tls: ChannelBinding = { type: 'tls-server-end-point', data: Buffer.from('hash of the certificate') };

interface Options { readonly account?: () => Account | undefined; readonly binding?: ChannelBinding; readonly attempts?: Attempts; readonly user?: string; readonly clock?: () => number }

function server(options: Options = {}): ScramServer {
  return new ScramServer({
    user: options.user ?? 'user', address: '192.0.2.1', binding: options.binding, account: options.account ?? (() => good),
    attempts: options.attempts ?? new Attempts(), clock: options.clock ?? (() => 0), nonce: () => '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
  });
}

function shape({ salt, iterations, storedKey, serverKey }: Verifier): readonly number[] {
  return [salt.length, iterations, storedKey.length, serverKey.length];
}

/** What the record gets, and what the client gets. */
function outcome(step: AuthenticationStep): string {
  if (step.kind === 'done') return `done ${step.proof.principal.kind}:${step.proof.principal.name} ${step.proof.method}`;
  return step.kind === 'failed' ? `${step.refusal.code} (${step.cause ?? ''})` : 'continue';
}

describe('the example of RFC 7677 section 3', () => {
  const nonce = 'rOprNGfwEbeRWgbNEkqO';

  test('goes word for word', () => {
    const one = server();
    expect(one.step('SCRAM-SHA-256', `n,,n=user,r=${nonce}`)).toEqual(
      { kind: 'continue', send: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096' });
    const last = one.step(undefined, 'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=');
    expect(last).toMatchObject({ kind: 'done', send: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=', proof: { principal: { kind: 'User', name: 'user' }, method: 'SCRAM-SHA-256' } });
  });

  test('and so does the client of these tests', () => {
    const client = new ScramClient({ secret: 'pencil', nonce, name: 'user' });
    expect(client.final('r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096'))
      .toBe('c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=');
    expect(client.serverSignature).toBe('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=');
  });
});

test('the messages of RFC 5802 section 5 are read, and its SHA-1 proof is refused for its length', () => {
  expect(parseClientFirst('n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL')).toEqual(
    { flag: 'n', binding: undefined, gs2Header: 'n,,', bare: 'n=user,r=fyko+d2lbbFgONRv9qkxdawL', nonce: 'fyko+d2lbbFgONRv9qkxdawL' });
  expect(parseClientFinal('c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=')).toEqual(
    { malformed: true, why: 'the proof is not 32 bytes in base64' });
});

test('the verifier is written and read as PostgreSQL does', () => {
  // Made by PostgreSQL's own rule from RFC 7677's example: StoredKey and ServerKey are those of the exchange above.
  const text = 'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=';
  expect(formatVerifier(pencil)).toBe(text);
  expect(parseVerifier(text)).toEqual(pencil);
  expect(parseVerifier(text.replace('4096', '8192'))).toBeUndefined();
  expect(parseVerifier(text.replace('==$', '$'))).toBeUndefined();
  expect(parseVerifier('md5abcdef')).toBeUndefined();
});

describe('channel binding', () => {
  test.each<[string, string, ChannelBinding | undefined, ConstructorParameters<typeof ScramClient>[0]]>([
    ['PLUS over TLS', 'done User:user SCRAM-SHA-256-PLUS', tls, { secret: 'pencil', binding: tls }],
    ['a client without binding over TLS', 'done User:user SCRAM-SHA-256', tls, { secret: 'pencil', flag: 'n' }],
    ['a client that can bind, without TLS', 'done User:user SCRAM-SHA-256', undefined, { secret: 'pencil', flag: 'y' }],
    ['the offer was taken out on the way', 'authentication-failed (downgrade)', tls, { secret: 'pencil', flag: 'y' }],
    ['bound to another certificate', 'authentication-failed (channel-binding)', tls, { secret: 'pencil', binding: { ...tls, data: Buffer.from('another') } }],
    ['bound to nothing', 'authentication-failed (channel-binding)', tls, { secret: 'pencil', binding: { ...tls, data: Buffer.alloc(0) } }],
    ['PLUS without TLS', 'protocol-violation (malformed)', undefined, { secret: 'pencil', binding: tls }],
  ])('%s: %s', async (_, expected, binding, client) => {
    expect(outcome(await logIn(server(binding === undefined ? {} : { binding }), new ScramClient(client)))).toBe(expected);
  });

  test('is offered first, and only where there is something to bind to', () => {
    expect(server({ binding: tls }).mechanisms).toEqual(['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256']);
    expect(server().mechanisms).toEqual(['SCRAM-SHA-256']);
  });

  test.each([
    ['SCRAM-SHA-256-PLUS', 'n,,n=,r=abc'], ['SCRAM-SHA-256-PLUS', 'y,,n=,r=abc'], ['SCRAM-SHA-256', 'p=tls-server-end-point,,n=,r=abc'],
    ['SCRAM-SHA-256-PLUS', 'p=tls-unique,,n=,r=abc'], ['SCRAM-SHA-256-PLUS', 'p=tls-exporter,,n=,r=abc'], ['SCRAM-SHA-1', 'n,,n=,r=abc'], ['scram-sha-256', 'n,,n=,r=abc'],
  ])('%s with %s is refused', (mechanism, first) => {
    expect(outcome(server({ binding: tls }).step(mechanism, first))).toBe('protocol-violation (malformed)');
  });

  test('the header that the final message repeats is the one that was sent: a flag cannot be changed afterwards', () => {
    const one = server();
    const client = new ScramClient({ secret: 'pencil', flag: 'n' });
    const challenge = one.step('SCRAM-SHA-256', client.first.replace('n,,', 'y,,'));
    expect(outcome(one.step(undefined, client.final(challenge.kind === 'continue' ? challenge.send : '')))).toBe('authentication-failed (channel-binding)');
  });
});

describe('malformed messages', () => {
  test.each([
    ['', 'empty'], ['n', 'no header'], ['n,', 'half a header'], ['n,,', 'nothing after the header'], ['n,a=root,n=,r=abc', 'an authorization identity'],
    ['x,,n=,r=abc', 'an unknown flag'], ['n,,m=ext,n=,r=abc', 'a mandatory extension'], ['n,,n=,r=abc,m=ext', 'a mandatory extension, later'], ['n,,n=,r=', 'an empty nonce'], ['n,,r=abc', 'no name'],
    ['n,,n=,r=a b', 'a space in the nonce'], ['n,,n=,r=ä', 'a nonce beyond ASCII'], ['n,,n=a=2,r=abc', 'a broken escape'], ['n,,n=\0,r=abc', 'a NUL'], ['n,,n=,r=abc,', 'a comma too many'],
    ['n,,n=,r=abc,r=def', 'two nonces'], ['n,,n=\uD800,r=abc', 'a lone surrogate'], [`n,,n=,r=${'a'.repeat(1024)}`, 'too long'], ['p=,,n=,r=abc', 'no binding'], ['\nn,,n=,r=abc', 'a line break first'],
    ['n,,n=,r=abc\n', 'a line break last'],
  ])('first: %j (%s)', (message) => {
    expect(outcome(server().step('SCRAM-SHA-256', message))).toBe('protocol-violation (malformed)');
  });

  test.each<[string, (final: string) => string]>([
    ['an empty one', () => ''],
    ['another nonce', (final) => final.replace('r=fixed', 'r=Fixed')],
    ['the client\'s half of the nonce', (final) => final.replace('%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0', '')],
    ['a longer nonce', (final) => final.replace('$k0', '$k00')],
    ['no proof', (final) => final.replace(/,p=.*/, '')],
    ['two proofs', (final) => final.replace(/,p=(.*)/, ',p=$1,p=$1')],
    ['a proof without padding', (final) => final.replace(/=$/, '')],
    ['a proof with bits beyond its end', (final) => final.replace(/.=$/, (end) => `${end === '9=' ? '5' : '9'}=`)],
    ['a proof in another alphabet', (final) => final.replace(/,p=./, ',p=_')],
    ['a short proof', (final) => final.replace(/,p=.*/, ',p=AAAA')],
    ['a mandatory extension', (final) => final.replace(',p=', ',m=1,p=')],
    ['something after the proof', (final) => `${final},x=1`],
    ['a line break after the proof', (final) => `${final}\n`],
    ['a channel binding that is not base64', (final) => final.replace('c=biws', 'c=biw')],
  ])('final: %s', (_, change) => {
    const one = server();
    const client = new ScramClient({ secret: 'pencil' });
    const challenge = one.step('SCRAM-SHA-256', client.first);
    const final = client.final(challenge.kind === 'continue' ? challenge.send : '');
    expect(change(final)).not.toBe(final);
    expect(outcome(one.step(undefined, change(final)))).toBe('protocol-violation (malformed)');
    // The right message comes too late.
    expect(outcome(one.step(undefined, final))).toBe('protocol-violation (malformed)');
  });

  test('optional extensions are let pass, and are part of what is signed', () => {
    const one = server();
    const client = new ScramClient({ secret: 'pencil' });
    const challenge = one.step('SCRAM-SHA-256', `${client.first},x=1`);
    const last = one.step(undefined, client.final(challenge.kind === 'continue' ? challenge.send : ''));
    expect(outcome(challenge)).toBe('continue');
    expect(outcome(last)).toBe('authentication-failed (wrong-secret)');
  });

  test('an exchange is good for one login', async () => {
    const one = server();
    const client = new ScramClient({ secret: 'pencil' });
    expect(outcome(await logIn(one, client))).toBe('done User:user SCRAM-SHA-256');
    expect(outcome(await logIn(one, client))).toBe('protocol-violation (malformed)');
  });

  test('a first message without a mechanism, and a second with one', () => {
    expect(outcome(server().step(undefined, 'n,,n=,r=abc'))).toBe('protocol-violation (malformed)');
    const one = server();
    one.step('SCRAM-SHA-256', 'n,,n=,r=abc');
    expect(outcome(one.step('SCRAM-SHA-256', 'n,,n=,r=abc'))).toBe('protocol-violation (malformed)');
  });
});

describe('fuzz', () => {
  const pieces = fc.constantFrom('n,,', 'y,,', 'p=tls-server-end-point,,', 'n=', 'n=user', ',r=', 'r=abc', ',', '=', 'c=biws', ',p=', 'p=AAAA', 'm=', 'a=', '\0', 'ä', '\uD800', 'biws', 'rOprNGfwEbeRWgbNEkqO');
  const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 1200 }), fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')));
  const mechanism = fc.constantFrom('SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS', '', undefined);

  test('no messages make it throw, and none authenticate', () => {
    fc.assert(fc.property(fc.array(fc.tuple(mechanism, text), { maxLength: 4 }), fc.boolean(), (steps, secure) => {
      const one = server(secure ? { binding: tls } : {});
      for (const [mechanism, message] of steps) expect(one.step(mechanism, message).kind).not.toBe('done');
    }));
  });

  test('no change of one character in the right final message authenticates', () => {
    fc.assert(fc.property(fc.nat(), fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 1 }), (at, character) => {
      const one = server();
      const client = new ScramClient({ secret: 'pencil' });
      const challenge = one.step('SCRAM-SHA-256', client.first);
      const final = client.final(challenge.kind === 'continue' ? challenge.send : '');
      const place = at % final.length;
      const changed = final.slice(0, place) + character + final.slice(place + 1);
      fc.pre(changed !== final);
      expect(one.step(undefined, changed).kind).toBe('failed');
    }), { numRuns: 60 });
  });
});

const ref = { kind: 'Agent', name: 'reporter' } as const;

async function refusedWith(secret: string, standing: Account['standing']): Promise<Extract<AuthenticationStep, { kind: 'failed' }>> {
  const step = await logIn(server({ account: () => ({ verifier: pencil, standing }) }), new ScramClient({ secret }));
  if (step.kind !== 'failed') throw new Error(`it must fail: ${step.kind}`);
  return step;
}

describe('who may not log in', () => {
  const ended = ['secret-revoked', 'disabled', 'expired', 'owner-disabled'] as const;
  const standings: readonly Account['standing'][] = [...ended.map((cause) => ({ good: false, cause, ref } as const)), { good: false, cause: 'unknown-name' }, { good: false, cause: 'no-secret' }];

  test.each(standings)('learns nothing of why with a wrong secret: %o', async (standing) => {
    const wrong = await refusedWith('crayon', good.standing);
    const refused = await refusedWith('crayon', standing);
    expect(refused.refusal).toEqual(wrong.refusal);
    expect([wrong.cause, refused.cause]).toEqual(['wrong-secret', standing.good ? '' : standing.cause]);
  });

  test.each(['unknown-name', 'no-secret'] as const)('learns nothing where there is no secret to prove: %s', async (cause) => {
    const wrong = await refusedWith('crayon', good.standing);
    expect((await refusedWith('pencil', { good: false, cause })).refusal).toEqual(wrong.refusal);
  });

  test.each([
    ['secret-revoked', 'session-revoked', '`agent:reporter` was revoked', 'guardrails agent extend reporter --for 8h, then guardrails agent rotate reporter'],
    ['disabled', 'session-revoked', '`agent:reporter` is disabled', 'ask its owner'],
    ['owner-disabled', 'session-revoked', 'the owner of `agent:reporter` is disabled', 'another owner'],
    ['expired', 'session-expired', '`agent:reporter` has expired', 'guardrails agent extend reporter'],
  ] as const)('is told once it has proven the secret: %s', async (cause, code, message, mend) => {
    const refused = await refusedWith('pencil', { good: false, cause, ref });
    expect(refused).toMatchObject({ cause, refusal: { code, message } });
    expect(refused.refusal.mend).toContain(mend);
  });

  test('and is held up all the same when it goes on trying', async () => {
    const attempts = new Attempts();
    const again = (): Promise<AuthenticationStep> => Promise.resolve(logIn(server({ attempts, account: () => ({ verifier: pencil, standing: { good: false, cause: 'secret-revoked', ref } }) }), new ScramClient({ secret: 'pencil' })));
    for (let attempt = 0; attempt < 5; attempt += 1) expect(outcome(await again())).toBe('session-revoked (secret-revoked)');
    expect(outcome(await again())).toBe('too-many-attempts (locked-out)');
  });

  test('a mock salt has the form of a real one, is the same each time, and differs by name and key', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (name) => {
      expect(shape(mockVerifier(mockKey, name))).toEqual(shape(pencil));
      expect(mockVerifier(mockKey, name)).toEqual(mockVerifier(mockKey, name));
      expect(mockVerifier(mockKey, name).salt).not.toEqual(mockVerifier(mockKey, `${name}x`).salt);
      expect(mockVerifier(mockKey, name).salt).not.toEqual(mockVerifier(Buffer.alloc(32, 8), name).salt);
    }));
  });

  test('disabled between the first message and the last', async () => {
    const answers: Account[] = [good, { verifier: pencil, standing: { good: false, cause: 'disabled', ref } }];
    expect(outcome(await logIn(server({ account: () => answers.shift() }), new ScramClient({ secret: 'pencil' })))).toBe('session-revoked (disabled)');
  });

  test('the secret was changed between the first message and the last', async () => {
    const answers: Account[] = [good, { ...good, verifier: makeVerifier('brush', Buffer.alloc(16)) }];
    expect(outcome(await logIn(server({ account: () => answers.shift() }), new ScramClient({ secret: 'pencil' })))).toBe('authentication-failed (secret-changed)');
  });

  test('the store failed: nobody logs in', async () => {
    expect(outcome(await logIn(server({ account: () => undefined }), new ScramClient({ secret: 'pencil' })))).toBe('internal (state-unavailable)');
    const answers = [good];
    expect(outcome(await logIn(server({ account: () => answers.shift() }), new ScramClient({ secret: 'pencil' })))).toBe('internal (state-unavailable)');
  });
});

describe('too many attempts', () => {
  test('are refused with how long to wait, before the secret is looked at', async () => {
    const attempts = new Attempts();
    for (let guess = 0; guess < 5; guess += 1)
      expect(outcome(await logIn(server({ attempts }), new ScramClient({ secret: `guess${guess}` })))).toBe('authentication-failed (wrong-secret)');
    const refused = await logIn(server({ attempts }), new ScramClient({ secret: 'pencil' }));
    expect(outcome(refused)).toBe('too-many-attempts (locked-out)');
    expect(refused).toMatchObject({ refusal: { mend: 'wait 1 s, and look for a client that keeps using an old secret' } });
    expect(outcome(await logIn(server({ attempts, clock: () => 1000 }), new ScramClient({ secret: 'pencil' })))).toBe('done User:user SCRAM-SHA-256');
  });

  test('exchanges that were begun side by side do not each have a guess', () => {
    const attempts = new Attempts();
    const begun = Array.from({ length: 20 }, (_, at) => {
      const one = server({ attempts });
      const client = new ScramClient({ secret: `guess${at}` });
      const challenge = one.step('SCRAM-SHA-256', client.first);
      return { one, final: client.final(challenge.kind === 'continue' ? challenge.send : '') };
    });
    const outcomes = begun.map(({ one, final }) => outcome(one.step(undefined, final)));
    expect(outcomes.filter((text) => text === 'authentication-failed (wrong-secret)')).toHaveLength(5);
    expect(outcomes.filter((text) => text === 'too-many-attempts (locked-out)')).toHaveLength(15);
  });

  test('a name that is not ours is shown harmless', async () => {
    const refused = await logIn(server({ user: '\u001b[2Jroot\u202e' }), new ScramClient({ secret: 'x' }));
    expect(refused).toMatchObject({ refusal: { message: 'password authentication failed for user `\\u{1b}[2Jroot\\u{202e}`' } });
  });
});
