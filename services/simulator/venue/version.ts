/**
 * Names the rules by which commands and seeds become events. Raise it with every change after which
 * the same inputs could give other events or another state hash: records of another version are
 * taken as they stand instead of being executed again.
 */
export const ENGINE_VERSION = 'venue-38';
