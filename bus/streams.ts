/** The streams of the house. Configuration and echo check: see `ensureStreams`. */
export type StreamName = 'COMMANDS' | 'EVENTS' | 'SNAPSHOTS' | 'AUDIT' | 'DEADLETTERS';
