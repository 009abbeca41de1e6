/** A command that the venue as a whole would not take, as the problem that its sender is told. */
import type { RejectReason } from '@sandpit/schemas/order.ts';
import type { Caller } from '../platform/caller.ts';
import { problem } from '../platform/errors.ts';
import type { VenueDirectory, VenueInfo } from '../platform/venues.ts';
import type { Answer } from './answer.ts';

export type Refused = Exclude<Answer, { kind: 'order' }>;

/** Of the venue as a whole rather than of the order. */
export const VENUE_REASONS: ReadonlySet<RejectReason> = new Set([
  'unknownOrder',
  'simulatorHalted',
  'quotaExceeded',
]);
/** The worker has said no already, and only that. */
const NOT_WOKEN =
  'This simulator was put away, and you run as many others as you may. Stop one of them or put one ' +
  'away, then send it again as a new order.';

export async function refusalOf(
  answer: Refused,
  { simulatorId }: VenueInfo,
  { accountId }: Caller,
  venues: Pick<VenueDirectory, 'refreshed'>,
) {
  if (answer.kind === 'quarantined') return problem('simulatorHalted');
  if (answer.kind === 'nothing') return problem('internalError');
  const { reason } = answer;
  switch (reason) {
    case 'unknownOrder':
      return problem('notFound', { detail: 'This simulator has no order with that id.' });
    case 'duplicateClientOrderId':
      return problem('clientOrderIdReused');
    case 'simulatorHalted': {
      const now = await venues.refreshed(simulatorId, accountId);
      return problem(now.stopped ? 'simulatorStopped' : 'simulatorHalted');
    }
    case 'quotaExceeded':
      return problem('quotaExceeded', { detail: NOT_WOKEN });
    case 'internalError':
      return problem('internalError');
    case 'killSwitchEngaged':
      return problem('forbidden', {
        detail: 'A kill switch is on: only cancels pass. The simulator’s `risk` says whose it is.',
      });
    default:
      return problem('forbidden', { detail: `The venue refused it: ${reason}.` });
  }
}
