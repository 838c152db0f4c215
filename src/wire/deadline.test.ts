import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Deadline } from './deadline.ts';

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

describe('a deadline', () => {
  test('passes when its time is over', () => {
    const deadline = new Deadline([], 100);
    vi.advanceTimersByTime(99);
    expect([deadline.signal.aborted, deadline.expired]).toEqual([false, false]);
    vi.advanceTimersByTime(1);
    expect([deadline.signal.aborted, deadline.expired]).toEqual([true, true]);
  });

  test.each(['another signal', 'whoever has it'])('is ended by %s, with the reason, and then holds nothing', (by) => {
    const other = new AbortController();
    const deadline = new Deadline([new AbortController().signal, other.signal], 100);
    if (by === 'another signal') other.abort(new Error('why'));
    else deadline.end(new Error('why'));
    expect([deadline.signal.reason, deadline.expired]).toEqual([new Error('why'), false]);
    expect([vi.getTimerCount(), getEventListeners(other.signal, 'abort').length]).toEqual([0, 0]);
    deadline.end(new Error('again'));
    expect(deadline.signal.reason).toEqual(new Error('why'));
  });

  test('of which all was over before it began', () => {
    const deadline = new Deadline([AbortSignal.abort(new Error('before'))], 100);
    expect(deadline.signal.reason).toEqual(new Error('before'));
    expect(vi.getTimerCount()).toBe(0);
  });

  test('that was met holds nothing, and nothing ends it', () => {
    const other = new AbortController();
    const deadline = new Deadline([other.signal], 100);
    deadline.over();
    expect([vi.getTimerCount(), getEventListeners(other.signal, 'abort').length]).toEqual([0, 0]);
    other.abort();
    expect(deadline.signal.aborted).toBe(false);
  });
});
