/** What `/readyz` of the running house says, for people. */
import { setTimeout as sleep } from 'node:timers/promises';

const ANSWER_TIMEOUT_MS = 3_000;
const ASK_AGAIN_AFTER_MS = 100;

interface Check {
  ok: boolean;
  detail: string;
}

export interface Health {
  /** Requests are served; what `detail` names may be missing all the same. */
  ready: boolean;
  /** Every check that fails, with its reason; empty when all is well. */
  detail: string;
}

export async function readiness(webPort: number): Promise<Health> {
  try {
    const answer = await fetch(`http://127.0.0.1:${webPort}/readyz`, {
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    const { checks } = (await answer.json()) as { checks?: Record<string, Check> };
    const failing = Object.entries(checks ?? {}).filter(([, { ok }]) => !ok);
    const detail = failing.map(([name, check]) => `${name}: ${check.detail}`).join('; ');
    return { ready: answer.ok, detail };
  } catch {
    return { ready: false, detail: 'the web port does not answer' };
  }
}

/**
 * Waits until every check passes: each process being up does not mean that they have heard of each
 * other.
 *
 * @returns what still failed after `withinMs`; empty when nothing did.
 */
export async function waitUntilWell(webPort: number, withinMs: number): Promise<string> {
  const untilMs = performance.now() + withinMs;
  for (;;) {
    const { ready, detail } = await readiness(webPort);
    if (ready && detail === '') return '';
    if (performance.now() >= untilMs) return detail;
    await sleep(ASK_AGAIN_AFTER_MS);
  }
}
