import { PROBLEMS, type ProblemCode } from '@sandpit/schemas/problem.ts';
import { Errors } from 'moleculer';
import { expect, test } from 'vitest';
import { codeOf, isExpected, problem } from './errors.ts';

const regenerator = new Errors.Regenerator();
regenerator.init({ nodeID: 'here' } as never);

/** What the caller on another node gets to see. */
function overTheWire(error: Error): Errors.MoleculerError {
  const plain = JSON.parse(JSON.stringify(regenerator.extractPlainError(error)));
  return regenerator.restore(plain, { sender: 'there' }) as Errors.MoleculerError;
}

test.each(Object.keys(PROBLEMS) as ProblemCode[])('%s survives the wire', (code) => {
  const error = overTheWire(problem(code, { detail: 'Do this.', commandId: 'o-1' }));
  expect(codeOf(error)).toBe(code);
  expect(error).toMatchObject({
    message: 'Do this.',
    code: PROBLEMS[code][0],
    data: { commandId: 'o-1' },
    retryable: code === 'unavailable',
  });
});

test('the cause stays at home', () => {
  const error = problem('unavailable', { cause: new Error('secret host name') });
  expect((error.cause as Error).message).toBe('secret host name');
  expect(JSON.stringify(regenerator.extractPlainError(error))).not.toContain('secret');
});

test.each`
  error                                               | code
  ${new Errors.RequestTimeoutError({})}               | ${'unavailable'}
  ${new Errors.ServiceNotFoundError({ action: 'x' })} | ${'unavailable'}
  ${new Errors.ServiceNotAvailableError({})}          | ${'unavailable'}
  ${new Errors.QueueIsFullError({})}                  | ${'rateLimited'}
  ${new Errors.ValidationError('x', '', {})}          | ${'validationFailed'}
  ${new Error('boom')}                                | ${'internalError'}
  ${Object.assign(new Error(), { type: 'toString' })} | ${'internalError'}
  ${null}                                             | ${'internalError'}
  ${'text'}                                           | ${'internalError'}
`('$error is $code', ({ error, code }) => {
  expect(codeOf(error)).toBe(code);
});

test('refusals are expected, outages and defects are not', () => {
  expect(isExpected(problem('notFound'))).toBe(true);
  expect(isExpected(problem('unavailable'))).toBe(false);
  expect(isExpected(new Error())).toBe(false);
});
