import { describe, expect, test } from 'vitest';
import { problem } from '../platform/errors.ts';
import { type Answer, OperatorError } from './command.ts';
import { clockRequest } from './commands/clock.ts';
import { COMMANDS, helpText, runLine } from './commands.ts';
import { parseLine } from './parse.ts';
import { renderError, renderJson, renderTable } from './render.ts';

const parse = (line: string) => {
  const { command, given } = parseLine(line, COMMANDS);
  return { usage: command.usage, ...given };
};

describe('lines', () => {
  test.each`
    line                                      | args                                   | options
    ${'status'}                               | ${{}}                                  | ${{}}
    ${'  status   --json '}                   | ${{}}                                  | ${{ json: true }}
    ${'book s1 ACME'}                         | ${{ simulator: 's1', symbol: 'ACME' }} | ${{}}
    ${'book s1 ACME --depth 5'}               | ${{ simulator: 's1', symbol: 'ACME' }} | ${{ depth: '5' }}
    ${'book --depth=5 s1 ACME'}               | ${{ simulator: 's1', symbol: 'ACME' }} | ${{ depth: '5' }}
    ${'halt s1 ACME'}                         | ${{ simulator: 's1', symbol: 'ACME' }} | ${{}}
    ${'halt s1 ACME newsPending --seconds 9'} | ${{ reason: 'newsPending' }}           | ${{ seconds: '9' }}
    ${'order 0700 --simulator "s 1"'}         | ${{ id: '0700' }}                      | ${{ simulator: 's 1' }}
  `('$line', ({ line, args, options }) => {
    expect(parse(line)).toMatchObject({ args, options });
  });
  test.each`
    line                            | message
    ${'boom'}                       | ${/is no command/}
    ${'book s1'}                    | ${/too little/}
    ${'book s1 ACME x'}             | ${/too much/}
    ${'halt s1'}                    | ${/too little/}
    ${'kill'}                       | ${/too little/}
    ${'kill account a b'}           | ${/too much/}
    ${'halt s1 ACME because x'}     | ${/too much/}
    ${'status --verbose'}           | ${/no option --verbose/}
    ${'book s1 ACME --depth'}       | ${/needs a value/}
    ${'order a --simulator --json'} | ${/needs a value/}
  `('$line is refused', ({ line, message }) => {
    expect(() => parse(line)).toThrow(message);
  });
});

describe('the clock', () => {
  const asked = (line: string) => clockRequest(parseLine(`clock s1 ${line}`, COMMANDS).given);

  test.each`
    line                                  | action                 | params
    ${'pause'}                            | ${'simulators.pause'}  | ${{}}
    ${'resume'}                           | ${'simulators.resume'} | ${{}}
    ${'step'}                             | ${'simulators.step'}   | ${{ unit: 'second', count: 1 }}
    ${'step event --count 20'}            | ${'simulators.step'}   | ${{ unit: 'event', count: 20 }}
    ${'speed 0.5'}                        | ${'simulators.speed'}  | ${{ speed: 0.5 }}
    ${'jump own'}                         | ${'simulators.jump'}   | ${{ nextOwnEvent: true }}
    ${'jump own --within 60'}             | ${'simulators.jump'}   | ${{ nextOwnEvent: true, withinSeconds: 60 }}
    ${'jump 2026-01-05T15:00:00Z'}        | ${'simulators.jump'}   | ${{ to: '2026-01-05T15:00:00.000Z' }}
    ${'jump "2026-01-05 15:00:00+00:00"'} | ${'simulators.jump'}   | ${{ to: '2026-01-05T15:00:00.000Z' }}
  `('$line', ({ line, action, params }) => {
    expect(asked(line)).toEqual({ action, params });
  });

  test('is only looked at without a verb', () => {
    expect(asked('')).toBeNull();
  });

  test.each`
    line                                      | message
    ${'stop'}                                 | ${'does nothing to a clock'}
    ${'pause now'}                            | ${'takes no value'}
    ${'step hour'}                            | ${'is no step'}
    ${'step --count 0'}                       | ${'--count'}
    ${'step --count 1001'}                    | ${'--count'}
    ${'speed'}                                | ${'is no speed'}
    ${'speed 101'}                            | ${'is no speed'}
    ${'speed 0.09'}                           | ${'is no speed'}
    ${'speed fast'}                           | ${'is no speed'}
    ${'jump'}                                 | ${'does not say where'}
    ${'jump noon'}                            | ${'is no time'}
    ${'pause --count 3'}                      | ${'goes with step only'}
    ${'jump 2026-01-05T15:00:00Z --within 5'} | ${'goes with jump own only'}
  `('$line is refused', ({ line, message }) => {
    expect(() => asked(line)).toThrow(message);
  });
});

describe('answers', () => {
  const answer: Answer = {
    rows: [
      { node: 'worker-1', lag: 7, state: 'up' },
      { node: 'w2', lag: 120, state: null },
    ],
    notes: ['2 in all.'],
  };
  test('a table with numbers to the right', () => {
    expect(renderTable(answer)).toBe(
      [
        'node      lag  state',
        '--------  ---  -----',
        'worker-1    7  up',
        'w2        120  -',
        '2 in all.',
      ].join('\n'),
    );
  });
  test('no rows say so', () => expect(renderTable({ rows: [] })).toBe('(none)'));
  test('JSON on one line', () => {
    expect(JSON.parse(renderJson(answer))).toEqual(answer);
    expect(renderJson(answer)).not.toContain('\n');
  });
  test('a cell never breaks the line or the screen', () => {
    const lines = renderTable({ rows: [{ text: `a\nb${'x'.repeat(200)}` }] }).split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[2].length).toBeLessThanOrEqual(60);
  });
});

describe('errors', () => {
  test.each([
    [new OperatorError('No.', 'Do this.'), 'error: No.\n hint: Do this.'],
    [problem('unavailable', { detail: 'Away.' }), /^error: Away\.\n hint: Look at "status"/],
    [
      problem('validationFailed', { errors: [{ path: 'symbol', message: 'is bad' }] }),
      /symbol is bad/,
    ],
    [new Error('one\n    at stack (file.ts:1)'), /^error: one\n hint: The logs/],
  ])('%s', (error, text) => {
    const rendered = renderError(error);
    if (typeof text === 'string') expect(rendered).toBe(text);
    else expect(rendered).toMatch(text);
    expect(rendered).not.toContain('at stack');
    expect(rendered.split('\n')).toHaveLength(2);
  });
  test('a line never throws', async () => {
    expect(await runLine(null as never, 'status')).toMatchObject({ ok: false });
    expect(await runLine(null as never, '')).toMatchObject({ ok: false });
  });
});

test('help names every command, and every option of one', () => {
  for (const command of COMMANDS) {
    expect(helpText()).toContain(command.usage);
    const help = helpText(command.usage.split(' ')[0]);
    for (const { flag } of command.options) expect(help).toContain(flag);
    expect(help).toContain('--json');
  }
});
