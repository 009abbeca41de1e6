/** Opens recordings whatever they are called: what a file is, its content says. */
import { createReadStream } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { isBinanceLine } from './formats/binance.ts';
import type { LeanFile } from './formats/lean.ts';
import { leanKindOf } from './formats/lean-rows.ts';
import { ImportError } from './import-error.ts';
import { unzip } from './zip.ts';

/** Larger files are split first: a zip is unpacked in memory. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;
const MAX_UNPACKED_BYTES = 400 * 1024 * 1024;
const SNIFFED_LINES = 20;
/** Nothing of a line longer than this is a message of an exchange. */
const MAX_LINE_BYTES = 4 * 1024 * 1024;

export const KNOWN_FORMATS = [
  'LEAN US equity ticks: YYYYMMDD_trade.zip with YYYYMMDD_quote.zip, each with one CSV',
  'Binance spot stream as recorded for hftbacktest: one "<ns> <JSON>" per line, plain or gzip',
];

export type RecordingFile =
  | { format: 'lean'; lean: LeanFile }
  | { format: 'binance'; file: string; lines: () => AsyncIterable<string> };

/** @throws ImportError when it cannot be read or is of no known format. */
export async function readRecordingFile(path: string): Promise<RecordingFile[]> {
  const file = basename(path);
  const start = await firstBytes(path);
  if (start[0] === 0x50 && start[1] === 0x4b) return leanFilesOf(path, file);
  const isGzip = start[0] === 0x1f && start[1] === 0x8b;
  const lines = () => linesOf(path, file, isGzip);
  if (await someLine(lines(), isBinanceLine)) return [{ format: 'binance', file, lines }];
  throw unknownFormat(file);
}

function unknownFormat(file: string): ImportError {
  return new ImportError(
    `${file}: its content is of no known format. Known are:\n` +
      KNOWN_FORMATS.map((format) => `  - ${format}`).join('\n'),
  );
}

async function firstBytes(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES) throw new ImportError(`${path}: larger than 256 MiB; split it.`);
    const handle = await open(path);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    await handle.close();
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    if (error instanceof ImportError) throw error;
    throw new ImportError(`${path} cannot be read: ${(error as Error).message}`, error);
  }
}

/** The CSV entries of a zip. Date and symbol stand nowhere but in an entry's name. */
async function leanFilesOf(path: string, file: string): Promise<RecordingFile[]> {
  const files: RecordingFile[] = [];
  for (const { name, bytes } of unzip(await readFile(path), file, MAX_UNPACKED_BYTES)) {
    const text = bytes.toString('latin1');
    const kind = leanKindOf(firstLines(text));
    if (!kind) continue;
    const match = /^(?:.*\/)?(\d{8})_([A-Za-z0-9.-]+)_/.exec(name);
    if (!match) {
      throw new ImportError(
        `${file}: the entry "${name}" should be called like 20131007_ibm_Trade_Tick.csv; ` +
          'date and symbol are not in its rows.',
      );
    }
    const [, date, symbol] = match;
    const lean = { file, kind, symbol: symbol!.toLowerCase(), date: date!, text };
    files.push({ format: 'lean', lean });
  }
  if (files.length === 0) throw unknownFormat(file);
  return files;
}

function firstLines(text: string): string[] {
  const end = text.length > 4_000 ? text.lastIndexOf('\n', 4_000) : text.length;
  return text
    .slice(0, end)
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .slice(0, SNIFFED_LINES);
}

async function someLine(
  lines: AsyncIterable<string>,
  is: (line: string) => boolean,
): Promise<boolean> {
  let seen = 0;
  for await (const line of lines) {
    if (is(line)) return true;
    if (++seen >= SNIFFED_LINES) return false;
  }
  return false;
}

/** Lines of a text file, unpacked on the way. @throws ImportError when it is damaged. */
async function* linesOf(path: string, file: string, isGzip: boolean): AsyncGenerator<string> {
  const raw = createReadStream(path);
  const input: Readable = isGzip ? raw.pipe(createGunzip()) : raw;
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  let broken: Error | null = null;
  const onError = (error: Error) => {
    broken = error;
    lines.close();
  };
  raw.on('error', onError);
  input.on('error', onError);
  try {
    for await (const line of lines) {
      if (line.length > MAX_LINE_BYTES) throw new Error('a line is far too long');
      yield line;
    }
    if (broken) throw broken;
  } catch (error) {
    throw new ImportError(`${file} cannot be read to its end: ${(error as Error).message}.`, error);
  } finally {
    lines.close();
    raw.destroy();
  }
}
