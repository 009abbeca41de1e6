/** Routes -> OpenAPI 3.1. The schemas are the ones that check the requests. */
import { PROBLEMS, Problem, type ProblemCode } from '@sandpit/schemas/problem.ts';
import type { TObject, TSchema } from 'typebox';
import { problem } from '../platform/errors.ts';
import { problemOf } from './http/problems.ts';
import type { Route, RouteAnswer } from './route.ts';

type Json = Record<string, unknown>;

export interface Api {
  title: string;
  version: string;
  description: string;
  /** Tag -> what is under it. */
  tags: Readonly<Record<string, string>>;
}

export function openApiOf(routes: readonly Route[], api: Api): Json {
  const components = new Map<string, Json>();
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] ??= {};
    paths[path][route.method.toLowerCase()] = operationOf(route, components);
  }
  const schemas = Object.fromEntries([...components].sort(([a], [b]) => a.localeCompare(b)));
  return {
    openapi: '3.1.0',
    info: {
      title: api.title,
      version: api.version,
      description: api.description,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({
      name,
      description: api.tags[name],
    })),
    paths,
    components: {
      schemas,
      securitySchemes: {
        accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        refreshCookie: { type: 'apiKey', in: 'cookie', name: '__Host-sandpit-refresh' },
      },
    },
  };
}

function operationOf(route: Route, components: Map<string, Json>): Json {
  const parameters = [
    ...parametersOf('path', route.pathSchema, components),
    ...parametersOf('query', route.query, components),
    ...parametersOf('header', route.headers, components),
  ];
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    ...(route.description && { description: route.description }),
    security: securityOf(route),
    ...(parameters.length > 0 && { parameters }),
    ...(route.body && {
      requestBody: {
        required: true,
        content: bodyOf(route, route.body, components),
      },
    }),
    responses: { ...answersOf(route, components), ...problemsOf(route, components) },
  };
}

function securityOf({ auth }: Route): Json[] {
  if (auth === 'trader') return [{ accessToken: [] }];
  return auth === 'cookie' ? [{ refreshCookie: [] }] : [];
}

function parametersOf(
  place: 'path' | 'query' | 'header',
  schema: TObject | undefined,
  components: Map<string, Json>,
): Json[] {
  if (!schema) return [];
  const required = new Set((schema.required ?? []) as string[]);
  return Object.entries(schema.properties).map(([name, property]) => ({
    name,
    in: place,
    required: required.has(name),
    schema: published(property as TSchema, components),
  }));
}

function answersOf({ answers }: Route, components: Map<string, Json>): Json {
  return Object.fromEntries(
    Object.entries(answers).map(([status, answer]) => [status, answerOf(answer, components)]),
  );
}

function answerOf(
  { description, schema, example, contentType, events }: RouteAnswer,
  components: Map<string, Json>,
): Json {
  const shapes = Object.entries(events ?? {}).map(([name, shape]) => [
    name,
    published(shape, components),
  ]);
  return {
    description,
    ...(schema && { content: contentOf(schema, example, components, contentType) }),
    // OpenAPI 3.1 has no words for the events of a stream.
    ...(events && { 'x-events': Object.fromEntries(shapes) }),
  };
}

function bodyOf(route: Route, schema: TSchema, components: Map<string, Json>): Json {
  if (!route.bodyExamples) return contentOf(schema, route.bodyExample, components);
  const all = Object.entries({ plain: route.bodyExample, ...route.bodyExamples });
  const examples = Object.fromEntries(all.map(([name, value]) => [name, { value }]));
  return { 'application/json': { schema: published(schema, components), examples } };
}

function contentOf(
  schema: TSchema,
  example: unknown,
  components: Map<string, Json>,
  contentType = 'application/json',
): Json {
  return {
    [contentType]: {
      schema: published(schema, components),
      ...(example !== undefined && { example }),
    },
  };
}

/** All codes that a route can answer with. */
export function codesOf(route: Route): ProblemCode[] {
  const codes = new Set<ProblemCode>(['rateLimited', 'internalError', 'unavailable']);
  if (route.auth === 'trader') codes.add('unauthenticated').add('tokenExpired');
  if (route.method !== 'GET') codes.add('originRejected');
  if (route.pathSchema) codes.add('notFound');
  if (route.query || route.headers) codes.add('validationFailed');
  if (route.body) {
    for (const code of BODY_PROBLEMS) codes.add(code);
  }
  if (WAKES.test(route.path)) codes.add('quotaExceeded');
  for (const code of route.problems ?? []) codes.add(code);
  return [...codes];
}
/** What is asked of a simulator wakes it, if it was put away and its account may run another one. */
const WAKES = /\/simulators\/:id\/(?!history|instruments$|hibernate$)/;
const BODY_PROBLEMS = [
  'malformedJson',
  'validationFailed',
  'unsupportedMediaType',
  'payloadTooLarge',
] as const;

function problemsOf(route: Route, components: Map<string, Json>): Json {
  const byStatus = Map.groupBy(codesOf(route), (code) => PROBLEMS[code][0]);
  const schema = published(Problem, components);
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      status,
      {
        description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code][1]}`).join(' '),
        content: {
          'application/problem+json': {
            schema,
            examples: Object.fromEntries(
              codes.map((code) => [
                code,
                { value: problemOf(problem(code), '7c9e6679f4a34bb8a2b1d0d5e7a0c1f2') },
              ]),
            ),
          },
        },
      },
    ]),
  );
}

/**
 * A schema as OpenAPI has it: one with an `$id` becomes a component and a reference to it, wherever
 * it stands; no `$id` is left, because there it would change what references mean.
 */
export function published(schema: TSchema, components: Map<string, Json>): Json {
  const copy = copied(schema, components) as Json;
  const { $id } = schema as { $id?: string };
  if ($id === undefined) return copy;
  const known = components.get($id);
  if (known && JSON.stringify(known) !== JSON.stringify(copy)) {
    throw new Error(`Two different schemas are called ${$id}.`);
  }
  components.set($id, copy);
  return { $ref: `#/components/schemas/${$id}` };
}

function copied(value: unknown, components: Map<string, Json>): unknown {
  if (Array.isArray(value)) return value.map((item) => inner(item, components));
  const entries = Object.entries(value as Json).filter(([key]) => key !== '$id');
  return Object.fromEntries(
    entries.map(([key, item]) => [
      key,
      key === '$ref' ? `#/components/schemas/${item}` : inner(item, components),
    ]),
  );
}

function inner(value: unknown, components: Map<string, Json>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return '$id' in value ? published(value as TSchema, components) : copied(value, components);
}
