/** Everything one run started: stopped in reverse order, and never outliving us. */
import { createGuard } from './guard.ts';
import type { ManagedProcess } from './managed-process.ts';

export class ProcessGroup {
  readonly #members: ManagedProcess[] = [];
  readonly #guard = createGuard();
  readonly #onChange: (members: readonly ManagedProcess[]) => void;

  constructor(onChange: (members: readonly ManagedProcess[]) => void = () => {}) {
    this.#onChange = onChange;
    process.once('exit', () => this.kill('SIGINT'));
  }

  get members(): readonly ManagedProcess[] {
    return this.#members.filter((member) => member.running);
  }

  add<T extends ManagedProcess>(member: T): T {
    this.#members.push(member);
    this.#changed();
    void member.exited.then(() => {
      this.#members.splice(this.#members.indexOf(member), 1);
      this.#changed();
    });
    return member;
  }

  /** Stops the newest first; each gets `eachMs` before it is killed. */
  async stop(eachMs: number): Promise<void> {
    for (const member of [...this.members].reverse()) await member.stop(eachMs);
  }

  kill(signal: NodeJS.Signals): void {
    for (const member of this.members) member.kill(signal);
  }

  #changed(): void {
    this.#guard.watch(this.members.map((member) => member.pid));
    this.#onChange(this.members);
  }
}
