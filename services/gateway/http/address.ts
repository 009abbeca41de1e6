/** Where a request comes from, for limits and logs. */
import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';

/**
 * The right-most hop that is not one of our own proxies. What stands further left was written by
 * the client and may be anything.
 *
 * @param trustedHops  Proxies in front of us, each of which appends to X-Forwarded-For; 0 = none.
 */
export function clientAddress(
  req: Pick<IncomingMessage, 'headers' | 'socket'>,
  trustedHops: number,
): string {
  const socketAddress = req.socket.remoteAddress ?? 'unknown';
  if (trustedHops === 0) return socketAddress;
  const hops = String(req.headers['x-forwarded-for'] ?? '')
    .split(',')
    .map((hop) => hop.trim())
    .filter(Boolean);
  return hops.at(-trustedHops) ?? socketAddress;
}

/** One customer usually holds a whole IPv6 /64, so that is what is counted. */
export function networkOf(address: string): string {
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address;
  const [head, tail] = address.split('::');
  const left = head.split(':').filter(Boolean);
  const right = (tail ?? '').split(':').filter(Boolean);
  const gap = address.includes('::') ? Array(8 - left.length - right.length).fill('0') : [];
  return [...left, ...gap, ...right].slice(0, 4).join(':');
}
