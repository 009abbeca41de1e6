/**
 * The judge of a run: reads what was stored and what clients recorded, and says for each invariant
 * what it looked at and what is broken. Knows the laws by name and nothing of how anything came about.
 */
import { checkArchive } from './archive-law.ts';
import { checkFanOut } from './fan-out-law.ts';
import { checkGuards } from './guard-law.ts';
import { type Finding, LAWS, type LawId, type SimulatorHistory } from './history.ts';
import { checkLog } from './log-laws.ts';
import { checkReplay } from './replay-law.ts';
import { checkReplies } from './reply-law.ts';
import { checkViews } from './view-law.ts';

export interface Verdict extends Finding {
  title: string;
}

/** One verdict for each invariant, in order, over all simulators. */
export function check(histories: readonly SimulatorHistory[]): Verdict[] {
  const findings = histories.flatMap((history) =>
    findingsOf(history).map((finding) => ({
      ...finding,
      breaches: finding.breaches.map((each) => `${history.address.simulatorId}: ${each}`),
    })),
  );
  return (Object.keys(LAWS) as LawId[]).map((law) => {
    const own = findings.filter((finding) => finding.law === law);
    return {
      law,
      title: LAWS[law],
      checked: own.reduce((sum, { checked }) => sum + checked, 0),
      what: own[0]?.what ?? '',
      breaches: own.flatMap(({ breaches }) => breaches),
    };
  });
}

const findingsOf = (history: SimulatorHistory): Finding[] => [
  ...checkLog(history),
  checkReplies(history),
  checkReplay(history),
  checkViews(history),
  checkArchive(history),
  checkFanOut(history),
  checkGuards(history),
];

export const breachesOf = (verdicts: readonly Verdict[]): string[] =>
  verdicts.flatMap(({ law, breaches }) => breaches.map((each) => `${law} ${each}`));
