/**
 * One block of bytes for a plain object and several blobs: "SPV1", the length of the text, the
 * number of blobs, their lengths, the text (JSON, UTF-8), the blobs, each padded to 8 bytes. All
 * numbers are 32 bits, little-endian like every machine the typed columns are read on.
 */

const MAGIC = 0x31_56_50_53;
const ALIGNMENT = 8;

export function pack(plain: unknown, blobs: readonly Uint8Array[]): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(plain));
  const headerLength = padded(4 * (3 + blobs.length));
  const length = blobs.reduce(
    (sum, blob) => sum + padded(blob.length),
    headerLength + padded(text.length),
  );
  const bytes = new Uint8Array(length);
  const header = new Int32Array(bytes.buffer, 0, 3 + blobs.length);
  header.set([MAGIC, text.length, blobs.length, ...blobs.map((blob) => blob.length)]);
  bytes.set(text, headerLength);
  let at = headerLength + padded(text.length);
  for (const blob of blobs) {
    bytes.set(blob, at);
    at += padded(blob.length);
  }
  return bytes;
}

/** @throws RangeError when the bytes were not packed by `pack`, or are cut short. */
export function unpack(packed: Uint8Array): { plain: unknown; blobs: Uint8Array[] } {
  // A copy at offset 0: a view into a larger buffer may not be aligned.
  const bytes = packed.slice();
  const whole = new Int32Array(bytes.buffer, 0, bytes.length >> 2);
  const [magic, textLength, blobCount] = whole;
  if (magic !== MAGIC || 3 + blobCount > whole.length) {
    throw new RangeError('These bytes are not a venue snapshot. Use an older one.');
  }
  let at = padded(4 * (3 + blobCount));
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) {
      throw new RangeError('This venue snapshot is cut short. Use an older one.');
    }
    const part = bytes.subarray(at, at + length);
    at += padded(length);
    return part;
  };
  const text = new TextDecoder().decode(take(textLength));
  const blobs = Array.from({ length: blobCount }, (_, i) => take(whole[3 + i]));
  return { plain: JSON.parse(text), blobs };
}

const padded = (length: number): number => Math.ceil(length / ALIGNMENT) * ALIGNMENT;
