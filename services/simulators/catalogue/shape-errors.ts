/** What is wrong with the shape of a scenario: the place, what stands there, and what should. */
import { LabFault } from '@sandpit/schemas/lab.ts';
import { Scenario } from '@sandpit/schemas/scenario.ts';
import { Expectation, ScriptEvent } from '@sandpit/schemas/script.ts';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

/** Something wrong at a place in it, a JSON pointer. */
export interface Reason {
  path: string;
  text: string;
}

const REASONS_MAX = 10;
const SHOWN_CHARACTERS = 60;

const shape = Compile(Scenario);
type Validator = { Errors(value: unknown): { instancePath: string; message: string }[] };

/** Lists whose items are of several shapes, by the `type` that the item names. */
const KINDS: Readonly<Record<string, ReadonlyMap<string, Validator>>> = {
  script: branches(ScriptEvent),
  expect: branches(Expectation),
  'lab/faults': branches(LabFault),
};

function branches({ anyOf }: { anyOf: readonly TSchema[] }): ReadonlyMap<string, Validator> {
  return new Map(
    anyOf.map((each) => {
      const { properties } = each as unknown as { properties: { type: { const: string } } };
      return [properties.type.const, Compile(each)] as const;
    }),
  );
}

export const isScenario = (value: unknown): value is Scenario => shape.Check(value);

/** Of a value that is no scenario: the first few. */
export function shapeErrors(value: unknown): Reason[] {
  const reasons: Reason[] = [];
  const done = new Set<string>();
  for (const { instancePath: path, message } of shape.Errors(value)) {
    const [, list = '', index = ''] =
      /^\/(script|expect|lab\/faults)\/(\d+)(?:\/|$)/.exec(path) ?? [];
    const kinds = KINDS[list];
    if (!kinds) reasons.push(reason(value, path, message));
    else if (!done.has(`${list}/${index}`)) {
      done.add(`${list}/${index}`);
      reasons.push(...itemErrors(value, `/${list}/${index}`, kinds));
    }
  }
  return reasons.slice(0, REASONS_MAX);
}

/** Of the shape that the item says it is, not of all that it might be. */
function itemErrors(value: unknown, at: string, kinds: ReadonlyMap<string, Validator>): Reason[] {
  const item = valueAt(value, at) as { type?: unknown } | null;
  const kind = kinds.get(String(item?.type));
  if (!kind) return [reason(value, `${at}/type`, `must be one of ${[...kinds.keys()].join(', ')}`)];
  return kind
    .Errors(item)
    .map(({ instancePath, message }) => reason(value, `${at}${instancePath}`, message));
}

function reason(value: unknown, path: string, message: string): Reason {
  const found = shown(valueAt(value, path));
  return { path, text: `${path || 'the value'} is ${found}, but ${message}` };
}

function shown(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'missing');
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}

/** @param path  A JSON pointer. */
function valueAt(value: unknown, path: string): unknown {
  const keys = path.split('/').slice(1);
  return keys.reduce<unknown>((at, key) => {
    const name = key.replaceAll('~1', '/').replaceAll('~0', '~');
    return (at as Record<string, unknown> | null | undefined)?.[name];
  }, value);
}
