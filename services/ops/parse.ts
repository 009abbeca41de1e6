/** A typed line as a command and what it was given. */
import {
  type CommandOption,
  type Given,
  nameOf,
  type OperatorCommand,
  OperatorError,
} from './command.ts';

const JSON_OPTION: CommandOption = { flag: '--json', description: 'Answer as one line of JSON.' };

export const optionsOf = (command: OperatorCommand): CommandOption[] => [
  ...command.options,
  JSON_OPTION,
];

export interface Parsed {
  command: OperatorCommand;
  given: Given;
}

/** @throws OperatorError naming what is wrong and how it is called. */
export function parseLine(line: string, commands: readonly OperatorCommand[]): Parsed {
  const [name, ...words] = wordsOf(line);
  const command = commands.find((each) => nameOf(each) === name);
  if (!command) {
    const known = commands.map(nameOf).join(', ');
    throw new OperatorError(`"${name}" is no command here.`, `Known: ${known}, help, quit.`);
  }
  const options: Record<string, string | true> = {};
  const values: string[] = [];
  for (let i = 0; i < words.length; i++) {
    if (!words[i].startsWith('--')) values.push(words[i]);
    else i += takeOption(command, words, i, options);
  }
  return { command, given: { args: takeArgs(command, values), options } };
}

/** @returns how many more words it used. */
function takeOption(
  command: OperatorCommand,
  words: readonly string[],
  at: number,
  into: Record<string, string | true>,
): number {
  const [flag, inline] = words[at].split(/=(.*)/s);
  const option = optionsOf(command).find((each) => each.flag.split(' ')[0] === flag);
  if (!option) {
    throw new OperatorError(`${nameOf(command)} has no option ${flag}.`, usageOf(command));
  }
  const key = flag.slice(2);
  if (!option.flag.includes('<')) {
    into[key] = true;
    return 0;
  }
  const value = inline ?? words[at + 1];
  if (value === undefined || value === '' || value.startsWith('--')) {
    throw new OperatorError(`${flag} needs a value.`, usageOf(command));
  }
  into[key] = value;
  return inline === undefined ? 1 : 0;
}

function takeArgs(command: OperatorCommand, values: readonly string[]): Record<string, string> {
  const needed = [...command.usage.matchAll(/<(\w+)>/g)].map(([, name]) => name);
  const more = [...command.usage.matchAll(/\[(\w+)\]/g)].map(([, name]) => name);
  const names = [...needed, ...more];
  if (values.length < needed.length || values.length > names.length) {
    const what = values.length < needed.length ? 'too little' : 'too much';
    throw new OperatorError(`${nameOf(command)} was given ${what}.`, usageOf(command));
  }
  return Object.fromEntries(values.map((value, i) => [names[i], value]));
}

export const usageOf = (command: OperatorCommand): string =>
  `Usage: ${[command.usage, ...optionsOf(command).map(({ flag }) => `[${flag}]`)].join(' ')}`;

const wordsOf = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c);
