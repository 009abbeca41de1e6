import { expect, test } from 'vitest';
import type { LinkState } from './link.ts';
import { LinkReporter } from './link-news.ts';

test.each`
  what                                         | states                                                 | told
  ${'an opening is no news'}                   | ${'connecting live'}                                   | ${''}
  ${'a loss is told once, and its end'}        | ${'live stale reconnecting offline reconnecting live'} | ${'stale back'}
  ${'so is each'}                              | ${'live reconnecting live offline live'}               | ${'reconnecting back offline back'}
  ${'a venue that moves and comes back'}       | ${'live recovering live'}                              | ${'recovering back'}
  ${'the end is told, also after a loss'}      | ${'live reconnecting offline ended ended'}             | ${'reconnecting ended'}
  ${'a connection that returns by connecting'} | ${'live offline connecting live'}                      | ${'offline back'}
`('$what: $states', ({ states, told }) => {
  const reporter = new LinkReporter();
  const news = (states.split(' ') as LinkState[]).flatMap((state) => {
    const said = reporter.next(state, true);
    return said ? [said.kind === 'back' ? 'back' : said.state] : [];
  });
  expect(news.join(' ')).toBe(told);
});

test('what was never there is not lost', () => {
  const reporter = new LinkReporter();
  expect(reporter.next('offline', false)).toBeNull();
  expect(reporter.next('live', true)).toBeNull();
});
