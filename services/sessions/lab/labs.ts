/** Starts, ends and scores network labs, and tells every process of each change. */
import type { Lab, LabRequest } from '@sandpit/schemas/lab.ts';
import type { SandpitDatabase } from '../../platform/database.ts';
import { type FieldError, problem } from '../../platform/errors.ts';
import type { LabCounts, LabRecord, OpenOutage, OutageEnd } from '../../platform/labs.ts';
import {
  beginOutage,
  countLab,
  endDueLabs,
  endLab,
  endOutage,
  labRecords,
  newestLab,
  openLabs,
  startLab,
} from './store.ts';

export interface LabsParts {
  db: SandpitDatabase;
  /** To every process. */
  announce(record: LabRecord): void;
  newSeed(): number;
  now?: () => number;
}

export class Labs {
  readonly #parts: LabsParts;
  readonly #now: () => number;

  constructor(parts: LabsParts) {
    this.#parts = parts;
    this.#now = parts.now ?? Date.now;
  }

  /** Ends the one that runs, if any. @throws problem `validationFailed`, `unavailable` */
  async start(of: { sessionId: string; accountId: string }, request: LabRequest): Promise<Lab> {
    const errors = errorsOf(request);
    if (errors.length > 0) throw problem('validationFailed', { errors });
    const { db, newSeed } = this.#parts;
    const asked = { ...request, seed: request.seed ?? newSeed() };
    const done = await startLab(db, of, asked, this.#now());
    if (!done) {
      const detail = 'Too many network labs run at once. Try again in a minute.';
      throw problem('unavailable', { detail, retryAfterSeconds: 60 });
    }
    if (done.replaced) await this.#tell([done.replaced]);
    const [record] = await this.#tell([done.started]);
    return record!.lab;
  }

  /** The newest; null = none so far. */
  async newest(sessionId: string): Promise<Lab | null> {
    const id = await newestLab(this.#parts.db, sessionId);
    const [record] = id ? await this.#records([id]) : [];
    return record?.lab ?? null;
  }

  /** Ends the one that runs. @returns the newest. @throws problem `notFound` when there is none. */
  async end(sessionId: string): Promise<Lab> {
    const ended = await endLab(this.#parts.db, sessionId, 'trader', this.#now());
    if (ended) await this.#tell([ended]);
    const lab = await this.newest(sessionId);
    if (!lab) throw problem('notFound', { detail: 'This session has had no network lab.' });
    return lab;
  }

  /** Those that run, and those whose client is still blind. */
  async open(): Promise<LabRecord[]> {
    return this.#records(await openLabs(this.#parts.db, this.#now()));
  }

  async count(labId: string, counts: LabCounts): Promise<void> {
    await countLab(this.#parts.db, labId, counts);
  }

  async beginOutage(labId: string, outage: OpenOutage): Promise<void> {
    if (await beginOutage(this.#parts.db, labId, outage)) await this.#tell([labId]);
  }

  async endOutage(labId: string, simulatorId: string, end: OutageEnd): Promise<void> {
    if (await endOutage(this.#parts.db, labId, simulatorId, end)) await this.#tell([labId]);
  }

  /** Ends what is due. @returns how many. */
  async sweep(): Promise<number> {
    const ids = await endDueLabs(this.#parts.db, this.#now());
    await this.#tell(ids);
    return ids.length;
  }

  #records(ids: readonly string[]): Promise<LabRecord[]> {
    return labRecords(this.#parts.db, ids, this.#now());
  }

  async #tell(ids: readonly string[]): Promise<LabRecord[]> {
    const records = await this.#records(ids);
    for (const record of records) this.#parts.announce(record);
    return records;
  }
}

/** What no schema says: a fault must begin while the lab runs. */
function errorsOf({ seconds, faults }: LabRequest): FieldError[] {
  return faults.flatMap(({ fromSeconds = 0 }, i) =>
    fromSeconds < seconds
      ? []
      : [
          {
            path: `faults.${i}.fromSeconds`,
            message: `must be less than the lab’s ${seconds} seconds`,
          },
        ],
  );
}
