import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { errorResponse, message } from './scripted-upstream.ts';
import { wireTrace } from './wire-trace.ts';

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

test('a conversation reads like a packet dump', () => {
  expect(wireTrace('F', Buffer.concat([bytes('00000008 04d2162f'), bytes('00000012 00030000'), Buffer.from('user\0ada\0\0'),
    message('P', 's1', 'SELECT $1', bytes('0001 00000017')), message('B', '', 's1', bytes('0001 0000 0002 00000002 3432 ffffffff 0000')),
    message('D', Buffer.from('P'), ''), message('E', '', bytes('00000000')), message('S'), message('Q', 'SELECT \'é\'\n'), message('p', 'secret'), message('d', bytes('00ff'))]), { startup: true })).toEqual([
    'F 8 SSLRequest', 'F 18 StartupMessage 3.0 "user" "ada"', 'F 23 Parse "s1" "SELECT $1" 1 23', 'F 26 Bind "" "s1" 1 0 2 "42" NULL 0',
    'F 6 Describe P ""', 'F 9 Execute "" 0', 'F 4 Sync', 'F 17 Query "SELECT \'é\'\\n"', 'F 11 PasswordMessage', "F 6 CopyData x'00ff'",
  ]);
  expect(wireTrace('B', Buffer.concat([Buffer.from('N'), message('R', bytes('00000000')), message('R', bytes('0000000a'), 'SCRAM-SHA-256', 0), message('S', 'TimeZone', 'UTC'), message('K', bytes('00000001 02030405')), message('Z', 0x49),
    message('T', bytes('0001'), 'n', bytes('00000000 0000 00000017 0004 ffffffff 0000')), message('D', bytes('0002 00000001 31 ffffffff')), message('C', 'SELECT 1'), errorResponse('42601', 'syntax'), message('t', bytes('0001 00000017'))]), { oneByteAnswers: 1 })).toEqual([
    'B "N"', 'B 8 Authentication Ok', 'B 23 Authentication SASL "SCRAM-SHA-256"', 'B 17 ParameterStatus "TimeZone" "UTC"', 'B 12 BackendKeyData 1 02030405', 'B 5 ReadyForQuery I',
    'B 26 RowDescription 1 "n" 0 0 23 4 -1 0', 'B 15 DataRow 2 "1" NULL', 'B 13 CommandComplete "SELECT 1"', 'B 34 ErrorResponse S "ERROR" V "ERROR" C "42601" M "syntax"', 'B 10 ParameterDescription 1 23',
  ]);
});

test('what differs from run to run can be left out', () => {
  const error = message('E', Buffer.from('C'), '42601', Buffer.from('F'), 'scan.l', Buffer.from('L'), '1', 0);
  expect(wireTrace('B', Buffer.concat([message('K', bytes('00000001 02030405')), error, message('A', bytes('00000009'), 'c', 'p')]), { stable: true }))
    .toEqual(['B 12 BackendKeyData *', 'B 23 ErrorResponse C "42601"', 'B 12 NotificationResponse * "c" "p"']);
});

test('what is wrong with a message is shown', () => {
  expect(wireTrace('F', message('S', bytes('aa')))).toEqual(['F 5 Sync (malformed: 1 bytes too many: aa)']);
  expect(wireTrace('F', message('E', 'p', bytes('00')))).toEqual(['F 7 Execute "p" 0 (malformed: ends too early)']);
  expect(wireTrace('F', message('Q', Buffer.from('no end')))).toEqual(['F 10 Query "no end" (malformed: ends too early)']);
  expect(wireTrace('F', message('!', bytes('01')))).toEqual(['F 5 Unknown "!" 01']);
  expect(wireTrace('F', Buffer.from('Q'))).toEqual(['F incomplete 1 bytes 51']);
  expect(wireTrace('F', bytes('51 00000003'))).toEqual(['F malformed 5 bytes 5100000003']);
  expect(wireTrace('F', bytes('51 7fffffff'))).toEqual(['F incomplete 5 bytes 517fffffff']);
});

test('any bytes give lines, and cutting at any message boundary gives the same lines', () => {
  fc.assert(fc.property(fc.constantFrom('F' as const, 'B' as const), fc.uint8Array({ maxLength: 200 }), fc.boolean(), (side, random, startup) => {
    expect(() => wireTrace(side, Buffer.from(random), { startup })).not.toThrow();
  }));
  const typed = fc.tuple(fc.constantFrom(...Array.from('BCDEFHPQSXcdfpRKGWIVvnNAts1234ZT')), fc.uint8Array({ maxLength: 40 })).map(([type, body]) => message(type, Buffer.from(body)));
  fc.assert(fc.property(fc.constantFrom('F' as const, 'B' as const), fc.array(typed, { maxLength: 8 }), (side, messages) => {
    expect(wireTrace(side, Buffer.concat(messages))).toEqual(messages.flatMap((one) => wireTrace(side, one)));
  }));
});
