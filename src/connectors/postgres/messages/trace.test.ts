import { expect, test } from 'vitest';
import { authenticationOkMessage, encodeAuthenticationSasl } from './authentication.ts';
import { encodeBackendKeyData } from './backend-key-data.ts';
import { encodeBind } from './bind.ts';
import { bindCompleteMessage, copyDoneMessage, emptyQueryResponseMessage, flushMessage, noDataMessage, parseCompleteMessage, portalSuspendedMessage, syncMessage, terminateMessage } from './bodyless.ts';
import { encodeCommandComplete } from './command-complete.ts';
import { encodeCopyFail } from './copy-fail.ts';
import { encodeCopyResponse } from './copy-response.ts';
import { encodeDataRow } from './data-row.ts';
import { encodeErrorResponse, encodeNoticeResponse, errorFieldsOf } from './error-response.ts';
import { encodeExecute } from './execute.ts';
import { encodeNegotiateProtocolVersion } from './negotiate-protocol-version.ts';
import { encodeNotificationResponse } from './notification-response.ts';
import { encodeParameterStatus } from './parameter-status.ts';
import { encodeParse } from './parse.ts';
import { encodePassword } from './password.ts';
import { encodeQuery } from './query.ts';
import { encodeReadyForQuery } from './ready-for-query.ts';
import { encodeRowDescription } from './row-description.ts';
import { encodeClose, encodeDescribe } from './statement-or-portal.ts';
import { trace } from './trace.ts';

test('a client’s messages', () => {
  expect(trace('F', Buffer.concat([
    encodePassword('secret'), encodeQuery('SELECT 1'), encodeParse({ name: 's', text: 'SELECT $1', parameterTypes: [23] }),
    encodeBind({ portal: 'p', statement: 's', parameterFormats: [1], parameters: [Buffer.from([0, 1]), null], resultFormats: [0] }),
    encodeDescribe({ kind: 'S', name: 's' }), encodeExecute({ portal: 'p', maxRows: 10 }), encodeClose({ kind: 'P', name: 'p' }), flushMessage, encodeCopyFail('no'), copyDoneMessage, syncMessage, terminateMessage,
  ]))).toMatchInlineSnapshot(`
    "F Password 7 bytes
    F Query "SELECT 1"
    F Parse "s" "SELECT $1" types=[23]
    F Bind "p" "s" formats=[1] ("\\u0000\\u0001", NULL) results=[0]
    F Describe S "s"
    F Execute "p" 10
    F Close P "p"
    F Flush
    F CopyFail "no"
    F CopyDone
    F Sync
    F Terminate"
  `);
});

test('a server’s messages', () => {
  expect(trace('B', Buffer.concat([
    encodeNegotiateProtocolVersion({ minor: 2, unsupported: ['_pq_.x'] }), encodeAuthenticationSasl(['SCRAM-SHA-256']), authenticationOkMessage, encodeParameterStatus('client_encoding', 'UTF8'),
    encodeBackendKeyData({ process: 7, secret: Buffer.alloc(32) }), encodeReadyForQuery('I'), parseCompleteMessage, bindCompleteMessage, noDataMessage,
    encodeRowDescription([{ name: 'id', tableOid: 16384, columnNumber: 1, typeOid: 23, typeSize: 4, typeModifier: -1, format: 0 }, { name: '?column?', tableOid: 0, columnNumber: 0, typeOid: 25, typeSize: -1, typeModifier: -1, format: 0 }]),
    encodeDataRow([Buffer.from('1'), null]), portalSuspendedMessage, encodeCommandComplete('INSERT 0 3'), encodeCommandComplete('CREATE TABLE'), emptyQueryResponseMessage,
    encodeCopyResponse('G', { format: 'text', columnFormats: [0, 0] }), encodeNotificationResponse({ process: 7, channel: 'c', payload: '' }),
    encodeNoticeResponse(errorFieldsOf('WARNING', '01000', 'careful')), encodeErrorResponse(errorFieldsOf('ERROR', '42601', 'syntax error', { detail: 'd', hint: 'h', position: 3 })), encodeReadyForQuery('E'),
  ]))).toMatchInlineSnapshot(`
    "B NegotiateProtocolVersion 3.2 unsupported=[_pq_.x]
    B AuthenticationSASL SCRAM-SHA-256
    B AuthenticationOk
    B ParameterStatus client_encoding="UTF8"
    B BackendKeyData process=7 secret 32 bytes
    B ReadyForQuery I
    B ParseComplete
    B BindComplete
    B NoData
    B RowDescription "id":23@16384.1 "?column?":25
    B DataRow ("1", NULL)
    B PortalSuspended
    B CommandComplete INSERT rows=3
    B CommandComplete CREATE TABLE
    B EmptyQueryResponse
    B CopyInResponse text [0 0]
    B NotificationResponse process=7 "c" ""
    B NoticeResponse S="WARNING" V="WARNING" C="01000" M="careful"
    B ErrorResponse S="ERROR" V="ERROR" C="42601" M="syntax error" D="d" H="h" P="3"
    B ReadyForQuery E"
  `);
});
