/** What tests of the REST doors share. */
import { PROBLEMS } from '@sandpit/schemas/problem.ts';
import { expect } from 'vitest';
import type { Answered, TestTrader } from './doors.ts';

export const ticket = (clientOrderId: string, change: object = {}) => ({
  clientOrderId,
  symbol: 'ACME',
  side: 'buy',
  type: 'limit',
  quantity: '10',
  limitPrice: '180.05',
  ...change,
});
export const ordersOf = ({ simulator }: TestTrader) =>
  `/simulators/${simulator.simulatorId}/orders`;

/** A refusal is a problem document with its code, its status and the correlation id, and no more. */
export function expectProblem({ status, headers, body }: Answered, code: string): void {
  expect({ code: body.code, status }).toEqual({ code, status: body.status });
  expect(PROBLEMS).toHaveProperty(code);
  expect(status).toBe(PROBLEMS[code as keyof typeof PROBLEMS][0]);
  expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  expect(headers.get('x-correlation-id')).toBe(body.correlationId);
  expect(JSON.stringify(body)).not.toMatch(/node_modules|\.ts:\d|at Object|SELECT|select /);
}
