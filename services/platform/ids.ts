/** Random, subject-safe ids: 32 hex digits, 128 bits. They say nothing about who or when. */
import { randomBytes } from 'node:crypto';

export const newId = (): string => randomBytes(16).toString('hex');
