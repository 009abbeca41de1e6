import { describe, expect, test } from 'vitest';
import { ConfigError, loadConfig } from './config.ts';

const minimal = {
  SANDPIT_ROLE: 'doors',
  NATS_URL: 'nats://127.0.0.1:4222',
  DATABASE_URL: 'postgres://sandpit:sandpit@127.0.0.1/sandpit',
  REDIS_URL: 'redis://127.0.0.1:6379',
};
const production = {
  ...minimal,
  SANDPIT_ENV: 'production',
  NATS_CREDS: '/run/doors.creds',
  NATS_MOL_CREDS: '/run/mol.creds',
  IDENTITY_SECRET_FILE: '/run/identity',
  PUBLIC_ORIGIN: 'https://sandpit.example.com',
  DATABASE_URL: 'postgres://app:d8Zk2mQx@db/sandpit',
};

function problems(env: Record<string, string | undefined>): readonly string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).problems;
  }
}

test('four variables are enough, the rest has defaults', () => {
  const config = loadConfig(minimal);
  expect(config.http).toMatchObject({ host: '127.0.0.1', port: 3000 });
  expect(config.nodeId).toMatch(/^doors-\d+-[0-9a-f]{6}$/);
  expect(config.nats.servers).toEqual(['nats://127.0.0.1:4222']);
  expect(config.simulatorsPerWorkerMax).toBe(1_000);
});

test('an empty environment names every missing variable at once', () => {
  const found = problems({});
  for (const name of ['SANDPIT_ROLE', 'NATS_URL', 'DATABASE_URL', 'REDIS_URL']) {
    expect(found.filter((line) => line.startsWith(`${name} is missing. It takes `))).toHaveLength(
      1,
    );
  }
  expect(found).toHaveLength(4);
});

test.each`
  name                           | value
  ${'SANDPIT_ROLE'}              | ${'boss'}
  ${'HTTP_PORT'}                 | ${'80a'}
  ${'HTTP_PORT'}                 | ${'70000'}
  ${'HTTP_PORT'}                 | ${'-1'}
  ${'HTTP_PORT'}                 | ${'3000.5'}
  ${'NATS_URL'}                  | ${'127.0.0.1:4222'}
  ${'NATS_URL'}                  | ${'nats://a:1,b:2'}
  ${'DATABASE_URL'}              | ${'mysql://x'}
  ${'REDIS_URL'}                 | ${'localhost'}
  ${'LOG_LEVEL'}                 | ${'loud'}
  ${'SANDPIT_NODE_ID'}           | ${'a.b'}
  ${'MAX_SIMULATORS_PER_WORKER'} | ${'0'}
  ${'PUBLIC_ORIGIN'}             | ${'https://x/path'}
`('$name=$value is refused by name, with what it takes', ({ name, value }) => {
  const found = problems({ ...minimal, [name]: value });
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(new RegExp(`^${name} is .*It takes `));
});

test('two bad variables are two lines', () => {
  expect(problems({ ...minimal, HTTP_PORT: 'x', LOG_LEVEL: 'y' })).toHaveLength(2);
});

test('a password in an address is never repeated', () => {
  const found = problems({ ...minimal, DATABASE_URL: 'mysql://user:hunter2@host/x' });
  expect(found.join()).not.toContain('hunter2');
});

test('an empty value counts as not set', () => {
  expect(loadConfig({ ...minimal, LOG_FILE: '', HTTP_PORT: '' })).toMatchObject({
    log: { file: null },
    http: { port: 3000 },
  });
});

test('several NATS servers', () => {
  const { servers } = loadConfig({ ...minimal, NATS_URL: 'nats://a:1,tls://b:2' }).nats;
  expect(servers).toEqual(['nats://a:1', 'tls://b:2']);
});

test('the value cannot be changed', () => {
  const config = loadConfig(minimal);
  expect(() => Object.assign(config.http, { port: 1 })).toThrow(TypeError);
});

describe('production', () => {
  test('runs when everything is given', () => {
    expect(loadConfig(production).environment).toBe('production');
  });
  test.each(['NATS_CREDS', 'NATS_MOL_CREDS', 'IDENTITY_SECRET_FILE', 'PUBLIC_ORIGIN'])(
    'does not run without %s',
    (name) => {
      expect(problems({ ...production, [name]: undefined })[0]).toContain(name);
    },
  );
  test('refuses a development password and a plain origin', () => {
    expect(problems({ ...production, DATABASE_URL: minimal.DATABASE_URL })).toHaveLength(1);
    expect(problems({ ...production, PUBLIC_ORIGIN: 'http://x' })).toHaveLength(1);
  });
});
