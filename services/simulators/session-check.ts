/** A simulator belongs to a session that lives. */
import type { Session } from '@sandpit/schemas/http.ts';
import type { TraderContext } from '../platform/action.ts';
import { problem } from '../platform/errors.ts';

/** @throws problem `sessionExpired`; `notFound` for somebody else's. */
export async function checkSession(ctx: TraderContext, id: string): Promise<void> {
  const session = await ctx.call<Session, { id: string }>('sessions.get', { id });
  if (session.state !== 'active') throw problem('sessionExpired');
}
