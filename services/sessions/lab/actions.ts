/** The actions of the network lab: three of the trader's, four of the gateways'. */
import { type LabFault, LabRequest } from '@sandpit/schemas/lab.ts';
import { Id, Sequence } from '@sandpit/schemas/units.ts';
import type { Service, ServiceBroker } from 'moleculer';
import Type from 'typebox';
import { openAction, traderAction } from '../../platform/action.ts';
import { problem } from '../../platform/errors.ts';
import { LAB_CHANGED } from '../../platform/labs.ts';
import type { Sessions } from '../sessions.ts';
import { Labs } from './labs.ts';

const closed = { additionalProperties: false };
const SessionId = Type.Object({ id: Id }, closed);
const Start = Type.Object({ id: Id, ...LabRequest.properties }, closed);
const NoParams = Type.Object({}, closed);
const count = Type.Integer({ minimum: 0 });
const Counts = Type.Object(
  {
    labId: Id,
    requests: count,
    requestsLost: count,
    answersLost: count,
    refused: count,
    repeatsSent: count,
    duplicatesSent: count,
    cancelsMissed: count,
  },
  closed,
);
const Outage = Type.Object(
  { labId: Id, simulatorId: Id, beganAtMs: count, afterSequence: Sequence },
  closed,
);
const OutageOver = Type.Object(
  {
    labId: Id,
    simulatorId: Id,
    syncedAtMs: count,
    resyncMs: count,
    fillsMissed: count,
    exposureWorstMicros: count,
    exposureSecondsMicros: count,
  },
  closed,
);

export interface LabVars {
  labs: Labs;
}
type This = Service & LabVars & { sessions: Sessions };

export const labActions = {
  startLab: traderAction<typeof Start, This>({
    params: Start,
    log: 'info',
    audit: {
      area: 'sessions',
      action: 'labStarted',
      detail: ({ seconds, faults }, answer) => ({
        seconds,
        seed: answer?.seed ?? null,
        faults: faults.map(({ type }: LabFault) => type).join(' '),
      }),
    },
    async handler({ params: { id, ...request }, locals }) {
      const { accountId } = locals.principal;
      const { state } = await this.sessions.get(accountId, id);
      if (state !== 'active') throw problem('sessionExpired');
      return this.labs.start({ sessionId: id, accountId }, request);
    },
  }),
  lab: traderAction<typeof SessionId, This>({
    params: SessionId,
    read: true,
    async handler({ params: { id }, locals }) {
      await this.sessions.get(locals.principal.accountId, id);
      return { lab: await this.labs.newest(id) };
    },
  }),
  endLab: traderAction<typeof SessionId, This>({
    params: SessionId,
    log: 'info',
    audit: { area: 'sessions', action: 'labEnded' },
    async handler({ params: { id }, locals }) {
      await this.sessions.get(locals.principal.accountId, id);
      return this.labs.end(id);
    },
  }),

  openLabs: openAction<typeof NoParams, This>({
    params: NoParams,
    read: true,
    async handler() {
      return { items: await this.labs.open() };
    },
  }),
  countLab: openAction<typeof Counts, This>({
    params: Counts,
    async handler({ params: { labId, ...counts } }) {
      await this.labs.count(labId, counts);
      return null;
    },
  }),
  beginOutage: openAction<typeof Outage, This>({
    params: Outage,
    async handler({ params: { labId, ...outage } }) {
      await this.labs.beginOutage(labId, outage);
      return null;
    },
  }),
  endOutage: openAction<typeof OutageOver, This>({
    params: OutageOver,
    async handler({ params: { labId, simulatorId, ...end } }) {
      await this.labs.endOutage(labId, simulatorId, end);
      return null;
    },
  }),
};

export function labsOf(broker: ServiceBroker): Labs {
  return new Labs({
    db: broker.database,
    announce: (record) => void broker.broadcast(LAB_CHANGED, record),
    newSeed: () => Math.floor(Math.random() * 2 ** 32),
  });
}

/** A lab ends in the gateways by itself; this is how soon it is written down. */
const SWEEP_INTERVAL_MS = 1_000;

/** Writes down what has ended, until it is stopped. */
export function watchLabs(labs: Labs, onTrouble: (error: unknown) => void): { stop(): void } {
  let isSweeping = false;
  const timer = setInterval(async () => {
    if (isSweeping) return;
    isSweeping = true;
    await labs.sweep().catch(onTrouble);
    isSweeping = false;
  }, SWEEP_INTERVAL_MS);
  return { stop: () => clearInterval(timer) };
}
