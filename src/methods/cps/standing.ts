/** What a list or a responder says of a certificate; `unknown` with the reason why. */
export type Standing = 'good' | 'revoked' | { readonly unknown: string }
