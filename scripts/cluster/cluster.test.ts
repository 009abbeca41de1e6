import { describe, expect, test } from 'vitest';
import { readClusterOptions } from './command.ts';
import { canCluster, versionIn } from './nats-program.ts';
import { anyPorts, portsFrom } from './ports.ts';

describe('which nats-server may be one of three', () => {
  test.each`
    printed                    | version      | may
    ${'nats-server: v2.9.10'}  | ${'2.9.10'}  | ${false}
    ${'nats-server: v2.10.27'} | ${'2.10.27'} | ${false}
    ${'nats-server: v2.11.0'}  | ${'2.11.0'}  | ${true}
    ${'nats-server: v2.15.1'}  | ${'2.15.1'}  | ${true}
    ${'nats-server: v3.0.0'}   | ${'3.0.0'}   | ${true}
    ${'something else'}        | ${'0.0.0'}   | ${false}
  `('$printed', ({ printed, version, may }) => {
    expect(versionIn(printed)).toBe(version);
    expect(canCluster(version)).toBe(may);
  });
});

describe('the command line', () => {
  test('says two doors and three workers when it says nothing', () => {
    expect(readClusterOptions([])).toEqual({ portBase: 3_200, doors: 2, workers: 3, json: false });
  });

  test.each([
    ['--doors', '0'],
    ['--workers', '7'],
    ['--port-base', 'x'],
    ['--nodes', '3'],
  ])('%s %s is refused', (name, value) =>
    expect(() => readClusterOptions([name, value])).toThrow(name),
  );
});

test('every process has ports of its own', async () => {
  const size = { doors: 2, nats: 3 };
  for (const ports of [await anyPorts(size), await portsFrom(23_400, size)]) {
    const { web, doors, nats, postgres, redis } = ports;
    const all = [web, postgres, redis, ...doors, ...nats.flatMap((each) => Object.values(each))];
    expect(new Set(all).size).toBe(14);
    expect(all.every((port) => port > 1_024 && port < 65_536)).toBe(true);
  }
});
