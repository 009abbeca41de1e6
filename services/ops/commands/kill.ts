/** `kill`: stops the trading of a simulator, an account or everybody, or lets it go on. */
import type { KillSwitchView, RiskView } from '@sandpit/schemas/risk.ts';
import { type Given, type OperatorCommand, OperatorError } from '../command.ts';

const TIMEOUT_MS = 6_000;
const SCOPES = ['simulator', 'account', 'global'];

export const kill: OperatorCommand = {
  usage: 'kill <scope> [id]',
  description: 'Refuses all orders of a simulator, an account or all (global); cancels pass.',
  options: [
    { flag: '--reason <text>', description: 'What traders are told.' },
    { flag: '--keep-orders', description: 'Leaves open orders as they are.' },
    { flag: '--lift', description: 'Takes the operator’s switch off again.' },
  ],
  async run(broker, given) {
    const { scope, request } = requestOf(given);
    const answer = await broker.call<KillAnswer, object>(
      'orders.kill',
      { scope, ...request },
      { timeout: TIMEOUT_MS, retries: 0 },
    );
    if (!('switch' in answer)) {
      const on = answer.killSwitches;
      return {
        rows: on.map(({ scope: of, by, reason }) => ({ switch: of, by, reason })),
        notes: [on.length > 0 ? 'It trades nothing while one is on.' : 'It trades again.'],
      };
    }
    const { switch: set, simulators, told, asleep } = answer;
    const notes = [
      told < simulators
        ? `${simulators - told} of ${simulators} simulators are still being told; repeat to see.`
        : 'It holds for simulators that start later, too.',
      ...(asleep > 0 ? [`${asleep} sleep and are not woken: it is in force when they wake.`] : []),
    ];
    return {
      rows: [{ switch: set.scope, on: set.engaged, reason: set.reason, simulators, told, asleep }],
      notes,
    };
  },
};

type KillAnswer =
  | RiskView
  | { switch: KillSwitchView; simulators: number; told: number; asleep: number };

function requestOf({ args, options }: Given) {
  const { scope, id } = args;
  if (!SCOPES.includes(scope)) {
    throw new OperatorError(`"${scope}" is no scope.`, `It is one of ${SCOPES.join(', ')}.`);
  }
  const { reason } = options;
  if ((scope === 'global') !== (id === undefined)) {
    const hint = scope === 'global' ? 'It takes no id.' : `Name the ${scope}: kill ${scope} <id>.`;
    throw new OperatorError(`kill ${scope} was not given what it takes.`, hint);
  }
  const request = {
    ...(id !== undefined && { id }),
    ...(typeof reason === 'string' && { reason }),
    engaged: options.lift !== true,
    cancelOpenOrders: options['keep-orders'] !== true,
  };
  return { scope, request };
}
