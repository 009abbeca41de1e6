import { expect, test } from 'vitest';
import { expiredShells, howToAnswer, isWholeShell, shellName } from './shell.ts';

const ORIGIN = 'https://desk.example';
const FILES = ['/_app/immutable/entry/start.1.js', '/favicon.svg'];

test.each`
  path                                  | method    | mode          | how
  ${'/'}                                | ${'GET'}  | ${'navigate'} | ${'page'}
  ${'/desk/abc?x=1'}                    | ${'GET'}  | ${'navigate'} | ${'page'}
  ${'/desk/abc'}                        | ${'GET'}  | ${'cors'}     | ${'network'}
  ${'/login'}                           | ${'POST'} | ${'navigate'} | ${'network'}
  ${'/_app/immutable/entry/start.1.js'} | ${'GET'}  | ${'cors'}     | ${'file'}
  ${'/_app/immutable/nodes/old.js'}     | ${'GET'}  | ${'cors'}     | ${'file'}
  ${'/favicon.svg'}                     | ${'GET'}  | ${'no-cors'}  | ${'file'}
  ${'/_app/version.json'}               | ${'GET'}  | ${'cors'}     | ${'network'}
  ${'/api/v1/simulators'}               | ${'GET'}  | ${'cors'}     | ${'network'}
  ${'/api/v1/simulators'}               | ${'GET'}  | ${'navigate'} | ${'network'}
  ${'/docs'}                            | ${'GET'}  | ${'navigate'} | ${'network'}
  ${'/openapi.json'}                    | ${'GET'}  | ${'navigate'} | ${'network'}
  ${'https://other.example/'}           | ${'GET'}  | ${'navigate'} | ${'network'}
`('$method $path ($mode): $how', ({ path, method, mode, how }) => {
  const url = new URL(path, ORIGIN).href;
  expect(howToAnswer({ method, mode, url }, ORIGIN, FILES)).toBe(how);
});

test('a page is kept only with all of its code', () => {
  const page = (code: string) => `<script>import("/_app/immutable/entry/${code}")</script>`;
  expect(isWholeShell(page('start.1.js'), FILES)).toBe(true);
  expect(isWholeShell(page('start.2.js'), FILES)).toBe(false);
  expect(isWholeShell(page('start.1.js') + page('app.9.js'), FILES)).toBe(false);
  expect(isWholeShell('<h1>Blocked</h1>', FILES)).toBe(false);
});

test('the version before stays for the pages that are open, older ones and nothing else go', () => {
  const [a, b, c] = ['1', '2', '3'].map(shellName) as [string, string, string];
  expect(expiredShells(['other', a, b, c], c)).toEqual([a]);
  expect(expiredShells([b, c], c)).toEqual([]);
  expect(expiredShells([c], c)).toEqual([]);
});
