/** Traders and their simulators in a world on virtual time, for the cases that have a name. */
import { type SimulatorAddress, subjects } from '@sandpit/bus/subjects.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import { audit, type Breach } from './auditor.ts';
import { DOUBLE_WORKLOAD, doubleVenues } from './doubles.ts';
import { auditReplay } from './replay-law.ts';
import { seeded, Workload } from './workload.ts';
import { OPERATOR_TOKEN_OF, World, type WorldOptions } from './world.ts';

export const ADA: SimulatorAddress = { accountId: 'ada', simulatorId: 'sim-ada' };
export const BOB: SimulatorAddress = { accountId: 'bob', simulatorId: 'sim-bob' };

/** A world with one worker, some traders, and what their logs hold. */
export class Desk {
  readonly world: World;
  readonly workload: Workload;

  constructor(options: Partial<WorldOptions> = {}) {
    const random = seeded(1);
    this.world = new World({ random, venues: doubleVenues, ...options });
    this.workload = new Workload(random, { ...DOUBLE_WORKLOAD, seed: 1 });
  }

  async open(...addresses: SimulatorAddress[]): Promise<this> {
    await this.world.spawn();
    await this.world.run(1_500);
    for (const address of addresses) void this.start(address);
    await this.world.run(500);
    return this;
  }

  start(address: SimulatorAddress) {
    return this.world.send(this.workload.start(address, this.world.nowMs));
  }

  /** Sends an order and lets time pass. */
  async order(address: SimulatorAddress, prefix: string, waitMs = 500) {
    const command = this.workload.order(address, this.world.nowMs, prefix);
    void this.world.send(command);
    await this.world.run(waitMs);
    return command;
  }

  /** Asks for the end of a halt and lets time pass. */
  async unhalt(address: SimulatorAddress, token = OPERATOR_TOKEN_OF(address.accountId)) {
    const command = this.workload.unhalt(address, this.world.nowMs);
    void this.world.send(command, token);
    await this.world.run(500);
    return command;
  }

  records(address: SimulatorAddress): EventRecord[] {
    const messages = this.world.server.stream('EVENTS').from(subjects.event(address), 1);
    return messages.map(({ body }) => body as EventRecord);
  }

  recordOf(address: SimulatorAddress, commandId: string): EventRecord | undefined {
    return this.records(address).find(({ commands }) =>
      commands.some(({ command }) => command.commandId === commandId),
    );
  }

  deadLetters(address: SimulatorAddress): { reason: string; sequence: number }[] {
    const messages = this.world.server.stream('DEADLETTERS').from(subjects.deadLetter(address), 1);
    return messages.map(({ body }) => body as { reason: string; sequence: number });
  }

  status(address: SimulatorAddress) {
    const all = this.world.alive.flatMap(({ worker }) => worker.status().simulators);
    return all.find(({ simulatorId }) => simulatorId === address.simulatorId);
  }

  /** Every broken law of these simulators' histories. */
  async breaches(...addresses: SimulatorAddress[]): Promise<Breach[]> {
    const breaches: Breach[] = [];
    for (const address of addresses) {
      breaches.push(...audit(await this.world.collect(address)));
      const venues = doubleVenues(() => {});
      const { scenarioHash } = DOUBLE_WORKLOAD;
      breaches.push(...(await auditReplay(this.world, address, scenarioHash, venues)));
    }
    return breaches;
  }
}
