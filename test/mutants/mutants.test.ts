import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { MUTANTS } from './mutants.ts';

const ENGINE = new URL('../../services/simulator/engine/', import.meta.url);

test.each(MUTANTS)('the place of a deliberate bug is found once: $name', ({ file, find }) => {
  expect(readFileSync(new URL(file, ENGINE), 'utf8').split(find)).toHaveLength(2);
});
