/**
 * HTTP/1.1 on connections that stay open, as a trading program holds them. `fetch` takes 0.2 ms more
 * for a small request than this does, which would be measured as the system's.
 */
import { Agent, type IncomingMessage, request } from 'node:http';

export interface HttpAnswer {
  status: number;
  text: string;
}

export interface HttpRequest {
  method: string;
  headers?: Record<string, string>;
  body?: string;
  timeoutMs: number;
}

const IDLE_CONNECTIONS_MAX = 64;
const agent = new Agent({ keepAlive: true, maxFreeSockets: IDLE_CONNECTIONS_MAX });

/** @throws Error when no complete answer came within `timeoutMs`, or the connection broke. */
export function ask(url: string, { method, headers, body, timeoutMs }: HttpRequest) {
  return new Promise<HttpAnswer>((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const asked = request(url, { agent, method, headers: { ...headers, ...length } }, (answer) => {
      read(answer).then((text) => {
        clearTimeout(timer);
        resolve({ status: answer.statusCode ?? 0, text });
      }, fail);
    });
    const fail = (error: Error) => {
      clearTimeout(timer);
      reject(error);
    };
    const timer = setTimeout(() => {
      asked.destroy(new Error(`${method} ${url}: no answer within ${timeoutMs} ms`));
    }, timeoutMs);
    asked.once('error', fail);
    asked.end(body);
  });
}

function read(answer: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    answer.on('data', (chunk: Buffer) => chunks.push(chunk));
    answer.once('end', () => resolve(Buffer.concat(chunks).toString()));
    answer.once('error', reject);
  });
}
