/** Server-sent events as bytes, built once and shared by every stream that sends them. */
import type { StreamFrames } from '@sandpit/schemas/stream.ts';

export type FrameName = keyof StreamFrames;

/** @param id  Only for the lossless class: it moves the client's resume point. */
export function frame<Name extends FrameName>(
  event: Name,
  data: StreamFrames[Name],
  id?: string,
): Buffer {
  const idLine = id === undefined ? '' : `id: ${id}\n`;
  return Buffer.from(`event: ${event}\n${idLine}data: ${JSON.stringify(data)}\n\n`);
}

const END = Buffer.from('\n\n');

/** A frame whose JSON is there already, as bytes without a line break. */
export function rawFrame(event: FrameName, json: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`event: ${event}\ndata: `), json, END]);
}

/** Sent first: how long a client without a plan of its own should wait before it comes back. */
export const RETRY = Buffer.from('retry: 2000\n\n');
