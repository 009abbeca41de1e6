/** Writes answers and problems; the only place that ends a response of the API. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Problem } from '@sandpit/schemas/problem.ts';
import type { Answer } from '../route.ts';
import { PROBLEM_CONTENT_TYPE, problemOf } from './problems.ts';

export function sendAnswer(res: ServerResponse, { status, body, headers }: Answer): void {
  const text = body === undefined ? undefined : JSON.stringify(body);
  res.writeHead(status, {
    'Cache-Control': 'no-store',
    ...(text !== undefined && {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': Buffer.byteLength(text),
    }),
    ...headers,
  });
  res.end(text);
}

/** @returns  What was sent, for the log. */
export function sendProblem(req: IncomingMessage, res: ServerResponse, error: unknown): Problem {
  const document = problemOf(error, String(req.headers['x-correlation-id']));
  // Half an answer cannot be taken back; the client must not take it for a whole one.
  if (res.headersSent) res.destroy();
  else writeProblem(req, res, document);
  return document;
}

function writeProblem(req: IncomingMessage, res: ServerResponse, document: Problem): void {
  const { status, code, retryAfterSeconds } = document;
  const body = JSON.stringify(document);
  res.writeHead(status, {
    'Content-Type': PROBLEM_CONTENT_TYPE,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    ...(retryAfterSeconds && { 'Retry-After': retryAfterSeconds }),
    ...(status === 401 && { 'WWW-Authenticate': 'Bearer' }),
    ...(status === 426 && { Upgrade: 'websocket', Connection: 'Upgrade' }),
    // What is left of an oversized body is not read.
    ...(code === 'payloadTooLarge' && { Connection: 'close' }),
  });
  res.end(req.method === 'HEAD' ? undefined : body);
}
