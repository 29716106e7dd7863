import type { Site } from './schema.ts'

/** The public address of a site, from its file and never from a request (R34): `https://dcc.example.test`. */
export const originOf = (site: { readonly hosts: Site['hosts']; readonly origin?: string | undefined }): string =>
  new URL(site.origin ?? `https://${site.hosts[0] ?? ''}`).origin
