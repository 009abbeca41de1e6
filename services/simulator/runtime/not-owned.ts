/** The simulator is not here (any more); the owner is somebody else or nobody yet. */
export class NotOwnedError extends Error {
  override readonly name = 'NotOwnedError';
}
