/**
 * Takes what traders' own programs ask over NATS, on one gateway each, and answers on a subject that
 * follows from the request's own: a door that answered where somebody else says could be made to write
 * where only it may.
 *
 * What is not answered (the gateway died, the connection broke) is repeated by whoever asked: orders by
 * their own ids, the rest by an idempotency key.
 */
import type { LiveMessage, Stoppable } from '@sandpit/bus/bus.ts';
import { HEADERS } from '@sandpit/bus/headers.ts';
import { type RequestSubject, subjects } from '@sandpit/bus/subjects.ts';
import type { NatsAnswer } from '@sandpit/schemas/nats-requests.ts';
import { problem } from '../../platform/errors.ts';
import { programHeard } from '../../platform/programs.ts';
import type { Principal } from '../../platform/tokens.ts';
import { venueDirectory } from '../../platform/venues.ts';
import type { Door } from '../handler.ts';
import { problemOf } from '../http/problems.ts';
import { type Caller, newCorrelationId, type Operations, operationsOf } from '../operations.ts';
import type { Answer, Route } from '../route.ts';
import { Admission, AT_WORK_MAX, type Lane, type Verdict } from './admission.ts';
import { NatsDoorMetrics } from './metrics.ts';
import {
  addressOf,
  checkStamped,
  isOperation,
  operationName,
  readRequest,
  requestIdOf,
  tokenOf,
} from './requests.ts';

const QUEUE = 'doors';
/** A stop waits this long for the answers that are under way. */
const DRAIN_WITHIN_MS = 3_000;
/** Nobody waits longer for an answer that a network lab holds back. */
const ANSWER_WITHIN_MS = 30_000;

const encoder = new TextEncoder();

export class NatsDoor {
  readonly #door: Door;
  readonly #operations: Operations;
  readonly #admission: Admission;
  readonly #metrics: NatsDoorMetrics;
  #subscription: Stoppable | null = null;

  /** @param routes  All of REST. */
  constructor(door: Door, routes: readonly Route[]) {
    this.#door = door;
    this.#operations = operationsOf(routes, door);
    this.#admission = new Admission(door.broker.config.http.ordersPerSecond);
    this.#metrics = new NatsDoorMetrics(door.broker);
  }

  start(): void {
    this.#subscription = this.#door.broker.bus.follow(
      subjects.requests(),
      (message) => this.#onMessage(message),
      { queue: QUEUE },
    );
  }

  /** Takes no more, and answers what it has taken. */
  async stop(): Promise<void> {
    await this.#subscription?.stop();
    await Promise.race([this.#admission.idle(), sleep(DRAIN_WITHIN_MS)]);
  }

  #onMessage(message: LiveMessage): void {
    const address = addressOf(message);
    if (address) this.#admit(message, address);
    else this.#metrics.dropped('unaddressed');
  }

  #admit(message: LiveMessage, address: RequestSubject): void {
    const lane = this.#laneOf(address.operation);
    const { verdict, leave } = this.#admission.enter(address.accountId, lane, performance.now());
    if (verdict === 'admitted') {
      this.#metrics.atWork(this.#admission.size);
      void this.#serve(message, address).finally(() => {
        leave();
        this.#metrics.atWork(this.#admission.size);
      });
    } else if (verdict === 'flooded') {
      this.#metrics.dropped('flooded');
    } else {
      this.#answerProblem(message, address, refusal(verdict), newCorrelationId());
    }
  }

  #laneOf(operation: string): Lane {
    const isCancel = isOperation(operation) && this.#operations[operation].limit === 'cancel';
    return isCancel ? 'cancel' : 'other';
  }

  async #serve(message: LiveMessage, address: RequestSubject): Promise<void> {
    const correlationId = newCorrelationId();
    try {
      const answer = await this.#run(message, address, correlationId);
      if (answer) this.#answer(message, address, answer, correlationId);
      else this.#metrics.dropped('lab');
    } catch (error) {
      this.#answerProblem(message, address, error, correlationId);
    }
  }

  /** @returns  Null: a network lab has lost it. */
  async #run(
    message: LiveMessage,
    address: RequestSubject,
    correlationId: string,
  ): Promise<Answer | null> {
    const operation = this.#operations[operationName(address.operation)];
    const request = readRequest(message);
    if (operation.limit === 'order') checkStamped(request);
    const caller = await this.#callerOf(message, address);
    const giveUpAtMs = performance.now() + ANSWER_WITHIN_MS;
    return operation.run(request, caller, correlationId, () => performance.now() > giveUpAtMs);
  }

  /** @throws problem `unauthenticated`, `tokenExpired`, `forbidden`, `notFound` */
  async #callerOf(
    message: LiveMessage,
    { accountId, simulatorId }: RequestSubject,
  ): Promise<Caller> {
    const { broker } = this.#door;
    const token = tokenOf(message) ?? '';
    const principal = await this.#verify(token, accountId);
    const venue = await venueDirectory(broker).owned(simulatorId, accountId);
    programHeard(broker, venue);
    return { principal, token, venue, clientAddress: 'nats' };
  }

  async #verify(token: string, accountId: string): Promise<Principal> {
    const { broker, limits } = this.#door;
    try {
      const principal = await broker.tokens.verify(token);
      if (principal.accountId === accountId) return principal;
      throw problem('forbidden', { detail: 'This token is of another account.' });
    } catch (error) {
      // Guessing tokens costs us signatures to check.
      await limits.take('denied', `nats ${accountId}`);
      throw error;
    }
  }

  #answer(
    message: LiveMessage,
    address: RequestSubject,
    { status, body }: Answer,
    correlationId: string,
  ): void {
    const answer: NatsAnswer = {
      request: requestIdOf(message),
      operation: address.operation,
      status,
      at: new Date().toISOString(),
      data: body ?? null,
    };
    const bytes = encoder.encode(JSON.stringify(answer));
    const headers = { [HEADERS.correlationId]: correlationId };
    this.#door.broker.bus.announce(subjects.response(address), bytes, headers);
    this.#metrics.answered(status);
  }

  #answerProblem(
    message: LiveMessage,
    address: RequestSubject,
    error: unknown,
    correlationId: string,
  ): void {
    const body = problemOf(error, correlationId);
    const { status } = body;
    if (status >= 500) {
      const { simulatorId, operation } = address;
      this.#door.broker.logger.warn(
        { err: error, correlationId, simulatorId, operation },
        'request over NATS answered with a problem',
      );
    }
    this.#answer(message, address, { status, body }, correlationId);
  }
}

function refusal(verdict: Exclude<Verdict, 'admitted' | 'flooded'>) {
  const detail = `At most ${AT_WORK_MAX} requests at once. Wait for answers.`;
  return problem('rateLimited', {
    retryAfterSeconds: 1,
    ...(verdict === 'tooMany' && { detail }),
  });
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
