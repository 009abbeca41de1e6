/** Command envelopes of the order path, and the ids that make repeating a request harmless. */
import { createHash, randomBytes } from 'node:crypto';
import type { Command, CommandBody } from '@sandpit/schemas/command.ts';
import type { Caller } from '../platform/caller.ts';

/** A market order that the engine reaches later than this is refused rather than traded late. */
const MARKET_ORDER_DEADLINE_MS = 5_000;

/** The trader's own id names the order's command, so the same order is the same command for ever. */
export const newOrderCommandId = (clientOrderId: string) => `o-${clientOrderId}`;

/** Likewise for a list. */
export const newListCommandId = (clientListId: string) => `l-${clientListId}`;

/**
 * Id of a cancel, replace or cancel-all, of a switch or a set of limits.
 *
 * @param key  The request's Idempotency-Key: the same key is the same command. Without one each
 *             request is a new command, which is harmless: it cancels what is left, if anything.
 */
export function controlCommandId(
  kind: 'c' | 'r' | 'a' | 'x' | 'k' | 'm',
  target: string,
  key?: string,
): string {
  const unique =
    key === undefined
      ? randomBytes(18).toString('base64url')
      : createHash('sha256').update(`${kind}\n${target}\n${key}`).digest('base64url').slice(0, 32);
  return `${kind}-${unique}`;
}

export interface Envelope {
  commandId: string;
  simulatorId: string;
  accountId: string;
  correlationId: string;
}

export function envelopeOf(caller: Caller, simulatorId: string, commandId: string): Envelope {
  const { accountId, correlationId } = caller;
  return { commandId, simulatorId, accountId, correlationId };
}

/**
 * @param nowMs    Host time, ms since the epoch.
 * @param untilMs  Likewise: later than this nobody wants it any more; null = whenever.
 */
export function commandOf(
  envelope: Envelope,
  body: CommandBody,
  nowMs: number,
  untilMs: number | null,
): Command {
  const isMarketOrder =
    body.type === 'closePosition' || (body.type === 'newOrder' && body.ticket.type === 'market');
  const deadlineMs = Math.min(
    isMarketOrder ? nowMs + MARKET_ORDER_DEADLINE_MS : Infinity,
    untilMs ?? Infinity,
  );
  return {
    commandId: envelope.commandId,
    simulatorId: envelope.simulatorId,
    accountId: envelope.accountId,
    correlationId: envelope.correlationId,
    receivedAt: new Date(nowMs).toISOString(),
    deadlineAt: Number.isFinite(deadlineMs) ? new Date(deadlineMs).toISOString() : null,
    body,
  };
}
