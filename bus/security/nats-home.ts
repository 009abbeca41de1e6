/**
 * A NATS server's home: operator, accounts, keys, credentials and the server's configuration.
 *
 * Three accounts that cannot see one another: APP (JetStream, the bus), MOL (Moleculer's calls), SYS.
 * Keys are made once; token files and configuration are written anew on each call, so that changed
 * permissions reach an old home.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  createAccount,
  createOperator,
  createUser,
  encodeAccount,
  encodeOperator,
  encodeUser,
  fmtCreds,
  type KeyPair,
  newScopedSigner,
} from '@nats-io/jwt';
import { PERMISSIONS, type Role, TRADER_TEMPLATE } from './permissions.ts';
import { seedAt, writeSecret } from './seeds.ts';
import { type ClusterNode, serverConfiguration } from './server-configuration.ts';

export interface NatsHomeOptions {
  port: number;
  /** Monitoring, on the loopback; none without it. */
  httpPort?: number;
  /** JetStream's files; default: `jetstream` inside the home. */
  storeDir?: string;
  /** Bytes JetStream may use on disk; default 10 GiB. */
  fileStoreBytesMax?: number;
  /** This server is one of a cluster: the call is made once for each of them, on the same folder. */
  cluster?: ClusterNode;
}

export interface NatsHome {
  configFile: string;
  url: string;
  /** Paths of the `.creds` files; `mol` is for Moleculer's transporter, `sys` for the server itself. */
  creds: Record<Role | 'mol' | 'sys', string>;
  /** Path of the seed that signs traders' credentials and can sign nothing else. */
  appSigningSeedFile: string;
  /** Public key of the APP account. */
  appAccountId: string;
}

interface Keys {
  operator: KeyPair;
  sys: KeyPair;
  app: KeyPair;
  mol: KeyPair;
  /** Signs the services' users; never leaves the home. */
  appServices: KeyPair;
  appTraders: KeyPair;
}

const NO_LIMITS = {
  subs: -1,
  data: -1,
  payload: -1,
  imports: -1,
  exports: -1,
  wildcards: true,
  conn: -1,
  leaf: 0,
};
const JETSTREAM = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };

/** Makes the home, or brings it up to date. Safe to call on every start. */
export async function createNatsHome(dir: string, options: NatsHomeOptions): Promise<NatsHome> {
  const root = resolve(dir);
  const keys = keysOf(root);
  const node = options.cluster ? `-${options.cluster.name}` : '';
  const home: NatsHome = {
    configFile: join(root, `nats-server${node}.conf`),
    url: `nats://127.0.0.1:${options.port}`,
    creds: {
      doors: credsFile(root, 'doors'),
      worker: credsFile(root, 'worker'),
      operator: credsFile(root, 'operator'),
      archivist: credsFile(root, 'archivist'),
      mol: credsFile(root, 'mol'),
      sys: credsFile(root, 'sys'),
    },
    appSigningSeedFile: seedFile(root, 'app-traders'),
    appAccountId: keys.app.getPublicKey(),
  };
  await writeCredentials(root, keys);
  const accounts = await accountTokens(keys, revoked(root));
  const configuration = serverConfiguration({
    ...options,
    storeDir: options.storeDir ?? join(root, `jetstream${node}`),
    accountsDir: join(root, `accounts${node}`),
    operator: await operatorToken(root, keys),
    systemAccount: keys.sys.getPublicKey(),
    accounts,
  });
  writeSecret(home.configFile, configuration);
  return home;
}

const seedFile = (root: string, name: string) => join(root, 'keys', `${name}.seed`);
const credsFile = (root: string, name: string) => join(root, 'creds', `${name}.creds`);

function keysOf(root: string): Keys {
  const account = (name: string) => seedAt(seedFile(root, name), createAccount);
  return {
    operator: seedAt(seedFile(root, 'operator'), createOperator),
    sys: account('sys'),
    app: account('app'),
    mol: account('mol'),
    appServices: account('app-services'),
    appTraders: account('app-traders'),
  };
}

/** Written once: a running server takes no other operator, not even the same one signed anew. */
async function operatorToken(root: string, { operator, sys }: Keys): Promise<string> {
  const file = join(root, 'keys', 'operator.jwt');
  if (!existsSync(file)) {
    const claims = { system_account: sys.getPublicKey() };
    writeSecret(file, `${await encodeOperator('sandpit', operator, claims)}\n`);
  }
  return readFileSync(file, 'utf8').trim();
}

async function accountTokens(
  { operator, sys, app, mol, appServices, appTraders }: Keys,
  revocations: Record<string, number>,
): Promise<Record<string, string>> {
  const signer = { signer: operator };
  const traders = newScopedSigner(appTraders, 'trader', {
    sub: { allow: TRADER_TEMPLATE.subscribe, deny: [] },
    pub: { allow: TRADER_TEMPLATE.publish, deny: [] },
    subs: TRADER_TEMPLATE.subscriptionsMax,
    payload: TRADER_TEMPLATE.payloadBytesMax,
    allowed_connection_types: ['STANDARD', 'WEBSOCKET'],
  });
  const appClaims = {
    limits: { ...NO_LIMITS, ...JETSTREAM },
    signing_keys: [appServices.getPublicKey(), traders],
    revocations,
  };
  return {
    [sys.getPublicKey()]: await encodeAccount('SYS', sys, { limits: NO_LIMITS }, signer),
    [app.getPublicKey()]: await encodeAccount('APP', app, appClaims, signer),
    [mol.getPublicKey()]: await encodeAccount('MOL', mol, { limits: NO_LIMITS }, signer),
  };
}

async function writeCredentials(root: string, keys: Keys): Promise<void> {
  const write = async (name: string, issue: (user: KeyPair) => Promise<string>) => {
    const user = seedAt(seedFile(root, `user-${name}`), createUser);
    writeSecret(credsFile(root, name), new TextDecoder().decode(fmtCreds(await issue(user), user)));
  };
  for (const [role, { publish, subscribe }] of Object.entries(PERMISSIONS)) {
    const permissions = {
      pub: { allow: publish, deny: [] },
      sub: { allow: subscribe, deny: [] },
    };
    await write(role, (user) =>
      encodeUser(role, user, keys.app.getPublicKey(), permissions, { signer: keys.appServices }),
    );
  }
  await write('mol', (user) => encodeUser('mol', user, keys.mol));
  await write('sys', (user) => encodeUser('sys', user, keys.sys));
}

const revocationsFile = (root: string) => join(root, 'revocations.json');

function revoked(root: string): Record<string, number> {
  const file = revocationsFile(root);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

/**
 * Notes that what was issued to these users up to `at` is void, and signs the APP account's token with
 * it. In force when the server has it: see `revokeUsers`.
 *
 * @returns the account's token.
 */
export async function signRevocation(
  dir: string,
  publicKeys: readonly string[],
  at: Date,
): Promise<string> {
  const root = resolve(dir);
  const all = revoked(root);
  for (const key of publicKeys) all[key] = Math.floor(at.getTime() / 1000);
  writeSecret(revocationsFile(root), `${JSON.stringify(all, null, 2)}\n`);
  const keys = keysOf(root);
  const tokens = await accountTokens(keys, all);
  return tokens[keys.app.getPublicKey()] as string;
}
