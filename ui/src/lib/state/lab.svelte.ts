import type { LabAnswer, LabRequest, Lab as LabView } from '@sandpit/schemas/lab.ts';
import type { Api } from '../client/api.ts';
import { endNews, titleOf } from '../client/lab-words.ts';
import type { Notices } from './notices.svelte.ts';
import type { Session } from './session.svelte.ts';

const LOOK_EVERY_MS = 3_000;
/** After its end the score may still grow, until the desk is back in step. */
const LOOKS_AFTER_MIN = 2;
const LOOKS_AFTER_MAX = 40;

/** The network lab of this session: what runs, how long still, how it went. */
export class Lab {
  /** The newest. */
  current = $state.raw<LabView | null>(null);
  /** Whole seconds to its end; 0 when none runs. */
  secondsLeft = $state(0);
  isRunning = $derived(this.secondsLeft > 0 && this.current?.state === 'running');
  readonly #api: Api;
  readonly #session: Session;
  readonly #notices: Notices;
  readonly #onEnd: () => void;
  #timer: ReturnType<typeof setInterval> | undefined;
  #lookedAtMs = 0;
  #looksAfter = 0;
  /** Of `performance.now`. */
  #endsAtMs = 0;
  /** The lab whose end has been told. */
  #toldId: string | null = null;

  /** @param onEnd  One has ended here: what it has held back may be loaded anew. */
  constructor(api: Api, session: Session, notices: Notices, onEnd: () => void) {
    this.#api = api;
    this.#session = session;
    this.#notices = notices;
    this.#onEnd = onEnd;
  }

  /** From the stream. */
  apply(lab: LabView): void {
    const before = this.current;
    if (before && before.startedAt > lab.startedAt) return;
    if (before?.id === lab.id && before.state === 'ended' && lab.state === 'running') return;
    this.current = lab;
    if (lab.state === 'running') this.#run(lab, before?.id !== lab.id);
    else if (this.#timer) this.#over(lab);
  }

  /** @throws ApiError */
  async start(request: LabRequest): Promise<void> {
    this.apply(await this.#api.put<LabView>(this.#path, request));
  }

  /** @throws ApiError */
  async end(): Promise<void> {
    this.apply(await this.#api.delete<LabView>(this.#path));
  }

  /** @throws ApiError */
  async look(): Promise<void> {
    if (!this.#session.current) return;
    const { lab } = await this.#api.get<LabAnswer>(this.#path);
    if (lab) this.apply(lab);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  get #path(): string {
    return `/sessions/${this.#session.current?.id ?? ''}/lab`;
  }

  #run(lab: LabView, isNew: boolean): void {
    if (isNew || !this.#timer) {
      const lengthMs = Date.parse(lab.endsAt) - Date.parse(lab.startedAt);
      const leftMs = Date.parse(lab.endsAt) - Date.now();
      // A clock of this device that is far off is not asked.
      const isPlausible = leftMs > 0 && leftMs <= lengthMs;
      this.#endsAtMs = performance.now() + (isPlausible ? leftMs : lengthMs);
      this.#looksAfter = 0;
    }
    if (isNew) this.#notices.info(`Network lab on: ${titleOf(lab)}.`);
    this.#timer ??= setInterval(() => this.#tick(), 500);
    this.#tick();
  }

  #tick(): void {
    const nowMs = performance.now();
    const isOver = this.current?.state === 'ended';
    this.secondsLeft = isOver ? 0 : Math.max(0, Math.ceil((this.#endsAtMs - nowMs) / 1_000));
    if (nowMs - this.#lookedAtMs < LOOK_EVERY_MS) return;
    this.#lookedAtMs = nowMs;
    if (isOver) this.#looksAfter += 1;
    const isSettled = !this.current?.score.isBlind && this.#looksAfter > LOOKS_AFTER_MIN;
    if (isSettled || this.#looksAfter > LOOKS_AFTER_MAX) {
      this.stop();
      return;
    }
    this.look().catch(() => {
      // The line is what is being tried; the next look may get through.
    });
  }

  #over(lab: LabView): void {
    if (this.secondsLeft > 0) this.#onEnd();
    this.secondsLeft = 0;
    if (lab.score.isBlind || this.#toldId === lab.id) return;
    this.#toldId = lab.id;
    this.#notices.info(endNews(lab));
  }
}
