/** TypeBox's findings as field errors a person can act on. */
import type { TLocalizedValidationError } from 'typebox/error';
import { Settings } from 'typebox/system';
import type { FieldError } from './errors.ts';
import { toldApart } from './tagged-unions.ts';

type Finding = TLocalizedValidationError;
const ERRORS_MAX = 20;
/** A value in one of many shapes has as many findings before it is clear which one was meant. */
Settings.Set({ maxErrors: 100 });

/**
 * One entry per field, in the order found. A field that fits none of several alternatives is named
 * once, with the values it takes, not once per alternative.
 *
 * @param all  What `Validator.Errors` gave; `path` of the answer is dotted: `items.0.quantity`.
 */
export function fieldErrors(all: readonly Finding[]): FieldError[] {
  const { left: found, unknown } = toldApart(all);
  const unions = found.filter(({ keyword }) => keyword === 'anyOf').map((e) => e.instancePath);
  const byPath = new Map<string, FieldError>();
  for (const { path, message } of unknown) byPath.set(path, { path: dotted(path), message });
  for (const finding of found) {
    const inUnion = unions.some((u) => u !== '' && finding.instancePath.startsWith(u));
    if (inUnion && finding.keyword !== 'anyOf') continue;
    for (const { path, message } of fieldsOf(finding, found)) {
      if (!byPath.has(path)) byPath.set(path, { path: dotted(path), message });
    }
  }
  return [...byPath.values()].slice(0, ERRORS_MAX);
}

function fieldsOf(finding: Finding, found: readonly Finding[]): FieldError[] {
  const { instancePath: path, keyword, message } = finding;
  switch (keyword) {
    case 'required':
      return finding.params.requiredProperties.map((name) => ({
        path: `${path}/${name}`,
        message: 'is missing',
      }));
    case 'additionalProperties':
      return finding.params.additionalProperties.map((name) => ({
        path: `${path}/${name.slice(0, 40)}`,
        message: 'is not known here; leave it out',
      }));
    // It only repeats what `additionalProperties` says.
    case 'boolean':
      return [];
    case 'anyOf':
      return [{ path, message: alternatives(path, found) }];
    case 'pattern':
      return [{ path, message: 'is not in the form it must have' }];
    default:
      return [{ path, message }];
  }
}

function alternatives(path: string, found: readonly Finding[]): string {
  const values = found.flatMap((each) =>
    each.keyword === 'const' && each.instancePath === path
      ? [String(each.params.allowedValue)]
      : [],
  );
  return values.length > 0 ? `takes ${values.join(', ')}` : 'is none of the forms it may take';
}

const dotted = (pointer: string) => pointer.slice(1).replaceAll('/', '.') || '(whole)';
