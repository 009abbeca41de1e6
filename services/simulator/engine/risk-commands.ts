/** The commands on limits and on the switch that stops all trading. */
import type { CommandBody } from '@sandpit/schemas/command.ts';
import { beyondTier, isSameSwitch } from '@sandpit/schemas/risk.ts';
import type { ExchangeState } from './exchange-state.ts';
import { endEveryOrder } from './expiry.ts';
import { refuse } from './orders.ts';

type SetLimits = Extract<CommandBody, { type: 'riskLimits' }>;
type Kill = Extract<CommandBody, { type: 'killSwitch' }>;

/** Tighter than the tier, or not at all. What is open already stays. */
export function setLimits(state: ExchangeState, { limits }: SetLimits): void {
  if (beyondTier(state.risk.tier, limits).length > 0) {
    refuse(state, 'limitBeyondTier', null);
    return;
  }
  state.setRisk({ ...state.risk, own: limits });
  state.emit({ type: 'riskChanged', risk: state.risk });
}

/** One switch for each scope and actor, so that nobody lifts another's. */
export function setKillSwitch(state: ExchangeState, command: Kill): void {
  const { scope, by, reason, engaged, cancelOpenOrders } = command;
  const others = state.risk.killSwitches.filter((each) => !isSameSwitch(each, command));
  const killSwitches = engaged ? [...others, { scope, by, reason }] : others;
  state.setRisk({ ...state.risk, killSwitches });
  state.emit({ type: 'riskChanged', risk: state.risk });
  if (engaged && cancelOpenOrders) endEveryOrder(state, 'killSwitchEngaged');
}
