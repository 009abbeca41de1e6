/** What the command line may say. */
import { StartError } from '../servers/start-error.ts';

const PORT_BASE_DEFAULT = 3_000;
const PORT_BASE_MAX = 65_000;
/** The port plan has room for this many. */
export const WORKERS_MAX = 4;

export interface RunOptions {
  portBase: number;
  /** The base was asked for, so it is not ours to move. */
  portBaseIsFixed: boolean;
  workers: number;
  open: boolean;
  json: boolean;
  yes: boolean;
  follow: boolean;
}

/** @throws StartError naming the option that cannot be read. */
export function readOptions(values: Record<string, string | boolean | undefined>): RunOptions {
  return {
    portBase: wholeNumber(
      '--port-base',
      values['port-base'],
      PORT_BASE_DEFAULT,
      1_024,
      PORT_BASE_MAX,
    ),
    portBaseIsFixed: values['port-base'] !== undefined,
    workers: wholeNumber('--workers', values.workers, 1, 1, WORKERS_MAX),
    open: values['no-open'] !== true,
    json: values.json === true,
    yes: values.yes === true,
    follow: values.follow === true,
  };
}

function wholeNumber(
  name: string,
  value: string | boolean | undefined,
  fallback: number,
  min: number,
  max: number,
): number {
  if (value === undefined) return fallback;
  const number = Number(value);
  if (Number.isInteger(number) && number >= min && number <= max) return number;
  throw new StartError(
    `${name} ${value} is not a whole number from ${min} to ${max}.`,
    `For example: ${name} ${fallback}`,
  );
}
