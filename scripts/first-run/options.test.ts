import { expect, test } from 'vitest';
import { readOptions } from './options.ts';

test('without options: port 3000 that may move, one worker, the browser opens', () => {
  expect(readOptions({})).toEqual({
    portBase: 3_000,
    portBaseIsFixed: false,
    workers: 1,
    open: true,
    json: false,
    yes: false,
    follow: false,
  });
});

test('a port base that was asked for stays', () => {
  expect(readOptions({ 'port-base': '4000' })).toMatchObject({
    portBase: 4_000,
    portBaseIsFixed: true,
  });
});

test.each`
  option         | value
  ${'port-base'} | ${'80'}
  ${'port-base'} | ${'70000'}
  ${'port-base'} | ${'3000.5'}
  ${'port-base'} | ${'abc'}
  ${'port-base'} | ${''}
  ${'workers'}   | ${'0'}
  ${'workers'}   | ${'5'}
`('--$option $value is refused with an example', ({ option, value }) => {
  expect(() => readOptions({ [option]: value })).toThrow(
    expect.objectContaining({ name: 'StartError', remedy: expect.stringContaining(`--${option}`) }),
  );
});
