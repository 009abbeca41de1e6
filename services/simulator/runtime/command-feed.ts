/**
 * The simulator's own disposable consumer on COMMANDS. Its position never comes from the server but
 * from the log, so it can be thrown away and made again at any time.
 */
import type { Delivery, Stoppable } from '@sandpit/bus/bus.ts';
import { type SimulatorAddress, subjects } from '@sandpit/bus/subjects.ts';
import type { RuntimeDependencies } from './dependencies.ts';
import type { Head } from './record.ts';

const ACK_WAIT_MS = 10_000;
const FORGOTTEN_AFTER_MS = 10 * 60_000;
const REOPEN_FIRST_MS = 100;
const REOPEN_MAX_MS = 5_000;

export class CommandFeed {
  readonly #dependencies: RuntimeDependencies;
  readonly #address: SimulatorAddress;
  readonly #onMessage: (delivery: Delivery) => Promise<void>;
  readonly #position: () => Head;
  #consumer: Stoppable | null = null;
  #durable = '';
  #opened = 0;
  #closed = false;

  /** @param position  Where the log stands: the consumer starts behind its last command. */
  constructor(
    dependencies: RuntimeDependencies,
    address: SimulatorAddress,
    position: () => Head,
    onMessage: (delivery: Delivery) => Promise<void>,
  ) {
    this.#dependencies = dependencies;
    this.#address = address;
    this.#position = position;
    this.#onMessage = onMessage;
  }

  /** Opens the consumer, trying again while the server is away. */
  async open(): Promise<void> {
    let waitMs = REOPEN_FIRST_MS;
    while (!this.#closed) {
      try {
        return await this.#consume();
      } catch (error) {
        const { log, host } = this.#dependencies;
        log.warn({ ...this.#address, err: error }, 'command consumer not opened yet');
        await host.sleep(waitMs * (0.5 + host.random()));
        waitMs = Math.min(REOPEN_MAX_MS, 2 * waitMs);
      }
    }
  }

  /** @param remove  Deletes the consumer as well; else the server forgets it by itself. */
  async close(remove: boolean): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#consumer?.stop();
    if (remove && this.#durable) {
      const { bus } = this.#dependencies;
      await bus.removeConsumer('COMMANDS', this.#durable).catch(() => undefined);
    }
  }

  async #consume(): Promise<void> {
    const { epoch, commandSequence } = this.#position();
    // A new name each time: a consumer whose node died can hang on its old one.
    const attempt = this.#opened === 0 ? '' : `-${this.#opened}`;
    this.#opened += 1;
    const durable = `s-${this.#address.simulatorId}-${epoch}${attempt}`;
    const consumer = await this.#dependencies.bus.consume('COMMANDS', {
      durable,
      filter: subjects.commands(this.#address),
      startSequence: commandSequence + 1,
      maxAckPending: 1,
      ackWaitMs: ACK_WAIT_MS,
      inactiveMs: FORGOTTEN_AFTER_MS,
      disposable: true,
      onMessage: this.#onMessage,
      onLost: (error) => this.#reopen(error),
    });
    this.#durable = durable;
    this.#consumer = consumer;
    if (this.#closed) void consumer.stop();
  }

  #reopen(error: unknown): void {
    if (this.#closed) return;
    this.#dependencies.log.warn({ ...this.#address, err: error }, 'command consumer lost');
    void this.#consumer?.stop();
    this.#consumer = null;
    void this.open();
  }
}
