import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Client } from 'pg';
import { type PostgresServer, startPostgres } from '../../../examples/support/postgres-server.ts';
import { connect } from '../../../test/support/servers.ts';
import { Reader } from '../../wire/reader.ts';
import { boundValues } from './bound-values.ts';
import { type Bind, encodeBind } from './messages/bind.ts';

function read(bind: Pick<Bind, 'parameters' | 'parameterFormats'>, types: readonly number[]): ReturnType<typeof boundValues> {
  return boundValues(new Reader(encodeBind({ portal: 'p', statement: 's', resultFormats: [], ...bind }), 5), types);
}

function text(...values: (string | null)[]): Pick<Bind, 'parameters' | 'parameterFormats'> {
  return { parameterFormats: [], parameters: values.map((value) => (value === null ? null : Buffer.from(value))) };
}

describe('in the text format', () => {
  test('with its type, or none where the server infers it', () => {
    expect(read(text('5', 'a', null, 'x'), [20, 25, 0])).toEqual([{ text: '5', type: 'int8' }, { text: 'a', type: 'text' }, { text: null, type: undefined }, { text: 'x', type: undefined }]);
  });
  test('of a type that is not read it is known that it is not NULL', () => {
    expect(read(text('{1,2}', null), [1007, 2950])).toEqual([{ text: undefined, type: 'other' }, { text: null, type: 'other' }]);
  });
  test('long values, and bytes that are no UTF-8, are not known', () => {
    expect(read({ parameterFormats: [], parameters: [Buffer.alloc(1025, 'a'), Buffer.from([0xff]), Buffer.from([0x61, 0])] }, [25, 25, 25])).toEqual([0, 1, 2].map(() => ({ text: undefined, type: 'text' })));
  });
});

test('binary without a type is not known', () => {
  expect(read({ parameterFormats: [1], parameters: [Buffer.from([0, 0, 0, 5]), null] }, [])).toEqual([{ text: undefined, type: undefined }, { text: null, type: undefined }]);
});

test('what is no Bind has no values', () => {
  expect(boundValues(new Reader(Buffer.from('p\0s\0\0\x05')), [])).toEqual([]);
});

describe('in the binary format, as the server itself writes it', () => {
  let server: PostgresServer;
  let client: Client;
  beforeAll(async () => {
    server = await startPostgres({ auth: 'trust' });
    client = await connect(server.connectionString());
  });
  afterAll(async () => {
    await client.end();
    await server.stop();
  });

  test.each([
    ['bool', 'true', 'true', 'boolsend'], ['bool', 'false', 'false', 'boolsend'], ['int2', '-7', '-7', 'int2send'], ['int4', '70000', '70000', 'int4send'],
    ['int8', '-9007199254740993', '-9007199254740993', 'int8send'], ['text', 'ä b', 'ä b', 'textsend'], ['varchar', 'x', 'x', 'varcharsend'],
    ['date', '1999-12-31', '1999-12-31', 'date_send'], ['date', '2024-02-29', '2024-02-29', 'date_send'], ['date', 'infinity', undefined, 'date_send'], ['date', '0044-03-15 BC', undefined, 'date_send'],
    ['timestamp', '2024-02-29 23:59:59.5', '2024-02-29T23:59:59.500Z', 'timestamp_send'], ['timestamp', '-infinity', undefined, 'timestamp_send'],
    ['timestamptz', '1999-01-01 00:00:00+00', '1999-01-01T00:00:00.000Z', 'timestamptz_send'], ['timestamptz', 'infinity', undefined, 'timestamptz_send'],
  ])('%s %s', async (type, written, expected, send) => {
    const { rows: [row] } = await client.query<{ oid: number; bytes: Buffer }>(`SELECT $1::text::regtype::oid::int AS oid, ${send}($2::text::${type}) AS bytes`, [type, written]);
    if (row === undefined) throw new Error('no row');
    expect(read({ parameterFormats: [1], parameters: [row.bytes] }, [row.oid])).toEqual([{ text: expected, type }]);
  });
});
