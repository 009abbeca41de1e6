/** Checks an action's params against its TypeBox schema, in the serving process. */
import type { Middleware } from 'moleculer';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { BoundHandler } from '../action.ts';
import { problem } from '../errors.ts';
import { fieldErrors } from '../field-errors.ts';

export function validation(): Middleware {
  return {
    name: 'Validation',
    localAction(inner, action) {
      const next = inner as unknown as BoundHandler;
      // Moleculer's own `$node` actions describe their params in another language.
      if (!action.params || action.name?.startsWith('$')) return inner;
      const check = Compile(schemaOf(action.params, action.name));
      return (ctx) => {
        const params = ctx.params ?? {};
        if (!check.Check(params)) {
          throw problem('validationFailed', { errors: fieldErrors(check.Errors(params)) });
        }
        return next(ctx);
      };
    },
  };
}

function schemaOf(params: unknown, name: string | undefined): TSchema {
  const { type, anyOf, allOf, $ref } = params as Record<string, unknown>;
  if (type === 'object' || anyOf || allOf || $ref) return params as TSchema;
  throw new TypeError(`The params of ${name} are not a TypeBox object schema.`);
}
