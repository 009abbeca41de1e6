/** `clock`: where a simulator's time stands and whether its machine keeps up; and what moves it. */
import type { ClockView } from '@sandpit/schemas/http.ts';
import { askWorker } from '../../platform/owners.ts';
import { asOwner } from '../as-owner.ts';
import { type Given, type OperatorCommand, OperatorError } from '../command.ts';
import { accountOf } from '../workers.ts';
import { wholeNumber } from './simulators.ts';

const VERBS = ['pause', 'resume', 'step', 'speed', 'jump'] as const;
const UNITS = ['event', 'second', 'minute'];
const STEPS_MAX = 1_000;
const WITHIN_SECONDS_MAX = 28_800;
const SPEED = { min: 0.1, max: 100 };

export const clock: OperatorCommand = {
  usage: 'clock <simulator> [verb] [value]',
  description: `Its simulated time and speed; with a verb it moves: ${VERBS.join(', ')}.`,
  options: [
    { flag: '--count <steps>', description: `With step: so many; 1, at most ${STEPS_MAX}.` },
    { flag: '--within <seconds>', description: 'With jump own: how far at most; 3600.' },
  ],
  async run(broker, given) {
    const { simulator } = given.args;
    const request = clockRequest(given);
    if (request) await asOwner(broker, simulator, request.action, request.params);
    const accountId = await accountOf(broker, simulator);
    const view = await askWorker<ClockView>(broker, simulator, 'simulator.clock', { accountId });
    const row = {
      simulator,
      state: view.state,
      'simulated time': view.simulatedAt,
      speed: view.speed,
      'real speed': view.realSpeed,
      'late ms': view.lateMs,
      'seeks to': view.seekingTo,
      tape: view.tapeHash,
    };
    const notes = view.lagging
      ? [`It cannot keep up with ${view.speed}x. Drain its worker, or give it another machine.`]
      : [];
    return { rows: [row], notes };
  },
};

/**
 * What is asked of the clock; null = nothing, it is only looked at.
 *
 * @throws OperatorError
 */
export function clockRequest({ args, options }: Given): { action: string; params: object } | null {
  const { verb, value } = args;
  refuseStray('count', verb === 'step', options);
  refuseStray('within', verb === 'jump' && value === 'own', options);
  switch (verb) {
    case undefined:
      return null;
    case 'pause':
    case 'resume':
      if (value !== undefined) {
        throw new OperatorError(`${verb} takes no value.`, `clock <simulator> ${verb}`);
      }
      return { action: `simulators.${verb}`, params: {} };
    case 'step':
      return { action: 'simulators.step', params: stepOf(value, options) };
    case 'speed':
      return { action: 'simulators.speed', params: { speed: speedOf(value) } };
    case 'jump':
      return { action: 'simulators.jump', params: jumpOf(value, options) };
    default:
      throw new OperatorError(`"${verb}" does nothing to a clock.`, `Known: ${VERBS.join(', ')}.`);
  }
}

function refuseStray(name: 'count' | 'within', fits: boolean, options: Given['options']): void {
  if (options[name] === undefined || fits) return;
  const goesWith = name === 'count' ? 'step' : 'jump own';
  throw new OperatorError(`--${name} goes with ${goesWith} only.`, 'See "help clock".');
}

function stepOf(unit = 'second', { count }: Given['options']) {
  if (!UNITS.includes(unit)) {
    throw new OperatorError(`"${unit}" is no step.`, `It is one of ${UNITS.join(', ')}.`);
  }
  return { unit, count: wholeNumber('--count', count ?? '1', STEPS_MAX) };
}

function speedOf(value = ''): number {
  const speed = value.trim() === '' ? Number.NaN : Number(value);
  if (speed >= SPEED.min && speed <= SPEED.max) return speed;
  throw new OperatorError(
    `"${value}" is no speed.`,
    `It is a number from ${SPEED.min} to ${SPEED.max}: clock <simulator> speed 10`,
  );
}

function jumpOf(value: string | undefined, { within }: Given['options']) {
  if (value === 'own') {
    if (within === undefined) return { nextOwnEvent: true };
    const withinSeconds = wholeNumber('--within', within, WITHIN_SECONDS_MAX);
    return { nextOwnEvent: true, withinSeconds };
  }
  const toMs = Date.parse(value ?? '');
  if (!Number.isNaN(toMs)) return { to: new Date(toMs).toISOString() };
  throw new OperatorError(
    value ? `"${value}" is no time.` : 'It does not say where to jump.',
    'A simulated time such as 2026-01-05T15:00:00Z, or the word own: the next event of its trader.',
  );
}
