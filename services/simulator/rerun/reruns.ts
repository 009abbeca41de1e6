/** Answers that need a session to be run again: its report, an order's true cost, its certificate. */
import type { Bus } from '@sandpit/bus/bus.ts';
import type { SimulatorAddress } from '@sandpit/bus/subjects.ts';
import type { SessionCertificate } from '@sandpit/schemas/certificate.ts';
import type { SessionReport, TrueCost, WhatIfRequest } from '@sandpit/schemas/report.ts';
import { NotReplayableError } from '../../platform/capsule/write.ts';
import { problem } from '../../platform/errors.ts';
import type { ScenarioShelf } from '../runtime/scenario-shelf.ts';
import type { SimulatorWorker } from '../runtime/worker.ts';
import type { Ask, Job } from './jobs.ts';
import { Lab, LabError } from './lab.ts';
import { Questions, UnderWayError } from './questions.ts';
import { stepsOf } from './session-log.ts';

export class Reruns {
  readonly #bus: Bus;
  readonly #worker: Pick<SimulatorWorker, 'ask'>;
  readonly #shelf: ScenarioShelf;
  readonly #lab: Lab;
  readonly #questions: Questions;

  constructor(
    bus: Bus,
    worker: Pick<SimulatorWorker, 'ask'>,
    shelf: ScenarioShelf,
    lab = new Lab(),
  ) {
    this.#bus = bus;
    this.#worker = worker;
    this.#shelf = shelf;
    this.#lab = lab;
    this.#questions = new Questions(lab);
  }

  /** @returns null when there is no such simulator. @throws problems */
  async report(address: SimulatorAddress): Promise<SessionReport | null> {
    const result = await this.#run(address, { type: 'report' });
    return result && 'report' in result ? result.report : null;
  }

  /** @returns null when there is no such simulator. @throws problems */
  async whatIf(address: SimulatorAddress, request: WhatIfRequest): Promise<TrueCost | null> {
    const result = await this.#run(address, { type: 'whatIf', request });
    return result && 'trueCost' in result ? result.trueCost : null;
  }

  /** @returns null when there is no such simulator. @throws problems */
  async certificate(address: SimulatorAddress, symbol: string): Promise<SessionCertificate | null> {
    const result = await this.#run(address, { type: 'certificate', symbol });
    return result && 'certificate' in result ? result.certificate : null;
  }

  stop(): Promise<void> {
    return this.#lab.stop();
  }

  async #run(address: SimulatorAddress, ask: Ask) {
    const result = await this.#answer(address, ask);
    if (result && 'wrong' in result) throw problem('validationFailed', { errors: [result.wrong] });
    return result;
  }

  async #answer(address: SimulatorAddress, ask: Ask) {
    try {
      const key = `${address.accountId}/${address.simulatorId}/${JSON.stringify(ask)}`;
      return await this.#questions.ask(key, () => this.#job(address, ask));
    } catch (error) {
      if (error instanceof NotReplayableError) throw problem('notReplayable', { cause: error });
      if (error instanceof UnderWayError) throw underWay(error);
      if (error instanceof LabError) {
        throw problem('unavailable', { detail: error.message, retryAfterSeconds: 5 });
      }
      throw error;
    }
  }

  async #job(address: SimulatorAddress, ask: Ask): Promise<Job | null> {
    const stand = await this.#worker.ask(address, ({ venue, head, scenarioHash }) => ({
      started: venue.clock !== null,
      sequence: head.sequence,
      endNs: venue.nowNs,
      engineVersion: venue.engineVersion,
      currency: venue.account().currency,
      opensAtMs: venue.opensAtMs,
      scenarioHash,
    }));
    if (!stand?.started) return null;
    const { sequence, endNs, engineVersion, currency, opensAtMs, scenarioHash } = stand;
    const { simulatorId } = address;
    const steps = await stepsOf(this.#bus, address, engineVersion, sequence);
    const scenario = await this.#shelf.get(scenarioHash);
    return {
      key: `${simulatorId}/${sequence}/${endNs}`,
      input: { simulatorId, scenarioHash, scenario, steps, endNs },
      subject: { simulatorId, currency, opensAtMs },
      ask,
    };
  }
}

function underWay({ progress, message }: UnderWayError) {
  const far =
    progress === null ? 'It waits for others.' : `${Math.round(100 * progress)} % are done.`;
  const detail = `${message} ${far} Repeat the same request: it goes on meanwhile.`;
  return problem('rerunUnderWay', { detail, retryAfterSeconds: 1 });
}
