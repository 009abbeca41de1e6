/** The reference for everything that waits for the log: one stored message, acknowledged. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectBus } from '@sandpit/bus/nats-bus.ts';
import { ensureStreams } from '@sandpit/bus/streams.ts';
import { subjects } from '@sandpit/bus/subjects.ts';
import { findOrInstall } from '../scripts/servers/find-server.ts';
import { startNats, writeOpenConfig } from '../scripts/servers/nats.ts';
import { freePorts } from '../scripts/servers/ports.ts';
import { ProcessGroup } from '../scripts/servers/process-group.ts';

const ADDRESS = { accountId: 'bench', simulatorId: 'bench' };
const PAYLOAD = { text: 'x'.repeat(180) };

export interface PublishAck {
  /** One publish of about 200 bytes to a file stream; milliseconds until it is acknowledged. */
  measure(): Promise<number>;
  stop(): Promise<void>;
}

/** A server of its own, so that the measured system is not disturbed by what is measured beside it. */
export async function startPublishAck(): Promise<PublishAck> {
  const folder = mkdtempSync(join(tmpdir(), 'sandpit-bench-'));
  chmodSync(folder, 0o755);
  const [port, monitorPort] = (await freePorts(2)) as [number, number];
  const programs = findOrInstall(['nats-server'], console.log);
  const group = new ProcessGroup();
  const options = { program: programs['nats-server'], monitorPort };
  const configFile = writeOpenConfig(folder, port, monitorPort);
  group.add(await startNats({ ...options, configFile, logFile: join(folder, 'nats.log') }));
  const bus = await connectBus({ servers: [`nats://127.0.0.1:${port}`], name: 'bench' });
  await ensureStreams(bus);
  const subject = subjects.event(ADDRESS);
  return {
    async measure() {
      const started = performance.now();
      await bus.publish(subject, PAYLOAD, { stream: 'EVENTS' });
      return performance.now() - started;
    },
    async stop() {
      await bus.close();
      await group.stop(2_000);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
