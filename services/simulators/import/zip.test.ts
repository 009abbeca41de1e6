import { type Zippable, zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { ImportError } from './import-error.ts';
import { unzip } from './zip.ts';

const MANY = 1_000_000;
const text = 'a line of text\n'.repeat(200);
/** Archives made by another implementation. */
const archive = (entries: Zippable) => Buffer.from(zipSync(entries));
const bytes = (of: string) => new TextEncoder().encode(of);

describe('unzip', () => {
  test('deflated and stored entries, folders left out', () => {
    const made = archive({
      folder: { 'a.csv': bytes(text) },
      'b.csv': [bytes('as it is'), { level: 0 }],
      'empty.csv': bytes(''),
    });
    const entries = unzip(made, 'x.zip', MANY).map((e) => [e.name, e.bytes.toString()]);
    expect(entries).toEqual([
      ['folder/a.csv', text],
      ['b.csv', 'as it is'],
      ['empty.csv', ''],
    ]);
  });

  test('an archive with a comment at its end', () => {
    const made = zipSync({ 'a.csv': bytes(text) }, { comment: 'made by hand' } as never);
    expect(unzip(Buffer.from(made), 'x.zip', MANY)).toHaveLength(1);
  });

  test.each<[string, (made: Buffer) => Buffer, RegExp]>([
    ['cut short', (made) => made.subarray(0, made.length - 30), /x\.zip: .*cut short/],
    ['one flipped bit in the data', (made) => flipped(made, 60), /x\.zip: the zip cannot be used/],
    ['a damaged checksum', (made) => flipped(made, made.indexOf('PK\x01\x02') + 17), /damaged/],
    ['encrypted', (made) => flipped(made, made.indexOf('PK\x01\x02') + 8), /is encrypted/],
    ['no zip at all', () => Buffer.from('PK, but nothing else of a zip'), /cut short/],
  ])('%s is an error with the name of the file', (_name, damage, message) => {
    const damaged = damage(archive({ 'a.csv': bytes(text) }));
    expect(() => unzip(damaged, 'x.zip', MANY)).toThrow(message);
    expect(() => unzip(damaged, 'x.zip', MANY)).toThrow(ImportError);
  });

  test('an archive that claims less than it holds is not believed', () => {
    const made = archive({ 'bomb.csv': bytes('0'.repeat(100_000)) });
    made.writeUInt32LE(10, made.indexOf('PK\x01\x02') + 24);
    expect(() => unzip(made, 'x.zip', MANY)).toThrow(ImportError);
    expect(() => unzip(archive({ 'a.csv': bytes(text) }), 'x.zip', 100)).toThrow(/more than 100/);
  });
});

function flipped(made: Buffer, at: number): Buffer {
  const copy = Buffer.from(made);
  copy[at]! ^= 1;
  return copy;
}
