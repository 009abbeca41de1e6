/** Moleculer service `profiles`: preferences and saved starting portfolios. */
import { type Profile, ProfilePatch } from '@sandpit/schemas/http.ts';
import { Id, PositiveDecimal } from '@sandpit/schemas/units.ts';
import type { Service } from 'moleculer';
import Type from 'typebox';
import { type SchemaOf, traderAction } from '../platform/action.ts';
import {
  deletePortfolio,
  getPortfolio,
  listPortfolios,
  patchProfile,
  readProfile,
  savePortfolio,
} from './store.ts';

const closed = { additionalProperties: false };
const NoParams = Type.Object({}, closed);
const ById = Type.Object({ id: Id }, closed);
const NewPortfolio = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 60, pattern: '\\S' }),
    startingCash: PositiveDecimal,
    currency: Type.Optional(Type.String({ pattern: '^[A-Z]{3,5}$' })),
  },
  closed,
);

const service: SchemaOf<Service> = {
  name: 'profiles',

  actions: {
    get: traderAction({
      params: NoParams,
      read: true,
      async handler(this: Service, { locals }) {
        return readProfile(this.broker.database, locals.principal.accountId);
      },
    }),
    update: traderAction({
      params: ProfilePatch,
      async handler(this: Service, { params, locals }) {
        const patch = params as Partial<Profile>;
        return patchProfile(this.broker.database, locals.principal.accountId, patch);
      },
    }),
    portfolios: traderAction({
      params: NoParams,
      read: true,
      async handler(this: Service, { locals }) {
        return { items: await listPortfolios(this.broker.database, locals.principal.accountId) };
      },
    }),
    getPortfolio: traderAction({
      params: ById,
      read: true,
      async handler(this: Service, { params, locals }) {
        return getPortfolio(this.broker.database, locals.principal.accountId, params.id);
      },
    }),
    savePortfolio: traderAction({
      params: NewPortfolio,
      async handler(this: Service, { params, locals }) {
        return savePortfolio(this.broker.database, locals.principal.accountId, params);
      },
    }),
    deletePortfolio: traderAction({
      params: ById,
      async handler(this: Service, { params, locals }) {
        await deletePortfolio(this.broker.database, locals.principal.accountId, params.id);
        return null;
      },
    }),
  },
};
export default service;
