import { expect, test } from 'vitest';
import { FIRST_HASH, faultOf, hashOf, type Link } from './chain.ts';

const at = new Date('2026-01-05T14:30:00.000Z');

function chainOf(count: number): Link[] {
  const links: Link[] = [];
  let previousHash = FIRST_HASH;
  for (let n = 1; n <= count; n++) {
    const fields = { id: `e${n}`, at: at.toISOString(), accountId: 'ada', action: 'loggedIn' };
    const entry = JSON.stringify(fields);
    const hash = hashOf(n, entry, previousHash);
    links.push({ n, id: `e${n}`, at, accountId: 'ada', entry, previousHash, hash });
    previousHash = hash;
  }
  return links;
}

function firstFault(links: readonly Link[]): string | null {
  let previous = { n: 0, hash: FIRST_HASH };
  for (const link of links) {
    const fault = faultOf(link, previous);
    if (fault) return fault;
    previous = link;
  }
  return null;
}

test('a chain that nobody has touched is whole', () => {
  expect(firstFault(chainOf(5))).toBeNull();
});

test.each`
  tampering                      | with                                                                          | fault
  ${'an entry changed'}          | ${(l: Link[]) => change(l, { entry: l[2]!.entry.replace('In', 'Out') })}      | ${'entry 3 was changed'}
  ${'an entry deleted'}          | ${(l: Link[]) => void l.splice(2, 1)}                                         | ${'entry 3 is missing'}
  ${'two entries swapped'}       | ${(l: Link[]) => void l.splice(1, 2, { ...l[2]!, n: 2 }, { ...l[1]!, n: 3 })} | ${'entry 2 does not follow the one before'}
  ${'deleted and numbered anew'} | ${(l: Link[]) => void l.splice(2, 3, { ...l[3]!, n: 3 }, { ...l[4]!, n: 4 })} | ${'entry 3 does not follow the one before'}
  ${'a changed one hashed anew'} | ${(l: Link[]) => change(l, rehashed(l[2]!))}                                  | ${'entry 4 does not follow the one before'}
  ${'moved to another account'}  | ${(l: Link[]) => change(l, { accountId: 'bob' })}                             | ${'the columns of entry 3 were changed'}
  ${'dated otherwise'}           | ${(l: Link[]) => change(l, { at: new Date(0) })}                              | ${'the columns of entry 3 were changed'}
`('$tampering is found: $fault', ({ with: tamper, fault }) => {
  const links = chainOf(5);
  tamper(links);
  expect(firstFault(links)).toBe(fault);
});

const change = (links: Link[], fields: Partial<Link>) => void Object.assign(links[2]!, fields);

function rehashed({ n, entry, previousHash }: Link): Partial<Link> {
  const changed = entry.replace('loggedIn', 'loggedOut');
  return { entry: changed, hash: hashOf(n, changed, previousHash) };
}
