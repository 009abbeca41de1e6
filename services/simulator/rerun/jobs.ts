/** What is asked of the thread that runs sessions again. */
import type { SessionCertificate } from '@sandpit/schemas/certificate.ts';
import type { SessionReport, TrueCost, WhatIfRequest } from '@sandpit/schemas/report.ts';
import { certificateOfSession } from './certificate/certificate.ts';
import { type ReportSubject, reportOf } from './report/report.ts';
import { type SessionInput, type Trace, traceSession } from './trace.ts';
import { trueCost, WhatIfError } from './what-if.ts';

export interface Job {
  /** Names what is run: the same session to the same end has the same key. */
  key: string;
  input: SessionInput;
  subject: ReportSubject;
  ask: Ask;
}

export type Ask =
  | { type: 'report' }
  | { type: 'whatIf'; request: WhatIfRequest }
  | { type: 'certificate'; symbol: string };

export type JobResult =
  | { report: SessionReport }
  | { trueCost: TrueCost }
  | { certificate: SessionCertificate }
  | { wrong: { path: string; message: string } };

/** How often the session is run for it, at most. */
export const passesOf = ({ type }: Ask): number => (type === 'whatIf' ? 2 : 1);

/** Traces kept between jobs: a report is usually followed by questions about its orders. */
const TRACES_KEPT = 3;

export class JobRunner {
  readonly #traces = new Map<string, Trace>();

  run({ key, input, subject, ask }: Job, nowMs: () => number): JobResult {
    const startedMs = nowMs();
    if (ask.type === 'certificate') return certificateFor(ask.symbol, input, subject);
    const base = this.#trace(key, input);
    if (ask.type === 'report') return { report: reportOf(base, subject) };
    try {
      const cost = trueCost(input, base, ask.request, subject.opensAtMs);
      return { trueCost: { ...cost, tookMs: Math.round(nowMs() - startedMs) } };
    } catch (error) {
      if (!(error instanceof WhatIfError)) throw error;
      return { wrong: { path: error.path, message: error.message } };
    }
  }

  #trace(key: string, input: SessionInput): Trace {
    const known = this.#traces.get(key);
    const trace = known ?? traceSession(input);
    this.#traces.delete(key);
    this.#traces.set(key, trace);
    if (this.#traces.size > TRACES_KEPT) {
      this.#traces.delete(this.#traces.keys().next().value as string);
    }
    return trace;
  }
}

function certificateFor(
  symbol: string,
  input: SessionInput,
  { opensAtMs }: ReportSubject,
): JobResult {
  const symbols = input.scenario.instruments.map(({ instrument }) => instrument.symbol);
  const index = symbols.indexOf(symbol);
  if (index >= 0) return { certificate: certificateOfSession(input, index, opensAtMs) };
  const message = `is not traded here; it is one of ${symbols.join(', ')}`;
  return { wrong: { path: 'symbol', message } };
}
