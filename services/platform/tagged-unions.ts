/**
 * TypeBox tries every shape of a union and tells of all of them. Where a `type` says which one was
 * meant, only that one's faults are worth telling.
 */
import type { TLocalizedValidationError } from 'typebox/error';
import type { FieldError } from './errors.ts';

type Finding = TLocalizedValidationError;

/** @returns the findings that are left, and what is wrong with a `type` that there is not. */
export function toldApart(found: readonly Finding[]): { left: Finding[]; unknown: FieldError[] } {
  const unknown: FieldError[] = [];
  let left = [...found];
  for (const union of found.filter(({ keyword }) => keyword === 'anyOf')) {
    const tagPath = `${union.instancePath}/type`;
    const tags = left.filter((each) => each.keyword === 'const' && each.instancePath === tagPath);
    const branchOf = branchesOf(union);
    if (tags.length === 0) {
      if (!left.some((each) => branchOf(each) !== null && lacksType(each, union))) continue;
      unknown.push({ path: tagPath, message: 'is missing' });
      left = left.filter((each) => each !== union && branchOf(each) === null);
      continue;
    }
    const others = new Set(tags.map(branchOf));
    const meant = left.some((each) => branchOf(each) !== null && !others.has(branchOf(each)));
    if (!meant) unknown.push({ path: tagPath, message: `takes ${valuesOf(tags)}` });
    left = left.filter((each) => {
      const branch = branchOf(each);
      return branch === null ? each !== union : !others.has(branch);
    });
  }
  return { left, unknown };
}

/** Which of the union's shapes a finding is about; null: none. */
function branchesOf({ schemaPath, instancePath }: Finding): (finding: Finding) => string | null {
  const prefix = `${schemaPath}/anyOf/`;
  return (finding) => {
    const { schemaPath: path, instancePath: at } = finding;
    if (!path.startsWith(prefix)) return null;
    if (at !== instancePath && !at.startsWith(`${instancePath}/`)) return null;
    return path.slice(prefix.length).split('/')[0] ?? null;
  };
}

const lacksType = (finding: Finding, { instancePath }: Finding): boolean =>
  finding.keyword === 'required' &&
  finding.instancePath === instancePath &&
  finding.params.requiredProperties.includes('type');

const valuesOf = (tags: readonly Finding[]): string =>
  tags.map(({ params }) => String((params as { allowedValue: unknown }).allowedValue)).join(', ');
