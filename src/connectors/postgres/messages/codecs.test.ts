import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MalformedMessage, Reader } from '../../../wire/reader.ts';
import { decodeAuthentication, encodeAuthenticationSasl, encodeAuthenticationSaslContinue, encodeAuthenticationSaslFinal } from './authentication.ts';
import { decodeBackendKeyData, encodeBackendKeyData } from './backend-key-data.ts';
import { bindHeadLength, decodeBind, decodeBindHead, encodeBind } from './bind.ts';
import { decodeCommandComplete, encodeCommandComplete, rowsOfTag } from './command-complete.ts';
import { decodeCopyFail, encodeCopyFail } from './copy-fail.ts';
import { decodeCopyResponse, encodeCopyResponse } from './copy-response.ts';
import { decodeDataRow, encodeDataRow } from './data-row.ts';
import { decodeErrorFields, encodeErrorResponse } from './error-response.ts';
import { decodeExecute, encodeExecute } from './execute.ts';
import { decodeFunctionCallOid } from './function-call.ts';
import { decodeNegotiateProtocolVersion, encodeNegotiateProtocolVersion } from './negotiate-protocol-version.ts';
import { decodeNotificationResponse, encodeNotificationResponse } from './notification-response.ts';
import { decodeParameterStatus, encodeParameterStatus } from './parameter-status.ts';
import { decodeParameterDescription, encodeParameterDescription } from './parameter-description.ts';
import { decodeParse, encodeParse } from './parse.ts';
import { decodePassword, decodeSaslInitialResponse, decodeSaslResponse, encodePassword, encodeSaslInitialResponse, encodeSaslResponse } from './password.ts';
import { decodeQuery, encodeQuery } from './query.ts';
import { decodeReadyForQuery, encodeReadyForQuery } from './ready-for-query.ts';
import { decodeRowDescription, encodeRowDescription } from './row-description.ts';
import { decodeStartupPacket, encodeCancelRequest, encodeGssRequest, encodeSslRequest, encodeStartup } from './startup.ts';
import { decodeClose, decodeDescribe, encodeClose, encodeDescribe } from './statement-or-portal.ts';

const decoders: { readonly [name: string]: (body: Reader) => unknown } = {
  'authentication': decodeAuthentication, 'backend-key-data': (body) => decodeBackendKeyData(body, 2), 'backend-key-data-3.0': (body) => decodeBackendKeyData(body, 0), 'bind': decodeBind,
  'bind-head': decodeBindHead, 'close': decodeClose, 'command-complete': decodeCommandComplete, 'copy-fail': decodeCopyFail, 'copy-response': decodeCopyResponse, 'data-row': decodeDataRow,
  'describe': decodeDescribe, 'error': decodeErrorFields, 'execute': decodeExecute, 'function-call': decodeFunctionCallOid, 'negotiate-protocol-version': decodeNegotiateProtocolVersion,
  'notification': decodeNotificationResponse, 'parameter-description': decodeParameterDescription, 'parameter-status': decodeParameterStatus, 'parse': decodeParse, 'password': decodePassword, 'query': decodeQuery,
  'ready-for-query': decodeReadyForQuery, 'row-description': decodeRowDescription, 'sasl-initial-response': decodeSaslInitialResponse, 'sasl-response': decodeSaslResponse, 'startup': decodeStartupPacket,
};

function outcome(decode: (body: Reader) => unknown, bytes: Buffer): 'ok' | 'malformed' {
  try {
    decode(new Reader(bytes));
    return 'ok';
  } catch (error) {
    if (error instanceof MalformedMessage) return 'malformed';
    throw error;
  }
}

describe('whatever the bytes, a decoder decodes or says MalformedMessage', () => {
  // Mostly small integers and short runs: what counts and lengths are made of.
  const likely = fc.array(fc.oneof(fc.constantFrom(0, 1, 2, 3, 0x30, 0x53, 0x50, 0x7f, 0x80, 0xff), fc.integer({ min: 0, max: 255 })), { maxLength: 80 });
  test.each(Object.entries(decoders))('%s', (_, decode) => {
    fc.assert(fc.property(likely, (bytes) => ['ok', 'malformed'].includes(outcome(decode, Buffer.from(bytes)))), { numRuns: 500 });
  });
});

/** Each line of a corpus file: what is expected, the body in hexadecimal, why it is here. */
describe('the corpus', () => {
  const folder = new URL('testdata/corpus/', import.meta.url);
  for (const file of readdirSync(folder)) {
    const lines = readFileSync(new URL(file, folder), 'utf8').split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    test.each(lines.map((line) => ({ line })))(`${file}: $line`, ({ line }) => {
      const [, expected, hex = ''] = /^(ok|malformed) ([0-9a-f_]*) /u.exec(line) ?? [];
      const decode = decoders[file.replace('.hex', '')];
      if (decode === undefined) throw new Error(`no decoder ${file}`);
      expect(outcome(decode, Buffer.from(hex.replaceAll('_', ''), 'hex'))).toBe(expected);
    });
  }
});

const text = fc.string({ unit: 'binary', maxLength: 40 }).filter((s) => !s.includes('\0'));
const name = fc.string({ unit: 'binary', maxLength: 15 }).filter((s) => !s.includes('\0'));
const uint32 = fc.nat({ max: 0xffffffff });
const buffer = (minLength: number, maxLength: number): fc.Arbitrary<Buffer> => fc.uint8Array({ minLength, maxLength }).map((bytes) => Buffer.from(bytes));
const values = fc.array(fc.option(buffer(0, 20)), { maxLength: 5 });
const format = fc.constantFrom<0 | 1>(0, 1);

/** Body of the one message that the bytes are: the length must say so. */
function bodyOf(message: Buffer, typed = true): Reader {
  const start = typed ? 1 : 0;
  expect(message.readInt32BE(start)).toBe(message.length - start);
  return new Reader(message, start + 4);
}

function checkRoundTrip<T>(arbitrary: fc.Arbitrary<T>, encode: (value: T) => Buffer, decode: (body: Reader) => unknown, typed = true): void {
  fc.assert(fc.property(arbitrary, (value) => { expect(decode(bodyOf(encode(value), typed))).toEqual(value); }), { numRuns: 200 });
}

describe('decode(encode(x)) is x', () => {
  test('query', () => { checkRoundTrip(text, encodeQuery, decodeQuery); });
  test('parse', () => { checkRoundTrip(fc.record({ name, text, parameterTypes: fc.array(uint32, { maxLength: 4 }) }), encodeParse, decodeParse); });
  test('bind, and its head from the first bytes', () => {
    const bind = fc.record({ portal: name, statement: name, parameterFormats: fc.array(format, { maxLength: 1 }), parameters: values, resultFormats: fc.array(format, { maxLength: 4 }) });
    checkRoundTrip(bind, encodeBind, decodeBind);
    fc.assert(fc.property(bind, (value) => {
      const message = encodeBind(value);
      expect(decodeBindHead(new Reader(message, 5, Math.min(message.length, 5 + bindHeadLength)))).toEqual({ portal: value.portal, statement: value.statement });
    }), { numRuns: 100 });
  });
  test('execute', () => { checkRoundTrip(fc.record({ portal: name, maxRows: fc.integer() }), encodeExecute, decodeExecute); });
  test('describe, close', () => {
    const what = fc.record({ kind: fc.constantFrom<'S' | 'P'>('S', 'P'), name });
    checkRoundTrip(what, encodeDescribe, decodeDescribe);
    checkRoundTrip(what, encodeClose, decodeClose);
  });
  test('parameter description', () => { checkRoundTrip(fc.array(uint32, { maxLength: 6 }), encodeParameterDescription, decodeParameterDescription); });
  test('copy fail', () => { checkRoundTrip(text, encodeCopyFail, decodeCopyFail); });
  test('password, SASL', () => {
    checkRoundTrip(text, encodePassword, decodePassword);
    checkRoundTrip(text, encodeSaslResponse, decodeSaslResponse);
    checkRoundTrip(fc.record({ mechanism: name, message: fc.option(text, { nil: undefined }) }), encodeSaslInitialResponse, decodeSaslInitialResponse);
  });
  test('startup packets', () => {
    checkRoundTrip(fc.record({ process: uint32, secret: buffer(4, 256) }), encodeCancelRequest, (body) => {
      const packet = decodeStartupPacket(body);
      return packet.kind === 'cancel' ? packet.key : packet;
    }, false);
    const parameters = fc.array(fc.tuple(name.filter((n) => n !== ''), text), { maxLength: 6 }).map((entries) => new Map(entries));
    checkRoundTrip(fc.record({ kind: fc.constant('startup'), major: fc.constant(3), minor: fc.nat({ max: 0xffff }), parameters }), (packet) => encodeStartup(packet.minor, packet.parameters), decodeStartupPacket, false);
    expect([encodeSslRequest(), encodeGssRequest()].map((packet) => decodeStartupPacket(bodyOf(packet, false)))).toEqual([{ kind: 'ssl' }, { kind: 'gss' }]);
  });
  test('error fields', () => {
    const fields = fc.array(fc.tuple(fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)), text), { maxLength: 8 }).map((entries) => new Map(entries));
    checkRoundTrip(fields, encodeErrorResponse, decodeErrorFields);
  });
  test('parameter status', () => { checkRoundTrip(fc.record({ name, value: text }), (s) => encodeParameterStatus(s.name, s.value), decodeParameterStatus); });
  test('backend key data', () => { checkRoundTrip(fc.record({ process: uint32, secret: buffer(4, 256) }), encodeBackendKeyData, (body) => decodeBackendKeyData(body, 2)); });
  test('ready for query', () => { checkRoundTrip(fc.constantFrom<'I' | 'T' | 'E'>('I', 'T', 'E'), encodeReadyForQuery, decodeReadyForQuery); });
  test('negotiate protocol version', () => { checkRoundTrip(fc.record({ minor: fc.nat({ max: 0xffff }), unsupported: fc.array(text, { maxLength: 3 }) }), encodeNegotiateProtocolVersion, decodeNegotiateProtocolVersion); });
  test('authentication', () => {
    const mechanisms = fc.array(name.filter((n) => n !== ''), { maxLength: 3 });
    checkRoundTrip(mechanisms, encodeAuthenticationSasl, (body) => { const a = decodeAuthentication(body); return a.kind === 'sasl' ? a.mechanisms : a; });
    checkRoundTrip(text, encodeAuthenticationSaslContinue, (body) => { const a = decodeAuthentication(body); return a.kind === 'sasl-continue' ? a.message : a; });
    checkRoundTrip(text, encodeAuthenticationSaslFinal, (body) => { const a = decodeAuthentication(body); return a.kind === 'sasl-final' ? a.message : a; });
  });
  test('row description', () => {
    const int16 = fc.integer({ min: -0x8000, max: 0x7fff });
    checkRoundTrip(fc.array(fc.record({ name, tableOid: uint32, columnNumber: int16, typeOid: uint32, typeSize: int16, typeModifier: fc.integer(), format: fc.nat({ max: 1 }) }), { maxLength: 4 }), encodeRowDescription, decodeRowDescription);
  });
  test('data row', () => { checkRoundTrip(values, encodeDataRow, decodeDataRow); });
  test('notification', () => { checkRoundTrip(fc.record({ process: uint32, channel: name, payload: text }), encodeNotificationResponse, decodeNotificationResponse); });
  test('copy response', () => {
    checkRoundTrip(fc.record({ format: fc.constantFrom<'text' | 'binary'>('text', 'binary'), columnFormats: fc.array(fc.nat({ max: 1 }), { maxLength: 5 }) }), (c) => encodeCopyResponse('G', c), decodeCopyResponse);
  });
});

describe('command tags', () => {
  test.each([
    ['SELECT 5', { verb: 'SELECT', rows: 5 }], ['INSERT 0 12', { verb: 'INSERT', rows: 12 }], ['CREATE TABLE', { verb: 'CREATE TABLE', rows: undefined }], ['MERGE 0', { verb: 'MERGE', rows: 0 }],
    ['', { verb: '', rows: undefined }], ['COPY 9007199254740991', { verb: 'COPY', rows: 9007199254740991 }],
  ])('%s', (tag, expected) => {
    const message = encodeCommandComplete(tag);
    expect(decodeCommandComplete(new Reader(message, 5))).toEqual(expected);
    expect(rowsOfTag(message, 5, message.length)).toBe(expected.rows ?? 0);
  });
});

test('encoders do not write what decoders refuse', () => {
  const long = 'x'.repeat(64);
  expect(() => encodeParse({ name: long, text: '', parameterTypes: [] })).toThrow(RangeError);
  expect(() => encodeExecute({ portal: long, maxRows: 0 })).toThrow(RangeError);
  expect(() => encodeQuery('SELECT 1\0; DROP TABLE t')).toThrow(RangeError);
  expect(() => encodeStartup(0, new Map([['', 'x']]))).toThrow(RangeError);
});
