/**
 * Reads a capsule as it comes, a line at a time: memory is bounded by its longest line, whatever
 * follows. Everything is checked before it is handed on, except what only the end can tell.
 */
import { createHash } from 'node:crypto';
import {
  CAPSULE_FORMAT,
  CAPSULE_VERSION,
  CapsuleEnd,
  CapsuleHeader,
  CapsuleStep,
  MAX_CAPSULE_BYTES,
} from '@sandpit/schemas/capsule.ts';
import { NS_PER_SECOND } from '@sandpit/schemas/units.ts';
import { Compile } from 'typebox/compile';
import { fieldErrors } from '../field-errors.ts';

const MAX_STEP_BYTES = 4 * 1024 * 1024;
const MAX_HEADER_BYTES = 64 * 1024 * 1024;
const SHOWN_FAULTS = 5;

const headerCheck = Compile(CapsuleHeader);
const stepCheck = Compile(CapsuleStep);
const endCheck = Compile(CapsuleEnd);

/** The file is no usable capsule; the message names the line and what to do. */
export class CapsuleError extends Error {
  override readonly name = 'CapsuleError';
}

export interface CapsuleReader {
  readonly header: CapsuleHeader;
  /** Ends with the end of the file, after which `end` is known. Once. */
  steps(): AsyncGenerator<CapsuleStep>;
  readonly end: CapsuleEnd | null;
}

/** @throws CapsuleError */
export async function openCapsule(chunks: AsyncIterable<Uint8Array>): Promise<CapsuleReader> {
  const lines = linesOf(chunks);
  const first = await lines.next();
  if (first.done) throw new CapsuleError('The file is empty.');
  const header = headerOf(first.value);
  const hash = createHash('sha256').update(first.value);
  let end: CapsuleEnd | null = null;
  async function* steps(): AsyncGenerator<CapsuleStep> {
    let before: CapsuleStep | null = null;
    let count = 0;
    for await (const line of lines) {
      const at = `Line ${count + 2}`;
      if (end) throw new CapsuleError(`${at}: the file goes on after its end.`);
      const value = parsed(line, at);
      if (isEnd(value)) {
        end = checkedEnd(value, at, count, before, hash.copy().digest('hex'));
        continue;
      }
      const step = checked<CapsuleStep>(stepCheck, value, at);
      checkOrder(before, step, at);
      hash.update(line);
      before = step;
      count += 1;
      yield step;
    }
    if (!end) {
      throw new CapsuleError(`The file is cut off after line ${count + 1}. Export it once more.`);
    }
  }
  return {
    header,
    steps,
    get end() {
      return end;
    },
  };
}

function headerOf(line: Uint8Array): CapsuleHeader {
  const value = parsed(line, 'Line 1') as Partial<CapsuleHeader>;
  if (value?.format !== CAPSULE_FORMAT) {
    throw new CapsuleError('Line 1: this is no capsule. They come from GET …/capsule.');
  }
  if (value.version !== CAPSULE_VERSION) {
    throw new CapsuleError(
      `Line 1: it is of version ${JSON.stringify(value.version)}; this program reads version ${CAPSULE_VERSION}.`,
    );
  }
  return checked<CapsuleHeader>(headerCheck, value, 'Line 1');
}

const isEnd = (value: unknown): boolean => (value as { end?: unknown } | null)?.end !== undefined;

function checkedEnd(
  value: unknown,
  at: string,
  count: number,
  last: CapsuleStep | null,
  sha256: string,
): CapsuleEnd {
  const end = checked<CapsuleEnd>(endCheck, value, at);
  if (end.steps !== count) {
    throw new CapsuleError(`${at}: it counts ${end.steps} steps, but there are ${count}.`);
  }
  if (end.sha256 !== sha256) {
    throw new CapsuleError(`${at}: something before it was changed: the SHA-256 is another one.`);
  }
  if (last && end.simNs < last.simNs) {
    throw new CapsuleError(`${at}: it ends at ${seconds(end.simNs)} s, before its last step.`);
  }
  return end;
}

function checkOrder(before: CapsuleStep | null, step: CapsuleStep, at: string): void {
  if (!before) {
    const [first] = step.commands;
    if (first?.body.type === 'start') return;
    throw new CapsuleError(`${at}: the first step does not start the simulator.`);
  }
  if (step.n <= before.n) {
    throw new CapsuleError(`${at}: step ${step.n} comes after step ${before.n}.`);
  }
  if (step.simNs < before.simNs) {
    throw new CapsuleError(
      `${at}: simulated time goes back, from ${seconds(before.simNs)} s to ${seconds(step.simNs)} s.`,
    );
  }
}

const seconds = (ns: number) => (ns / NS_PER_SECOND).toFixed(3);

function parsed(line: Uint8Array, at: string): unknown {
  try {
    return JSON.parse(Buffer.from(line).toString('utf8'));
  } catch {
    // Also NaN and Infinity, which JSON has no words for.
    throw new CapsuleError(`${at}: it is not JSON.`);
  }
}

interface Check {
  Check(value: unknown): boolean;
  Errors(value: unknown): Parameters<typeof fieldErrors>[0];
}

function checked<Shape>(check: Check, value: unknown, at: string): Shape {
  if (check.Check(value)) return value as Shape;
  const faults = fieldErrors(check.Errors(value)).slice(0, SHOWN_FAULTS);
  const words = faults.map(({ path, message }) => `${path || 'the line'} ${message}`);
  throw new CapsuleError(`${at}: ${words.join('; ')}.`);
}

async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let length = 0;
  let bytes = 0;
  let count = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > MAX_CAPSULE_BYTES) throw tooLarge();
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      parts.push(chunk.subarray(from, at + 1));
      count += 1;
      yield Buffer.concat(parts);
      parts = [];
      length = 0;
      from = at + 1;
    }
    parts.push(chunk.subarray(from));
    length += chunk.length - from;
    const most = count === 0 ? MAX_HEADER_BYTES : MAX_STEP_BYTES;
    if (length > most) {
      throw new CapsuleError(
        `Line ${count + 1}: it is longer than ${most} bytes. This is no capsule.`,
      );
    }
  }
  if (length > 0) {
    throw new CapsuleError(`The file is cut off in line ${count + 1}. Export it once more.`);
  }
}

export const tooLarge = () =>
  new CapsuleError(
    `The file is larger than ${MAX_CAPSULE_BYTES / 2 ** 20} MiB. This is no capsule.`,
  );
