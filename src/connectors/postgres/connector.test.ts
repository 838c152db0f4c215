import { expect, test, vi } from 'vitest';
import { ada, openHarness } from '../../../test/support/gate-harness.ts';
import { RawClient } from '../../../test/support/raw-client.ts';
import { scriptedUpstream } from '../../../test/support/scripted-upstream.ts';
import { wordsInterpreter } from '../../../test/support/words-interpreter.ts';

test('who is revoked while the target does not answer yet is told so, and it is recorded', async () => {
  const upstream = await scriptedUpstream({ greeting: [] });
  const harness = await openHarness({ upstream: { port: upstream.port, user: 'u', password: 'p' }, interpreter: wordsInterpreter, refuses: () => false });
  try {
    const login = RawClient.login(harness.port);
    await vi.waitFor(() => { expect(upstream.sessions).toHaveLength(1); });
    harness.become({ ...ada, secretRevoked: true });
    const told = (await login).startup.filter((line) => line.includes('ErrorResponse'));
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/"FATAL".*"28000".*`user:ada` was revoked/);
    expect(harness.log.entries.at(-1)).toMatchObject({ type: 'session-closed', why: 'session-revoked: `user:ada` was revoked' });
  } finally {
    await harness.stop();
    await upstream.stop();
  }
});
