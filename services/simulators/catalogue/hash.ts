/** What "the same scenario" means: the SHA-256 of its canonical JSON. */
import { createHash } from 'node:crypto';
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import { canonicalJson } from '../../platform/canonical.ts';

export { canonicalJson } from '../../platform/canonical.ts';

/** 64 hexadecimal digits; the order of keys in the object does not matter. */
export function scenarioHash(scenario: Scenario): string {
  return createHash('sha256').update(canonicalJson(scenario)).digest('hex');
}
