/** A trader's own limits and kill switches, and an operator's: asked for, committed, answered. */
import type { CommandBody } from '@sandpit/schemas/command.ts';
import type {
  KillActor,
  KillSwitchRequest,
  KillSwitchView,
  RiskLimitsRequest,
  RiskTier,
  RiskView,
} from '@sandpit/schemas/risk.ts';
import type { Caller } from '../platform/caller.ts';
import { problem } from '../platform/errors.ts';
import { limitsOf, riskView } from '../platform/risk-view.ts';
import type { VenueDirectory, VenueInfo } from '../platform/venues.ts';
import { controlCommandId, type Envelope, envelopeOf } from './command.ts';
import type { Intake } from './intake.ts';
import type { Address, Switchboard, Told } from './switchboard.ts';

export interface RiskDeskSources {
  venues: Pick<VenueDirectory, 'owned'>;
  /** Committed, from the worker that runs the simulator. */
  risk(venue: VenueInfo): Promise<RiskView>;
  /** For what no trader asks. */
  operatorToken(accountId: string): Promise<string>;
  switchboard: Pick<Switchboard, 'change' | 'list'>;
}

export class RiskDesk {
  readonly #intake: Pick<Intake, 'send'>;
  readonly #sources: RiskDeskSources;

  constructor(intake: Pick<Intake, 'send'>, sources: RiskDeskSources) {
    this.#intake = intake;
    this.#sources = sources;
  }

  /** Replaces the trader's own limits. */
  async setLimits(
    caller: Caller,
    simulatorId: string,
    request: RiskLimitsRequest,
    key?: string,
  ): Promise<RiskView> {
    const venue = await this.#running(caller, simulatorId);
    const { tier } = await this.#sources.risk(venue);
    const limits = accepted(request, tier);
    const target = `${simulatorId}/${JSON.stringify(limits)}`;
    const envelope = envelopeOf(caller, simulatorId, controlCommandId('m', target, key));
    return this.#send(envelope, { type: 'riskLimits', limits }, caller.token);
  }

  /** The trader's own switch of one simulator. */
  async setSwitch(
    caller: Caller,
    simulatorId: string,
    request: KillSwitchRequest,
    key?: string,
  ): Promise<RiskView> {
    await this.#running(caller, simulatorId);
    const target = `${simulatorId}/${JSON.stringify(request)}`;
    const envelope = envelopeOf(caller, simulatorId, controlCommandId('k', target, key));
    return this.#send(envelope, switchBody('trader', request), caller.token);
  }

  /** An operator's switch of one simulator, whoever's it is. */
  async setSwitchOf(
    address: Address & { correlationId: string },
    request: KillSwitchRequest,
  ): Promise<RiskView> {
    const commandId = controlCommandId('k', address.simulatorId);
    const token = await this.#sources.operatorToken(address.accountId);
    return this.#send({ ...address, commandId }, switchBody('operator', request), token);
  }

  /** @throws problem `simulatorStopped` when there is nothing left to resume. */
  async unhalt(address: Address & { correlationId: string }, reason: string): Promise<void> {
    const commandId = controlCommandId('k', address.simulatorId);
    const token = await this.#sources.operatorToken(address.accountId);
    const body = { type: 'unhalt', reason } as const;
    const { outcome } = await this.#intake.send({ ...address, commandId }, body, token);
    if (!outcome.events.some(({ type }) => type === 'clockChanged')) {
      throw problem('simulatorStopped');
    }
  }

  /** All of the trader's simulators, those that he will start too. */
  setAccountSwitch({ accountId }: Caller, request: KillSwitchRequest): Promise<Told> {
    return this.#sources.switchboard.change('account', accountId, 'trader', request);
  }

  switches({ accountId }: Caller): Promise<KillSwitchView[]> {
    return this.#sources.switchboard.list(accountId);
  }

  async #running(caller: Caller, simulatorId: string): Promise<VenueInfo> {
    const venue = await this.#sources.venues.owned(simulatorId, caller.accountId);
    if (venue.stopped) throw problem('simulatorStopped');
    return venue;
  }

  async #send(envelope: Envelope, body: CommandBody, token: string): Promise<RiskView> {
    const { outcome } = await this.#intake.send(envelope, body, token);
    const changed = outcome.events.find((event) => event.type === 'riskChanged');
    if (changed) return riskView(changed.risk);
    const refused = outcome.events.find((event) => event.type === 'commandRefused');
    if (refused?.reason === 'simulatorHalted') throw problem('simulatorStopped');
    if (refused?.reason === 'quotaExceeded') throw problem('quotaExceeded');
    const why = refused?.reason ?? 'quarantined';
    throw problem('forbidden', { detail: `The venue refused it: ${why}.` });
  }
}

function switchBody(by: KillActor, request: KillSwitchRequest): CommandBody {
  const { engaged, reason = defaultReason(by, engaged), cancelOpenOrders = true } = request;
  return { type: 'killSwitch', scope: 'simulator', by, engaged, reason, cancelOpenOrders };
}

export const defaultReason = (by: KillActor, engaged: boolean): string =>
  `${engaged ? 'Set' : 'Lifted'} by the ${by}.`;

function accepted(request: RiskLimitsRequest, tier: RiskTier) {
  const { limits, errors } = limitsOf(request, tier);
  if (errors.length > 0) throw problem('validationFailed', { errors });
  return limits;
}
