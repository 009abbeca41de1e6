import { describe, expect, test } from 'vitest';
import { KEY_AFTERLIFE_MS, KEY_LIFE_MS, KEY_NOTICE_MS, planKeys } from './key-plan.ts';
import { networkOf, waitSeconds } from './login-throttle.ts';
import { passwordFault } from './password-rules.ts';
import { hashPassword, verifyPassword } from './passwords.ts';
import { seal, unseal } from './seal.ts';
import { Turnstile } from './turnstile.ts';

describe('which passwords are taken', () => {
  test.each`
    password                       | taken
    ${'correct horse battery'}     | ${true}
    ${'Übergrößenträger!'}         | ${true}
    ${'🐎🔋📎🐎🔋📎🐴🔌🧷🐴🔌🧲'}  | ${true}
    ${'x9$kQ2!mZ7pL'}              | ${true}
    ${'short'}                     | ${false}
    ${'elevenchars'}               | ${false}
    ${'🐎🔋📎🐎🔋📎'}              | ${false}
    ${'a'.repeat(129)}             | ${false}
    ${'aaaaaaaaaaaaaaa'}           | ${false}
    ${'abababababab'}              | ${false}
    ${'123412341234'}              | ${false}
    ${'123456789012'}              | ${false}
    ${'987654321098'}              | ${false}
    ${'password1234'}              | ${false}
    ${'Password2026!'}             | ${false}
    ${'P4ssw0rd12345'}             | ${false}
    ${'qwertyuiop123'}             | ${false}
    ${'correcthorsebatterystaple'} | ${false}
    ${'ada.lovelace@example.com'}  | ${false}
    ${'ada.lovelace1815'}          | ${false}
  `('"$password": $taken', ({ password, taken }) => {
    expect(passwordFault(password, 'Ada.Lovelace@example.com') === null).toBe(taken);
  });
});

describe('password hashes', () => {
  test('the right password matches, others do not, and equal ones differ', async () => {
    const [a, b] = await Promise.all([
      hashPassword('correct horse'),
      hashPassword('correct horse'),
    ]);
    expect(a).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[^$]+\$[^$]+$/);
    expect(a).not.toBe(b);
    expect(await verifyPassword('correct horse', a)).toBe(true);
    expect(await verifyPassword('correct hors', a)).toBe(false);
  });
  test('the same letters in other code points are the same password', async () => {
    expect(
      await verifyPassword('Fu\u0308nfzehn Wörter', await hashPassword('Fünfzehn Wörter')),
    ).toBe(true);
  });
  test('an unknown user costs as much work and is refused', async () => {
    const stored = await hashPassword('correct horse');
    const timed = async (hash: string | null) => {
      const startedMs = performance.now();
      expect(await verifyPassword('wrong horse!', hash)).toBe(false);
      return performance.now() - startedMs;
    };
    await timed(stored);
    const knownMs = await timed(stored);
    const unknownMs = await timed(null);
    expect(unknownMs).toBeGreaterThan(knownMs / 4);
  });
});

test('the turnstile lets two in, keeps two waiting and turns the fifth away', async () => {
  const turnstile = new Turnstile(2, 2);
  const leave: (() => void)[] = [];
  let inside = 0;
  let insideMax = 0;
  const visit = () =>
    turnstile.pass(async () => {
      insideMax = Math.max(insideMax, ++inside);
      await new Promise<void>((resolve) => leave.push(resolve));
      inside--;
    });
  const visits = [visit(), visit(), visit(), visit()];
  await expect(visit()).rejects.toMatchObject({ type: 'rateLimited', code: 429 });
  for (let i = 0; i < 4; i++) {
    await expect.poll(() => leave.length).toBeGreaterThan(i);
    leave[i]();
  }
  await Promise.all(visits);
  expect(insideMax).toBe(2);
  await expect(Promise.all([turnstile.pass(async () => 1)])).resolves.toEqual([1]);
});

test('a failing visitor leaves the turnstile, too', async () => {
  const turnstile = new Turnstile(1, 1);
  const fail = () => turnstile.pass(() => Promise.reject(new Error('no')));
  for (let i = 0; i < 5; i++) await expect(fail()).rejects.toThrow('no');
});

test('what is sealed opens only with its secret and purpose', () => {
  const secret = Buffer.alloc(32, 1);
  const sealed = seal(Buffer.from('private'), secret, 'a');
  expect(unseal(sealed, secret, 'a').toString()).toBe('private');
  expect(() => unseal(sealed, Buffer.alloc(32, 2), 'a')).toThrow();
  expect(() => unseal(sealed, secret, 'b')).toThrow();
  sealed[sealed.length - 1] ^= 1;
  expect(() => unseal(sealed, secret, 'a')).toThrow();
});

test.each`
  failures | seconds
  ${0}     | ${0}
  ${4}     | ${0}
  ${5}     | ${1}
  ${6}     | ${2}
  ${10}    | ${32}
  ${14}    | ${300}
  ${1_000} | ${300}
`('after $failures failures the next try waits $seconds s', ({ failures, seconds }) => {
  expect(waitSeconds(failures)).toBe(seconds);
});

test.each`
  address                   | network
  ${'192.0.2.7'}            | ${'192.0.2.7'}
  ${'::ffff:192.0.2.7'}     | ${'192.0.2.7'}
  ${'2001:db8:1:2:3:4:5:6'} | ${'2001:db8:1:2::/64'}
  ${'2001:db8:1:2:ffff::1'} | ${'2001:db8:1:2::/64'}
  ${'2001:db8::1'}          | ${'2001:db8:0:0::/64'}
  ${'::1'}                  | ${'0:0:0:0::/64'}
  ${undefined}              | ${'unknown'}
`('$address belongs to $network', ({ address, network }) => {
  expect(networkOf(address)).toBe(network);
});

describe('signing keys', () => {
  const key = (kid: string, signsFromMs: number) => ({ kid, signsFromMs });
  const kids = (keys: { kid: string }[]) => keys.map(({ kid }) => kid).join(' ');
  const start = 1_000 * 86_400_000;

  test('the very first key signs at once, and the second is made right after it', () => {
    expect(planKeys([], start).createFromMs).toBe(start);
    const plan = planKeys([key('a', start)], start);
    expect(plan.signer?.kid).toBe('a');
    expect(plan.createFromMs).toBe(start + KEY_LIFE_MS);
  });

  test.each`
    when                              | signer | published | retired | creates
    ${0}                              | ${'a'} | ${'b a'}  | ${''}   | ${false}
    ${KEY_LIFE_MS - 1}                | ${'a'} | ${'b a'}  | ${''}   | ${false}
    ${KEY_LIFE_MS}                    | ${'b'} | ${'b a'}  | ${''}   | ${true}
    ${KEY_LIFE_MS + KEY_AFTERLIFE_MS} | ${'b'} | ${'b'}    | ${'a'}  | ${true}
  `('at $when ms $signer signs', ({ when, signer, published, retired, creates }) => {
    const plan = planKeys([key('a', start), key('b', start + KEY_LIFE_MS)], start + when);
    expect(plan.signer?.kid).toBe(signer);
    expect(kids(plan.published)).toBe(published);
    expect(kids(plan.retired)).toBe(retired);
    expect(plan.createFromMs !== null).toBe(creates);
  });

  test('a key made late still gets its notice', () => {
    const lateMs = start + 3 * KEY_LIFE_MS;
    expect(planKeys([key('a', start)], lateMs).createFromMs).toBe(lateMs + KEY_NOTICE_MS);
  });
});
