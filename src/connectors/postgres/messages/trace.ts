import { Reader } from '../../../wire/reader.ts';
import { decodeAuthentication } from './authentication.ts';
import { decodeBind } from './bind.ts';
import { decodeCommandComplete } from './command-complete.ts';
import { decodeCopyFail } from './copy-fail.ts';
import { decodeCopyResponse } from './copy-response.ts';
import { decodeDataRow } from './data-row.ts';
import { decodeErrorFields } from './error-response.ts';
import { decodeExecute } from './execute.ts';
import { decodeFunctionCallOid } from './function-call.ts';
import { decodeNegotiateProtocolVersion } from './negotiate-protocol-version.ts';
import { decodeNotificationResponse } from './notification-response.ts';
import { decodeParameterStatus } from './parameter-status.ts';
import { decodeParse } from './parse.ts';
import { decodeQuery } from './query.ts';
import { decodeReadyForQuery } from './ready-for-query.ts';
import { decodeRowDescription } from './row-description.ts';
import { decodeClose, decodeDescribe } from './statement-or-portal.ts';

/**
 * A conversation as a person reads it: one line a message, `F` from a client, `B` from a server. For golden files and debugging;
 * shows passwords and keys as their length only. Throws `MalformedMessage` for what the decoders refuse.
 */
export function trace(from: 'F' | 'B', bytes: Buffer): string {
  const lines: string[] = [];
  const reader = new Reader(bytes);
  while (reader.remaining > 0) {
    const type = String.fromCharCode(reader.byte('type'));
    const body = new Reader(reader.bytes(reader.int32('length') - 4, 'body'));
    lines.push(`${from} ${from === 'F' ? frontend(type, body) : backend(type, body)}`);
  }
  return lines.join('\n');
}

function quoted(text: string): string { return JSON.stringify(text); }

function values(row: readonly (Buffer | null)[]): string {
  return `(${row.map((value) => (value === null ? 'NULL' : quoted(value.toString('latin1')))).join(', ')})`;
}

function opaque(name: string, body: Reader): string { return `${name} ${body.remaining} bytes`; }

function frontend(type: string, body: Reader): string {
  switch (type) {
    case 'Q': return `Query ${quoted(decodeQuery(body))}`;
    case 'P': {
      const { name, text, parameterTypes } = decodeParse(body);
      return `Parse ${quoted(name)} ${quoted(text)} types=[${parameterTypes.join(' ')}]`;
    }
    case 'B': {
      const bind = decodeBind(body);
      return `Bind ${quoted(bind.portal)} ${quoted(bind.statement)} formats=[${bind.parameterFormats.join(' ')}] ${values(bind.parameters)} results=[${bind.resultFormats.join(' ')}]`;
    }
    case 'E': {
      const { portal, maxRows } = decodeExecute(body);
      return `Execute ${quoted(portal)} ${maxRows}`;
    }
    case 'D': {
      const { kind, name } = decodeDescribe(body);
      return `Describe ${kind} ${quoted(name)}`;
    }
    case 'C': {
      const { kind, name } = decodeClose(body);
      return `Close ${kind} ${quoted(name)}`;
    }
    case 'F': return `FunctionCall ${decodeFunctionCallOid(body)}`;
    case 'f': return `CopyFail ${quoted(decodeCopyFail(body))}`;
    case 'd': return opaque('CopyData', body);
    case 'p': return opaque('Password', body);
    case 'c': return empty('CopyDone', body);
    case 'H': return empty('Flush', body);
    case 'S': return empty('Sync', body);
    case 'X': return empty('Terminate', body);
    default: return opaque(`Unknown ${quoted(type)}`, body);
  }
}

function empty(name: string, body: Reader): string {
  body.end();
  return name;
}

function backend(type: string, body: Reader): string {
  switch (type) {
    case 'R': return authentication(body);
    case 'S': {
      const { name, value } = decodeParameterStatus(body);
      return `ParameterStatus ${name}=${quoted(value)}`;
    }
    case 'K': return `BackendKeyData process=${body.uint32('process id')} ${opaque('secret', body)}`;
    case 'Z': return `ReadyForQuery ${decodeReadyForQuery(body)}`;
    case 'C': {
      const { verb, rows } = decodeCommandComplete(body);
      return rows === undefined ? `CommandComplete ${verb}` : `CommandComplete ${verb} rows=${rows}`;
    }
    case 'E': return `ErrorResponse ${fields(body)}`;
    case 'N': return `NoticeResponse ${fields(body)}`;
    case 'T': return `RowDescription ${decodeRowDescription(body).map((f) => `${quoted(f.name)}:${f.typeOid}${f.tableOid === 0 ? '' : `@${f.tableOid}.${f.columnNumber}`}`).join(' ')}`;
    case 'D': return `DataRow ${values(decodeDataRow(body))}`;
    case 'G': return copy('CopyInResponse', body);
    case 'H': return copy('CopyOutResponse', body);
    case 'W': return copy('CopyBothResponse', body);
    case 'A': {
      const { process, channel, payload } = decodeNotificationResponse(body);
      return `NotificationResponse process=${process} ${quoted(channel)} ${quoted(payload)}`;
    }
    case 'v': {
      const { minor, unsupported } = decodeNegotiateProtocolVersion(body);
      return `NegotiateProtocolVersion 3.${minor} unsupported=[${unsupported.join(' ')}]`;
    }
    case 't': return opaque('ParameterDescription', body);
    case 'V': return opaque('FunctionCallResponse', body);
    case 'd': return opaque('CopyData', body);
    case 'c': return empty('CopyDone', body);
    case 'I': return empty('EmptyQueryResponse', body);
    case 'n': return empty('NoData', body);
    case 's': return empty('PortalSuspended', body);
    case '1': return empty('ParseComplete', body);
    case '2': return empty('BindComplete', body);
    case '3': return empty('CloseComplete', body);
    default: return opaque(`Unknown ${quoted(type)}`, body);
  }
}

function authentication(body: Reader): string {
  const request = decodeAuthentication(body);
  switch (request.kind) {
    case 'ok': return 'AuthenticationOk';
    case 'cleartext': return 'AuthenticationCleartextPassword';
    case 'md5': return 'AuthenticationMD5Password';
    case 'sasl': return `AuthenticationSASL ${request.mechanisms.join(' ')}`;
    case 'sasl-continue': return 'AuthenticationSASLContinue';
    case 'sasl-final': return 'AuthenticationSASLFinal';
    case 'unsupported': return `Authentication ${request.method}`;
    default: return request satisfies never;
  }
}

function fields(body: Reader): string {
  return [...decodeErrorFields(body)].map(([letter, value]) => `${letter}=${quoted(value)}`).join(' ');
}

function copy(name: string, body: Reader): string {
  const { format, columnFormats } = decodeCopyResponse(body);
  return `${name} ${format} [${columnFormats.join(' ')}]`;
}
