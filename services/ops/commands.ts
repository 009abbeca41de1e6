/** The operator's commands, in the order of `help`. */
import type { ServiceBroker } from 'moleculer';
import { auditOf } from '../platform/audit.ts';
import { codeOf } from '../platform/errors.ts';
import { type Answer, nameOf, type OperatorCommand, OperatorError } from './command.ts';
import { audit } from './commands/audit.ts';
import { book } from './commands/book.ts';
import { clock } from './commands/clock.ts';
import { drain } from './commands/drain.ts';
import { halt, reopen } from './commands/halt.ts';
import { hibernate } from './commands/hibernate.ts';
import { kill } from './commands/kill.ts';
import { lab } from './commands/lab.ts';
import { order } from './commands/order.ts';
import { quota } from './commands/quota.ts';
import { restore } from './commands/restore.ts';
import { resume } from './commands/resume.ts';
import { simulators } from './commands/simulators.ts';
import { status } from './commands/status.ts';
import { trim } from './commands/trim.ts';
import { optionsOf, parseLine, usageOf } from './parse.ts';
import { renderError, renderJson, renderTable } from './render.ts';

export const COMMANDS: readonly OperatorCommand[] = [
  status,
  simulators,
  clock,
  book,
  order,
  halt,
  reopen,
  kill,
  lab,
  resume,
  restore,
  trim,
  hibernate,
  quota,
  drain,
  audit,
];

const LINE_MAX = 200;

/** Runs one line. Never throws: what goes wrong is the text, and `ok` is false. */
export async function runLine(
  broker: ServiceBroker,
  line: string,
): Promise<{ ok: boolean; text: string }> {
  try {
    const help = /^help(?:\s+(\S+))?$/.exec(line.trim());
    if (help) return { ok: true, text: helpText(help[1]) };
    const { command, given } = parseLine(line, COMMANDS);
    const answer = await audited(broker, line, () => command.run(broker, given));
    const render = given.options.json ? renderJson : renderTable;
    return { ok: true, text: render(answer) };
  } catch (error) {
    return { ok: false, text: renderError(error) };
  }
}

/** Looking is noted as well: what an operator sees is a trader's. */
async function audited(
  broker: ServiceBroker,
  line: string,
  run: () => Promise<Answer>,
): Promise<Answer> {
  const note = (outcome: string) =>
    auditOf(broker).note({
      area: 'ops',
      action: 'operatorCommand',
      actor: 'operator',
      outcome,
      detail: { line: line.trim().slice(0, LINE_MAX) },
    });
  let answer: Answer;
  try {
    answer = await run();
  } catch (error) {
    note(error instanceof OperatorError ? 'refused' : codeOf(error));
    throw error;
  }
  note('ok');
  return answer;
}

/** All commands, or one with its options. */
export function helpText(name?: string): string {
  const command = COMMANDS.find((each) => nameOf(each) === name);
  if (!command) {
    const width = Math.max(...COMMANDS.map(({ usage }) => usage.length));
    return COMMANDS.map((each) => `${each.usage.padEnd(width)}  ${each.description}`).join('\n');
  }
  const options = optionsOf(command).map(
    ({ flag, description }) => `  ${flag.padEnd(18)} ${description}`,
  );
  return [usageOf(command), command.description, ...options].join('\n');
}
