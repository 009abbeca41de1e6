/** The audit trail: who did what, when. Ids only; never a name, an address, a token or a password. */
import Type, { type Static } from 'typebox';
import { Id, Sequence, Timestamp } from './units.ts';

export const AuditArea = Type.Union(
  [
    Type.Literal('identity'),
    Type.Literal('sessions'),
    Type.Literal('orders'),
    Type.Literal('simulators'),
    Type.Literal('ops'),
    Type.Literal('audit'),
  ],
  { $id: 'AuditArea' },
);
export type AuditArea = Static<typeof AuditArea>;

/** `house`: the system itself, in nobody's name. */
export const AuditActor = Type.Union(
  [Type.Literal('trader'), Type.Literal('operator'), Type.Literal('house')],
  { $id: 'AuditActor' },
);
export type AuditActor = Static<typeof AuditActor>;

const nullable = (schema: Type.TSchema) => Type.Union([schema, Type.Null()]);
const Fact = Type.Union([
  Type.String({ maxLength: 200 }),
  Type.Number(),
  Type.Boolean(),
  Type.Null(),
]);

/** As it is published on AUDIT, and hashed. */
export const AuditEntry = Type.Object(
  {
    id: Id,
    at: Timestamp,
    area: AuditArea,
    action: Type.String({ pattern: '^[a-z][A-Za-z]{1,39}$' }),
    actor: AuditActor,
    accountId: Type.Unsafe<string | null>(nullable(Id)),
    subjectId: Type.Unsafe<string | null>({
      ...nullable(Id),
      description: 'Session, simulator, credential … it was done to.',
    }),
    outcome: Type.String({
      pattern: '^[a-z][A-Za-z]{1,39}$',
      description: '`ok`, or the code of the problem that was answered.',
    }),
    correlationId: Type.Unsafe<string | null>(nullable(Id)),
    detail: Type.Record(Type.String({ pattern: '^[a-z][A-Za-z]{0,39}$' }), Fact, {
      maxProperties: 12,
    }),
  },
  { $id: 'AuditEntry', additionalProperties: false },
);
export type AuditEntry = Static<typeof AuditEntry>;

/** An entry as its trader reads it. */
export const AuditView = Type.Object(
  { n: Sequence, ...AuditEntry.properties, hash: Type.String({ pattern: '^[0-9a-f]{64}$' }) },
  { $id: 'AuditView' },
);
export type AuditView = Static<typeof AuditView>;
