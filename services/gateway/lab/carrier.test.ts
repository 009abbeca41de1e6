import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { CarrierEvents } from '../sse/carrier.ts';
import { faultyCarrier } from './carrier.ts';
import { CLEAR, type Conditions } from './conditions.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function open() {
  const took: string[] = [];
  let events: CarrierEvents | null = null;
  const inner = { full: false, ended: false, cut: vi.fn() };
  const { open, line } = faultyCarrier(
    (given) => {
      events = given;
      return {
        write(bytes) {
          took.push(bytes.toString());
          return !inner.full;
        },
        end(bytes) {
          took.push(`${bytes}!`);
          inner.ended = true;
        },
        cut: inner.cut,
      };
    },
    () => Date.now(),
  );
  const onDrain = vi.fn();
  const onClose = vi.fn();
  const carrier = open({ onDrain, onClose });
  const write = (text: string) => carrier.write(Buffer.from(text));
  const set = (change: Partial<Conditions>) =>
    line.set({ ...CLEAR, ...change }, () => change.delayMs ?? 0);
  return { carrier, line, inner, took, write, set, onDrain, onClose, events: () => events! };
}

test('without a lab everything goes straight through, and back-pressure with it', () => {
  const { write, took, inner, onDrain, events } = open();
  expect(write('a')).toBe(true);
  inner.full = true;
  expect(write('b')).toBe(false);
  expect(took).toEqual(['a', 'b']);
  expect(onDrain).not.toHaveBeenCalled();
  events().onDrain();
  expect(onDrain).toHaveBeenCalledTimes(1);
});

describe('with a delay', () => {
  test('what is written arrives later, in order, also when the delay ends', () => {
    const { write, set, took } = open();
    set({ delayMs: 100 });
    write('a');
    vi.advanceTimersByTime(50);
    set({});
    write('b');
    expect(took).toEqual([]);
    vi.advanceTimersByTime(49);
    expect(took).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(took.join('')).toBe('ab');
    write('c');
    expect(took.at(-1)).toBe('c');
  });
  test('at the end of the lab what is under way arrives at once', () => {
    const { write, line, set, took } = open();
    set({ delayMs: 5_000 });
    write('a');
    write('b');
    line.set(CLEAR, () => 0);
    expect(took.join('')).toBe('ab');
  });
  test('the orderly end waits for what was written before', () => {
    const { write, carrier, set, took, inner } = open();
    set({ delayMs: 100 });
    write('a');
    carrier.end(Buffer.from('bye'));
    expect(inner.ended).toBe(false);
    vi.advanceTimersByTime(100);
    expect(took).toEqual(['a', 'bye!']);
  });
  test('more than 64 KiB under way is a full buffer, and it drains', () => {
    const { write, set, onDrain } = open();
    set({ delayMs: 1_000 });
    expect(write('x'.repeat(64 * 1024))).toBe(true);
    expect(write('y')).toBe(false);
    vi.advanceTimersByTime(999);
    expect(onDrain).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onDrain).toHaveBeenCalledTimes(1);
  });
  test('a connection that is full holds back what is due', () => {
    const { write, set, took, inner, events } = open();
    set({ delayMs: 10 });
    inner.full = true;
    write('a');
    vi.advanceTimersByTime(10);
    write('b');
    vi.advanceTimersByTime(1_000);
    set({ delayMs: 5 });
    expect(took).toEqual(['a']);
    inner.full = false;
    events().onDrain();
    expect(took).toEqual(['a', 'b']);
  });
});

test('a throttled line takes as long as the bytes need', () => {
  const { write, set, took } = open();
  set({ bytesPerSecond: 1_000 });
  write('x'.repeat(500));
  write('y'.repeat(500));
  vi.advanceTimersByTime(499);
  expect(took).toHaveLength(0);
  vi.advanceTimersByTime(1);
  expect(took).toHaveLength(1);
  vi.advanceTimersByTime(500);
  expect(took).toHaveLength(2);
});

test('a dead line swallows everything and complains of nothing, for good', () => {
  const { write, set, line, carrier, took, inner, onDrain } = open();
  set({ delayMs: 100 });
  write('a');
  write('z'.repeat(70_000));
  line.die();
  expect(onDrain).toHaveBeenCalledTimes(1);
  expect(write('b'.repeat(100_000))).toBe(true);
  set({});
  write('c');
  vi.advanceTimersByTime(10_000);
  expect(took).toEqual([]);
  carrier.end(Buffer.from('bye'));
  expect(inner.ended).toBe(false);
  expect(inner.cut).toHaveBeenCalledTimes(1);
});

test('when the connection closes nothing is left to do', () => {
  const { write, set, onClose, events } = open();
  set({ delayMs: 100 });
  write('a');
  events().onClose();
  expect(onClose).toHaveBeenCalledTimes(1);
  expect(vi.getTimerCount()).toBe(0);
});
