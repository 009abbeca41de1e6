/** I1 to I5, I8 and I9: what the stored log says of itself. The simulation's auditor judges. */
import type { Command } from '@sandpit/schemas/command.ts';
import { audit, type Law } from '../../../services/simulator/simulation/auditor.ts';
import type { Finding, SimulatorHistory, Stored } from './history.ts';

/** Of a client order: the trader's own id names the command. */
const ORDER_COMMAND = /^o-(.+)$/;

export function checkLog(history: SimulatorHistory): Finding[] {
  const { records } = history;
  const commands = witnessed(history);
  const found = audit({ commands, unauthorised: new Set(), records: [...records], told: [] });
  const executed = records.reduce((sum, { body }) => sum + body.commands.length, 0);
  const owners = records.filter(({ body }) => body.type === 'owner').length;
  const fills = records.reduce(
    (sum, { body }) => sum + body.events.filter(({ type }) => type === 'orderFilled').length,
    0,
  );
  const finding = (law: Law, checked: number, what: string): Finding => ({
    law: law as Finding['law'],
    checked,
    what,
    breaches: found.filter((breach) => breach.law === law).map(({ detail }) => detail),
  });
  return [
    finding('I1', commands.length, 'commands'),
    finding('I2', executed, 'causes'),
    finding('I3', records.length, 'records'),
    finding('I4', executed, 'commands'),
    finding('I5', owners, 'epochs'),
    finding('I8', records.length, 'balances'),
    finding('I9', fills, 'fills'),
  ];
}

/**
 * Every command that is known to have been asked for: read from the stream; or trimmed before it
 * could be read, but heard on its subject, or sent by a client of ours. A record that names any
 * other command is a phantom.
 */
export function witnessed({
  commands,
  heard,
  sent,
  records,
}: Pick<SimulatorHistory, 'commands' | 'heard' | 'sent' | 'records'>): Stored<Command>[] {
  const read = new Set(commands.map(({ sequence }) => sequence));
  const heardById = new Map(heard.map((command) => [command.commandId, command]));
  const trimmed: Stored<Command>[] = [];
  for (const { body } of records) {
    for (const { sequence, command } of body.commands) {
      if (read.has(sequence)) continue;
      const { commandId } = command;
      const other = heardById.get(commandId);
      const clientOrderId = ORDER_COMMAND.exec(commandId)?.[1];
      if (other) trimmed.push({ sequence, body: other });
      else if (clientOrderId && sent.has(clientOrderId)) trimmed.push({ sequence, body: command });
      read.add(sequence);
    }
  }
  return [...commands, ...trimmed];
}
