/** Tasks on a few worker threads, longest line first come first served. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Answers, Task } from './worker.ts';

export class Pool {
  readonly #workers: Worker[];
  readonly #idle: Worker[];
  readonly #waiting: ((worker: Worker) => void)[] = [];

  constructor(size: number) {
    const file = new URL('./worker.ts', import.meta.url);
    this.#workers = Array.from({ length: size }, () => new Worker(file));
    this.#idle = [...this.#workers];
  }

  /** @throws what the task threw. */
  async run<T extends Task>(task: T): Promise<Answers[T['kind']]> {
    const worker = this.#idle.pop() ?? (await new Promise<Worker>((go) => this.#waiting.push(go)));
    try {
      worker.postMessage(task);
      const [answer] = await once(worker, 'message');
      return answer;
    } finally {
      const next = this.#waiting.shift();
      if (next) next(worker);
      else this.#idle.push(worker);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}
