import type { Random } from '../lib/random.ts'

/** What Node wants of them, bytes. */
const LENGTH = 48

/** Fresh keys for the tickets of TLS sessions: tickets made before are no longer understood, and their visitors greet anew. */
export const newTicketKeys = (random: Random): Buffer => Buffer.from(random.token(LENGTH), 'base64url')
