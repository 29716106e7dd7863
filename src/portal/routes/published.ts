import type { Request, Response } from 'express'
import type { PortalParts } from '../portal-parts.ts'
import { visitOf } from '../visit.ts'

/** GET jwks.json: the keys with which the application verifies assertions; a key is published before it signs. */
export const showJwks =
  (parts: PortalParts) =>
  (_request: Request, response: Response): void => {
    response.set('Cache-Control', 'public, max-age=300').json(parts.jwks())
  }

/** GET assets/<name>: exact names of a fixed list, so that no path is ever made from a request (P-13). */
export const showAsset =
  (parts: PortalParts) =>
  (request: Request, response: Response): void => {
    const visit = visitOf(request)
    const { v: version } = request.query
    const asset = parts.views
      .assets(visit.site.site)
      .get(String(request.params['name']), typeof version === 'string' ? version : undefined)
    if (asset === undefined) {
      parts.refusals.refuse(visit, 'not-found')
      return
    }
    response.set('Content-Type', asset.type).set('ETag', asset.etag).set('Cache-Control', asset.cacheControl)
    if (request.headers['if-none-match'] === asset.etag) response.status(304).end()
    else response.send(asset.body)
  }
