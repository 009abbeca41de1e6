/** Credentials for a trader's own programs: they hear that account's subjects and ask in its name. */
import { createUser, encodeUser, fmtCreds } from '@nats-io/jwt';
import { traderSubjects } from './permissions.ts';

export interface TraderCredentialRequest {
  /** Contents of the seed file of the trader signing key ("SA…"). */
  accountSigningSeed: string;
  /** Public key of the NATS account ("A…"). */
  appAccountId: string;
  /** The trader's account in Sandpit: the fifth token of its subjects. */
  accountId: string;
  /** Shown to operators beside the connection. */
  name: string;
  expiresAt: Date;
}

export interface TraderCredential {
  /** Contents of a `.creds` file. Holds a secret; it is not kept here. */
  creds: string;
  /** "U…", by which the credential can be revoked. */
  publicKey: string;
  /** What it may subscribe to. */
  subjects: string[];
}

/**
 * Issues a credential under the scoped signing key: its permissions stand in the NATS account, and
 * the credential only says whose it is.
 *
 * @throws RangeError when `accountId` is no subject token: a dot or wildcard would widen the scope.
 */
export async function issueTraderCredential(
  request: TraderCredentialRequest,
): Promise<TraderCredential> {
  const { accountId, appAccountId, expiresAt, name } = request;
  // The server's templates compare tags in lower case.
  if (!/^[a-z0-9_-]{1,64}$/.test(accountId)) {
    throw new RangeError(`"${accountId}" is no account id: use a-z, 0-9, _ and -.`);
  }
  const user = createUser();
  const jwt = await encodeUser(
    name,
    user,
    appAccountId,
    { tags: [`account:${accountId}`] },
    {
      signer: new TextEncoder().encode(request.accountSigningSeed.trim()),
      scopedUser: true,
      exp: Math.floor(expiresAt.getTime() / 1000),
    },
  );
  return {
    creds: new TextDecoder().decode(fmtCreds(jwt, user)),
    publicKey: user.getPublicKey(),
    subjects: traderSubjects(accountId),
  };
}
