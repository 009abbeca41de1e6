/** `halt` and `reopen`: trading in one instrument of one simulator, as its owner could do it. */
import type { InstrumentPhase } from '@sandpit/schemas/http.ts';
import { HaltReason } from '@sandpit/schemas/session.ts';
import type { ServiceBroker } from 'moleculer';
import { asOwner } from '../as-owner.ts';
import { type Answer, type OperatorCommand, OperatorError } from '../command.ts';
import { wholeNumber } from './simulators.ts';

const SECONDS_MAX = 604_800;
/** What a person may give; `volatility` is the price bands' own. */
const REASONS = HaltReason.anyOf.map((each) => each.const).filter((each) => each !== 'volatility');

export const halt: OperatorCommand = {
  usage: 'halt <simulator> <symbol> [reason]',
  description: `Halts an instrument: ${REASONS.join(', ')}.`,
  options: [
    { flag: '--seconds <count>', description: 'Simulated time until it reopens by itself.' },
  ],
  async run(broker, { args, options }) {
    const { simulator, symbol, reason = 'regulatory' } = args;
    if (!REASONS.some((each) => each === reason)) {
      throw new OperatorError(`"${reason}" is no reason here.`, `Known: ${REASONS.join(', ')}.`);
    }
    const seconds =
      options.seconds === undefined ? null : wholeNumber('--seconds', options.seconds, SECONDS_MAX);
    return changed(broker, simulator, 'simulators.halt', { symbol, reason, seconds });
  },
};

export const reopen: OperatorCommand = {
  usage: 'reopen <simulator> <symbol>',
  description: 'Begins the reopening auction of a halted instrument.',
  options: [],
  run(broker, { args }) {
    return changed(broker, args.simulator, 'simulators.reopen', { symbol: args.symbol });
  },
};

async function changed(
  broker: ServiceBroker,
  simulator: string,
  action: string,
  params: object,
): Promise<Answer> {
  const now = await asOwner<InstrumentPhase>(broker, simulator, action, params);
  const { symbol, phase, haltReason: reason, endsAt: ends } = now;
  return { rows: [{ simulator, symbol, phase, reason, ends }] };
}
