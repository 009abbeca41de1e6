/** Reads a JSON body: bounded in size, of the right type, and an object. */
import type { IncomingMessage } from 'node:http';
import { problem } from '../../platform/errors.ts';

export const BODY_BYTES_MAX = 16 * 1024;

/**
 * The body as a value; undefined when the request has none.
 *
 * @throws problem `unsupportedMediaType`, `payloadTooLarge` or `malformedJson`.
 */
export async function readJson(req: IncomingMessage): Promise<unknown> {
  const length = req.headers['content-length'];
  if (length === undefined ? !req.headers['transfer-encoding'] : length === '0') return undefined;
  if (!isJson(req.headers['content-type'])) throw problem('unsupportedMediaType');
  if (req.headers['content-encoding']) {
    throw problem('unsupportedMediaType', { detail: 'Send the body without Content-Encoding.' });
  }
  if (Number(length) > BODY_BYTES_MAX) throw problem('payloadTooLarge');
  return parse(await bytesOf(req, Number(length)));
}

/** By its events: an iterator over the request takes several times as long for a small body. */
function bytesOf(req: IncomingMessage, length: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    req.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > BODY_BYTES_MAX) {
        req.pause();
        return reject(problem('payloadTooLarge'));
      }
      chunks.push(chunk);
      // Nothing follows the length that was announced: the parser sees to it.
      if (bytes === length) resolve(Buffer.concat(chunks));
    });
    req.once('end', () => resolve(Buffer.concat(chunks)));
    req.once('error', reject);
  });
}

/** A form, or `text/plain`, is what another site's page can send without asking. */
function isJson(contentType: string | undefined): boolean {
  return /^application\/json\s*(;|$)/i.test(contentType ?? '');
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch (error) {
    throw problem('malformedJson', { cause: error });
  }
}
