/**
 * States what can only be false through a defect of ours.
 *
 * @throws Error  The simulator that meets it stops and is rebuilt from its log.
 */
export function invariant(condition: boolean, law: string): asserts condition {
  if (!condition) throw new Error(`Broken invariant: ${law}.`);
}
