import { once } from 'node:events';
import { Client, DatabaseError } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli } from './cli-runner.ts';
import { type GatewayFolder, gatewayFolder } from './gateway-folder.ts';

async function refusedAtLogin(url: string): Promise<string> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.end();
    return 'let in';
  } catch (error) {
    return error instanceof DatabaseError ? `${error.code} ${error.message} (${error.hint})` : String(error);
  }
}

describe('what a person takes back is gone, and says so', { timeout: 120_000 }, () => {
  let folder: GatewayFolder;
  let bot = '';
  let reader = '';

  beforeAll(async () => {
    folder = await gatewayFolder();
    await folder.createUser('ada');
    [bot, reader] = [await agent('bot'), await agent('reader')];
    await folder.start();
  }, 120_000);

  afterAll(async () => {
    await folder.end();
  });

  async function agent(name: string): Promise<string> {
    return (await cli(folder.dir, ['agent', 'create', name, '--owner', 'ada', '--target', 'shop', '--can', 'read', '--for', '8h', '--print'])).out.trim();
  }

  async function recorded(kind: string, who: string): Promise<readonly string[]> {
    const shown = await cli(folder.dir, ['log', 'show', '--kind', kind]);
    return shown.out.split('\n').filter((line) => line.includes(who)).map((line) => line.slice(line.indexOf(who)));
  }

  test('an agent: its session, the record and its next login all say that it was revoked', async () => {
    const client = new Client({ connectionString: bot });
    await client.connect();
    await client.query('SELECT 1 FROM customers WHERE id = 1');
    const told = once(client, 'error');
    client.on('error', () => undefined);
    expect((await cli(folder.dir, ['agent', 'revoke', 'bot'])).code).toBe(0);
    expect(await told).toMatchObject([{ severity: 'FATAL', code: '28000', message: '`agent:bot` was revoked' }]);
    const mend = 'do not try again with this secret; its owner can bring it back: guardrails agent extend bot --for 8h, then guardrails agent rotate bot';
    expect(await refusedAtLogin(bot)).toBe(`28000 \`agent:bot\` was revoked (${mend})`);
    expect(await refusedAtLogin(bot.replace(/grd_\w+/, 'grd_wrong'))).toContain('28P01 password authentication failed');
    expect(await recorded('session-closed', 'agent:bot')).toEqual(['agent:bot shop why=session-revoked: `agent:bot` was revoked commands=1 refused=0']);
    expect(await recorded('session-refused', 'bot shop')).toEqual(['bot shop (session-revoked) secret-revoked', 'bot shop (authentication-failed) secret-revoked']);
  });

  test('and is brought back by a new end and a new secret', async () => {
    const { code } = await cli(folder.dir, ['agent', 'extend', 'bot', '--for', '8h']);
    const url = (await cli(folder.dir, ['agent', 'rotate', 'bot', '--print'])).out.trim();
    expect(code).toBe(0);
    await expect.poll(() => refusedAtLogin(url), { timeout: 20_000 }).toBe('let in');
  });

  test('a grant: the session stays, and its next command is refused for want of one', async () => {
    const client = new Client({ connectionString: reader });
    await client.connect();
    await client.query('SELECT 1 FROM customers WHERE id = 1');
    const [grant = ''] = /grant-[0-9a-f]+/.exec((await cli(folder.dir, ['grant', 'list', '--holder', 'reader'])).out) ?? [];
    expect((await cli(folder.dir, ['grant', 'revoke', grant])).code).toBe(0);
    const answer = (): Promise<string> => client.query('SELECT 1 FROM customers WHERE id = 1').then(() => 'passes', (error: unknown) => (error instanceof DatabaseError ? `${error.code} ${error.message} ${error.detail}` : String(error)));
    await expect.poll(answer, { timeout: 20_000 }).not.toBe('passes');
    expect(await answer()).toContain('42501 refused: no grant of `agent:reader` covers read `table:public.customers`');
    await client.end();
  });
});
