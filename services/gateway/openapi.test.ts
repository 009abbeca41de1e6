import { createConfig, lintFromString } from '@redocly/openapi-core';
import { PROBLEMS } from '@sandpit/schemas/problem.ts';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { codesOf, openApiOf } from './openapi.ts';
import { API_INFO, routes } from './routes.ts';

type Json = Record<string, unknown>;
const document = openApiOf(routes, API_INFO) as {
  paths: Record<string, Record<string, Json>>;
  components: { schemas: Record<string, Json> };
};

const BASE = 'https://api.test/openapi.json';

/** Every object in a document, with the keys that lead to it. */
function* objects(value: unknown, at: string[] = []): Generator<[Json, string[]]> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield [value as Json, at];
  for (const [key, inner] of Object.entries(value)) yield* objects(inner, [...at, key]);
}

test('every reference resolves, and no $id is left to change what references mean', () => {
  let references = 0;
  for (const [object, at] of objects(document)) {
    expect(object, at.join('/')).not.toHaveProperty('$id');
    const { $ref } = object;
    if (typeof $ref !== 'string') continue;
    references += 1;
    expect($ref).toMatch(/^#\/components\/schemas\//);
    expect(document.components.schemas).toHaveProperty([$ref.split('/').at(-1) as string]);
  }
  expect(references).toBeGreaterThan(100);
});

test('every component is a valid JSON Schema 2020-12', () => {
  const ajv = new Ajv2020({ strict: true, allErrors: true, strictTypes: false });
  ajv.addVocabulary(['components']);
  ajv.addSchema({ $id: BASE, components: document.components });
  for (const name of Object.keys(document.components.schemas)) {
    expect(() => ajv.compile({ $ref: `${BASE}#/components/schemas/${name}` }), name).not.toThrow();
  }
});

test('every example is what its schema says', () => {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addVocabulary(['components']);
  ajv.addSchema({ $id: BASE, components: document.components });
  let examples = 0;
  for (const [object, at] of objects(document.paths)) {
    const { schema } = object as { schema?: { $ref?: string } };
    if (!schema?.$ref) continue;
    const given = 'example' in object ? [object.example] : [];
    const named = Object.values((object.examples ?? {}) as Record<string, { value: unknown }>);
    for (const example of [...given, ...named.map(({ value }) => value)]) {
      examples += 1;
      const check = ajv.compile({ $ref: `${BASE}${schema.$ref}` });
      expect(check(example), `${at.join('/')}: ${ajv.errorsText(check.errors)}`).toBe(true);
    }
  }
  expect(examples).toBeGreaterThan(50);
});

test('operation ids are unique, every path parameter is described, every operation says its failures', () => {
  const ids = new Set<string>();
  for (const [path, item] of Object.entries(document.paths)) {
    for (const operation of Object.values(item)) {
      const {
        operationId,
        parameters = [],
        responses,
      } = operation as {
        operationId: string;
        parameters?: { name: string; in: string; required: boolean }[];
        responses: Record<string, unknown>;
      };
      expect(ids.has(operationId), operationId).toBe(false);
      ids.add(operationId);
      const described = parameters.filter((p) => p.in === 'path' && p.required).map((p) => p.name);
      expect(described, path).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
      expect(Object.keys(responses), operationId).toEqual(expect.arrayContaining(['429', '503']));
    }
  }
  expect(ids.size).toBe(routes.length);
});

test('a linter that knows OpenAPI finds nothing to say', async () => {
  // It does not see that `x-events` uses the frames of the stream.
  const rules = { 'no-unused-components': 'off' } as const;
  const config = await createConfig({ extends: ['recommended'], rules });
  const problems = await lintFromString({ source: JSON.stringify(document), config });
  expect(problems.map(({ ruleId, message }) => `${ruleId}: ${message}`)).toEqual([]);
});

test('a route lists the codes that its checks can answer with', () => {
  const submit = routes.find(({ operationId }) => operationId === 'submitOrder');
  if (!submit) throw new Error('There is no submitOrder.');
  expect(codesOf(submit)).toEqual(
    expect.arrayContaining([
      'malformedJson',
      'validationFailed',
      'unauthenticated',
      'tokenExpired',
      'notFound',
      'rateLimited',
      'clientOrderIdReused',
      'orderGateClosed',
      'backlogFull',
      'outcomeUnknown',
    ]),
  );
  for (const route of routes)
    for (const code of codesOf(route)) expect(PROBLEMS).toHaveProperty(code);
});

test('two different schemas of one name are refused', () => {
  const of = (minimum: number) => ({ $id: 'Same', type: 'integer', minimum });
  const route = (path: string, minimum: number) => ({
    ...routes[0],
    path,
    operationId: path,
    answers: { 200: { description: 'x', schema: of(minimum) } },
  });
  expect(() => openApiOf([route('/a', 1), route('/b', 1)], API_INFO)).not.toThrow();
  expect(() => openApiOf([route('/a', 1), route('/b', 2)], API_INFO)).toThrow(/Same/);
});
