/** Saved states: places in a simulator's past from which it can be started again. */
import Type, { type Static } from 'typebox';
import { Id, Timestamp } from './units.ts';

const closed = { additionalProperties: false };

export const SavedStateRequest = Type.Object(
  {
    name: Type.String({
      minLength: 1,
      maxLength: 60,
      pattern: '\\S',
      description: 'Yours to choose; no two of yours are the same.',
    }),
  },
  { $id: 'SavedStateRequest', ...closed },
);
export type SavedStateRequest = Static<typeof SavedStateRequest>;

export const SavedState = Type.Object(
  {
    id: Id,
    name: Type.String(),
    simulatorId: Id,
    scenario: Id,
    n: Type.Integer({ minimum: 1, description: 'Number of the last record that belongs to it.' }),
    simulatedAt: Timestamp,
    savedAt: Timestamp,
  },
  { $id: 'SavedState' },
);
export type SavedState = Static<typeof SavedState>;

export const StateStartRequest = Type.Object(
  { sessionId: Type.String({ ...Id, description: 'Of the session that it will belong to.' }) },
  { $id: 'StateStartRequest', ...closed },
);
export type StateStartRequest = Static<typeof StateStartRequest>;
