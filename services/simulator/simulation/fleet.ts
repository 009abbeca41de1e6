/** Workers as processes of their own on a real server, and a client that waits for its records. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { HEADERS } from '@sandpit/bus/headers.ts';
import { connectBus, type NatsBus } from '@sandpit/bus/nats-bus.ts';
import { ensureStreams } from '@sandpit/bus/streams.ts';
import { subjects } from '@sandpit/bus/subjects.ts';
import type { Command } from '@sandpit/schemas/command.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';

const SCRIPT = join(import.meta.dirname, 'worker-process.ts');

export interface Answered {
  sequence: number;
  record: EventRecord;
  tookMs: number;
}

export class Fleet {
  readonly bus: NatsBus;
  readonly #natsUrl: string;
  readonly #children = new Set<ChildProcess>();

  private constructor(bus: NatsBus, natsUrl: string) {
    this.bus = bus;
    this.#natsUrl = natsUrl;
  }

  static async open(natsUrl: string, name: string): Promise<Fleet> {
    const bus = await connectBus({ servers: [natsUrl], name });
    await ensureStreams(bus, { replicas: 1 });
    return new Fleet(bus, natsUrl);
  }

  /** @returns when the worker has begun to take shards. */
  async start(name: string): Promise<ChildProcess> {
    const child = spawn(process.execPath, [SCRIPT, this.#natsUrl, name], {
      stdio: ['ignore', 'pipe', process.env.VERBOSE ? 'inherit' : 'ignore'],
    });
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    await once(child.stdout!, 'data');
    return child;
  }

  /** Stores the command and resolves with its record. */
  async execute(command: Command, timeoutMs = 10_000): Promise<Answered> {
    const sinceMs = performance.now();
    const { promise, resolve, reject } = Promise.withResolvers<Answered>();
    const live = this.bus.follow(subjects.live(command), ({ headers, body }) => {
      const record = body as EventRecord;
      if (!record.commands.some((each) => each.command.commandId === command.commandId)) return;
      const sequence = Number(headers['Nats-Sequence']);
      resolve({ sequence, record, tookMs: performance.now() - sinceMs });
    });
    const late = new Error(`no record of ${command.commandId}`);
    const timer = setTimeout(() => reject(late), timeoutMs);
    try {
      await this.bus.publish(subjects.command(command, command.body.type), command, {
        stream: 'COMMANDS',
        id: `${command.simulatorId}/${command.commandId}`,
        headers: { [HEADERS.authorization]: command.accountId },
      });
      return await promise;
    } finally {
      clearTimeout(timer);
      await live.stop();
    }
  }

  async dispose(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL');
    await this.bus.close();
  }
}
