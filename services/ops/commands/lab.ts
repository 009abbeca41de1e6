/** `lab`: puts faults on one session's connection for a while, shows how it went, or ends them. */
import type { Lab, LabAnswer, LabRequest } from '@sandpit/schemas/lab.ts';
import { LAB_PLANS, requestOf } from '@sandpit/schemas/lab-plans.ts';
import type { ServiceBroker } from 'moleculer';
import { newId } from '../../platform/ids.ts';
import { type Answer, type Given, type OperatorCommand, OperatorError } from '../command.ts';
import { wholeNumber } from './simulators.ts';

const TIMEOUT_MS = 5_000;
const SEED_MAX = 0xffff_ffff;
const SECONDS_MAX = 3_600;
const NAMES = LAB_PLANS.map(({ name }) => name).join(', ');

export const lab: OperatorCommand = {
  usage: 'lab <session> [plan]',
  description: `Tries a session (or a simulator's) on a bad line: ${NAMES}. Without a plan: how it went.`,
  options: [
    { flag: '--seconds <count>', description: 'How long; otherwise as the plan says.' },
    { flag: '--seed <number>', description: 'To meet the same luck again.' },
    { flag: '--faults <json>', description: 'Faults of your own instead of a plan, as over REST.' },
    { flag: '--end', description: 'Ends the one that runs.' },
  ],
  async run(broker, given) {
    const request = requestFrom(given);
    const { sessionId: id, accountId } = await sessionOf(broker, given.args.session ?? '');
    const { token } = await broker.call<{ token: string }, object>('identity.operatorToken', {
      accountId,
    });
    const meta = { token, correlationId: `operator-${newId()}` };
    const options = { meta, timeout: TIMEOUT_MS, retries: 0 };
    if (request) return shown(await broker.call('sessions.startLab', { id, ...request }, options));
    if (given.options.end) return shown(await broker.call('sessions.endLab', { id }, options));
    const answer = await broker.call<LabAnswer, object>('sessions.lab', { id }, options);
    return shown(answer.lab);
  },
};

/** Null: nothing is to be started. */
function requestFrom({ args, options }: Given): LabRequest | null {
  const { plan: name } = args;
  const { faults: text, end } = options;
  if (name === undefined && text === undefined) {
    if (options.seconds === undefined && options.seed === undefined) return null;
    throw new OperatorError('There is nothing to start.', `Name a plan: ${NAMES}.`);
  }
  if (end || (name !== undefined && text !== undefined)) {
    throw new OperatorError('That is too much at once.', 'Give a plan, or --faults, or --end.');
  }
  const seed =
    options.seed === undefined ? undefined : wholeNumber('--seed', options.seed, SEED_MAX);
  const plan = text === undefined ? planOf(name ?? '') : { seconds: 60, faults: faultsOf(text) };
  const seconds =
    options.seconds === undefined
      ? plan.seconds
      : wholeNumber('--seconds', options.seconds, SECONDS_MAX);
  return requestOf({ ...plan, seconds }, seed);
}

function planOf(name: string) {
  const plan = LAB_PLANS.find((each) => each.name === name);
  if (!plan) throw new OperatorError(`"${name}" is no plan.`, `Known: ${NAMES}.`);
  return plan;
}

/** What is in it, the service checks. */
function faultsOf(text: string | true): LabRequest['faults'] {
  try {
    const faults: unknown = JSON.parse(String(text));
    if (Array.isArray(faults)) return faults;
  } catch {
    // Told below.
  }
  const example = `--faults '[{"type":"latency","delayMs":200}]'`;
  throw new OperatorError('--faults is not a list in JSON.', `For example: ${example}`);
}

/** By the id of the session, or of one of its simulators. */
async function sessionOf(
  { database }: ServiceBroker,
  id: string,
): Promise<{ sessionId: string; accountId: string }> {
  const session = await database
    .selectFrom('sessions')
    .select(['id as sessionId', 'account_id as accountId'])
    .where('id', '=', id)
    .executeTakeFirst();
  const found =
    session ??
    (await database
      .selectFrom('simulators')
      .select(['session_id as sessionId', 'account_id as accountId'])
      .where('id', '=', id)
      .executeTakeFirst());
  if (found) return found;
  throw new OperatorError(
    `There is no session and no simulator "${id}".`,
    'Look at "simulators" for the ids that exist.',
  );
}

function shown(found: Lab | null): Answer {
  if (!found) return { rows: [], notes: ['This session has had no network lab.'] };
  const { score } = found;
  const faults = [...new Set(found.faults.map(({ type }) => type))].join(' ');
  return {
    rows: [
      {
        session: found.sessionId,
        state: found.state,
        faults,
        seed: found.seed,
        ends: found.endedAt ?? found.endsAt,
        outages: score.outages,
        blindMs: score.blindMs,
        resyncMs: score.resyncMs,
        fillsMissed: score.fillsMissed,
        duplicates: score.duplicatesSent,
        exposure: score.exposureWorst,
      },
    ],
    notes:
      found.state === 'running' ? ['It ends by itself; "lab <session> --end" ends it now.'] : [],
  };
}
