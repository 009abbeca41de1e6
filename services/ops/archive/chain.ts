/** The longest sound log that can be made of an archive and of what a damaged stream still holds. Pure. */
import { type EventRecord, GENESIS_HASH } from '@sandpit/schemas/record.ts';
import { recordHash } from '../../platform/record-hash.ts';

/** A record with the bytes it was stored as. */
export interface Kept {
  data: Uint8Array;
  record: EventRecord;
}

export interface Chain {
  records: Kept[];
  /** How many of them only the stream still held. */
  fromStream: number;
  /** Newest record anybody has seen, which the chain does not reach; null = nothing is lost. */
  lostUntil: number | null;
}

/**
 * @param archived  Of one simulator, in any order, repeats allowed.
 * @param stored    As the stream has them, good or bad.
 */
export function soundChain(
  simulatorId: string,
  archived: Iterable<Kept>,
  stored: Iterable<Kept>,
): Chain {
  const [inArchive, inStream] = [byPredecessor(archived), byPredecessor(stored)];
  const chain: Chain = { records: [], fromStream: 0, lostUntil: null };
  for (let hash = GENESIS_HASH; ; ) {
    const n = chain.records.length + 1;
    const continues = ({ record }: Kept) =>
      record.n === n && record.simulatorId === simulatorId && record.hash === recordHash(record);
    const kept = inArchive.get(hash)?.find(continues);
    const found = kept ?? inStream.get(hash)?.find(continues);
    if (!found) break;
    chain.records.push(found);
    if (!kept) chain.fromStream += 1;
    hash = found.record.hash;
  }
  const newest = Math.max(newestOf(inArchive), newestOf(inStream));
  if (newest > chain.records.length) chain.lostUntil = newest;
  return chain;
}

function byPredecessor(records: Iterable<Kept>): Map<string, Kept[]> {
  const found = new Map<string, Kept[]>();
  for (const kept of records) {
    const { previousHash } = kept.record;
    const others = found.get(previousHash);
    if (others) others.push(kept);
    else found.set(previousHash, [kept]);
  }
  return found;
}

const newestOf = (records: Map<string, Kept[]>): number =>
  [...records.values()].flat().reduce((newest, { record }) => Math.max(newest, record.n), 0);
