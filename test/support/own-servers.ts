/** Each of the processes that run files at the same time has its own set of servers. */
import { inject } from 'vitest';

const sets = inject('serverSets');
const number = Number(process.env.VITEST_POOL_ID ?? 1);
// `inject` hands out one object for the whole file.
Object.assign(inject('servers'), sets[(number - 1) % sets.length]);
