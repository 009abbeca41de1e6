/** The thread in which sessions are run again, so that the worker's own simulators keep their turn. */
import { parentPort } from 'node:worker_threads';
import { type Job, JobRunner, passesOf } from './jobs.ts';
import { watcher } from './progress.ts';

const runner = new JobRunner();

parentPort!.on('message', ({ id, job }: { id: number; job: Job }) => {
  try {
    const tell = (progress: number) => parentPort!.postMessage({ id, progress });
    const watch = watcher(passesOf(job.ask), job.input.endNs, tell);
    const watched = { ...job, input: { ...job.input, watch } };
    const result = runner.run(watched, () => performance.now());
    parentPort!.postMessage({ id, result });
  } catch (error) {
    // A clone keeps the message and the stack, for the log; its class it loses.
    const failure = error instanceof Error ? error : new Error(String(error));
    parentPort!.postMessage({ id, failure });
  }
});
