/**
 * Pino under Moleculer: one JSON line per fact, a constant message, units in the field names, no
 * secrets. Write `logger.info({ orderId, decideMs }, 'decided')`.
 */
import { Loggers } from 'moleculer';
import pino, { type LoggerOptions } from 'pino';
import type { Config } from './config.ts';

/** Names of fields that are never written, wherever they stand in the first three levels. */
const SECRETS = [
  'token',
  'accessToken',
  'refreshToken',
  'password',
  'creds',
  'seed',
  'authorization',
  'Authorization',
  'cookie',
  'Cookie',
  'Sandpit-Authorization',
];
const REDACTED = SECRETS.flatMap((name) =>
  ['', '*.', '*.*.'].map((prefix) => (prefix ? `${prefix}["${name}"]` : `["${name}"]`)),
).map((path) => path.replace('.[', '['));

export function pinoOptions({ role, log }: Config): LoggerOptions {
  return {
    level: log.level,
    base: { role },
    messageKey: 'message',
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: pino.stdSerializers.errWithCause },
    redact: { paths: REDACTED, censor: '[redacted]' },
    hooks: {
      logMethod(args, method) {
        method.apply(this, fieldsFirst(args as unknown[]) as Parameters<typeof method>);
      },
    },
  };
}

/**
 * Moleculer logs `(message, data)`; Pino wants the fields first and drops the rest, which would lose
 * the cause of a fatal error.
 */
export function fieldsFirst(args: unknown[]): unknown[] {
  const [first, second] = args;
  if (typeof first === 'string' && second instanceof Error) return [{ err: second }, first];
  if (typeof first === 'string' && typeof second === 'object' && second !== null) {
    return [second, first];
  }
  if (first instanceof Error) return [{ err: first }, first.message];
  return args;
}

export function moleculerLogger(config: Config) {
  const destination = config.log.file
    ? pino.destination({ dest: config.log.file, mkdir: true, sync: false, minLength: 0 })
    : pino.destination({ fd: 1, sync: false });
  return new Loggers.Pino({
    level: config.log.level as 'info',
    pino: { options: pinoOptions(config), destination },
  });
}
