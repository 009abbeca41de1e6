/**
 * The entries of a zip archive, unpacked in memory within a limit. Reads what LEAN's archives hold:
 * stored or deflated entries, sizes in 32 bits or in the zip64 extra field; no encryption, no parts.
 *
 * Source: PKWARE, APPNOTE.TXT 6.3.10, §4.3 (structure) and §4.5.3 (zip64).
 */
import { crc32, inflateRawSync } from 'node:zlib';
import { ImportError } from './import-error.ts';

const END_SIGNATURE = 0x06054b50;
const ENTRY_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
const END_BYTES = 22;
const MAX_COMMENT_BYTES = 65_535;
const ZIP64_EXTRA = 1;
const IN_ZIP64 = 0xffff_ffff;
const STORED = 0;
const DEFLATED = 8;
const MAX_ENTRIES = 1_000;

export interface ZipEntry {
  name: string;
  bytes: Buffer;
}

/**
 * @param maxBytes  Of all entries together, unpacked.
 * @throws ImportError when the archive is damaged, too large or of a kind not known here.
 */
export function unzip(archive: Buffer, file: string, maxBytes: number): ZipEntry[] {
  try {
    const entries: ZipEntry[] = [];
    let left = maxBytes;
    for (const header of headersOf(archive)) {
      if (header.name.endsWith('/')) continue;
      if (header.unpackedBytes > left) throw new Error(`more than ${maxBytes} bytes unpacked`);
      const bytes = unpack(archive, header);
      left -= bytes.length;
      entries.push({ name: header.name, bytes });
    }
    return entries;
  } catch (error) {
    throw new ImportError(`${file}: the zip cannot be used: ${(error as Error).message}.`, error);
  }
}

interface Header {
  name: string;
  isEncrypted: boolean;
  method: number;
  crc: number;
  packedBytes: number;
  unpackedBytes: number;
  localOffset: number;
}

/** The central directory. */
function headersOf(archive: Buffer): Header[] {
  const end = endOf(archive);
  const count = archive.readUInt16LE(end + 10);
  if (count > MAX_ENTRIES) throw new Error(`more than ${MAX_ENTRIES} entries`);
  const headers: Header[] = [];
  let at = archive.readUInt32LE(end + 16);
  for (let i = 0; i < count; i++) {
    if (archive.readUInt32LE(at) !== ENTRY_SIGNATURE) throw new Error('its directory is damaged');
    const nameBytes = archive.readUInt16LE(at + 28);
    const extraBytes = archive.readUInt16LE(at + 30);
    const extraAt = at + 46 + nameBytes;
    headers.push(headerAt(archive, at, extraAt, extraBytes));
    at = extraAt + extraBytes + archive.readUInt16LE(at + 32);
  }
  return headers;
}

function headerAt(archive: Buffer, at: number, extraAt: number, extraBytes: number): Header {
  // Zip64 holds only those numbers that do not fit, in this order.
  const wide = zip64Numbers(archive.subarray(extraAt, extraAt + extraBytes));
  const number = (offset: number) => {
    const value = archive.readUInt32LE(at + offset);
    return value === IN_ZIP64 ? (wide.shift() ?? value) : value;
  };
  const unpackedBytes = number(24);
  const packedBytes = number(20);
  return {
    name: archive.toString('utf8', at + 46, extraAt),
    isEncrypted: (archive.readUInt16LE(at + 8) & 1) === 1,
    method: archive.readUInt16LE(at + 10),
    crc: archive.readUInt32LE(at + 16),
    packedBytes,
    unpackedBytes,
    localOffset: number(42),
  };
}

function zip64Numbers(extra: Buffer): number[] {
  for (let at = 0; at + 4 <= extra.length; ) {
    const size = extra.readUInt16LE(at + 2);
    if (extra.readUInt16LE(at) === ZIP64_EXTRA) {
      const numbers: number[] = [];
      for (let n = at + 4; n + 8 <= at + 4 + size; n += 8) {
        numbers.push(Number(extra.readBigUInt64LE(n)));
      }
      return numbers;
    }
    at += 4 + size;
  }
  return [];
}

function endOf(archive: Buffer): number {
  const first = Math.max(0, archive.length - END_BYTES - MAX_COMMENT_BYTES);
  for (let at = archive.length - END_BYTES; at >= first; at--) {
    if (archive.readUInt32LE(at) === END_SIGNATURE) return at;
  }
  throw new Error('it has no end of directory; it may be cut short');
}

function unpack(archive: Buffer, header: Header): Buffer {
  const { name, method, packedBytes, unpackedBytes, localOffset } = header;
  if (header.isEncrypted) throw new Error(`"${name}" is encrypted`);
  if (archive.readUInt32LE(localOffset) !== LOCAL_SIGNATURE)
    throw new Error(`"${name}" is damaged`);
  const start =
    localOffset +
    30 +
    archive.readUInt16LE(localOffset + 26) +
    archive.readUInt16LE(localOffset + 28);
  const packed = archive.subarray(start, start + packedBytes);
  if (method !== STORED && method !== DEFLATED) throw new Error(`"${name}" is packed unusually`);
  const bytes =
    method === STORED
      ? packed
      : inflateRawSync(packed, { maxOutputLength: Math.max(1, unpackedBytes) });
  if (bytes.length !== unpackedBytes || crc32(bytes) !== header.crc) {
    throw new Error(`"${name}" is damaged`);
  }
  return bytes;
}
