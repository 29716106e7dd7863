import type { Result } from '../lib/result.ts'
import { disown, type Disowned } from './disown.ts'
import { createNotMeLinks, type Disownable, type NotMeRefusal } from './links.ts'
import type { Notice, NoticeOrigin } from './notice.ts'
import type { NoticeParts } from './parts.ts'
import { tell } from './tell.ts'

/** What people are told of their account, and what they can say to it, without a word of HTTP. */
export interface Notices {
  /** Mails it to every address of the person. Never throws. */
  tell(notice: Notice, origin: NoticeOrigin): Promise<void>
  /** What a link is about; changes nothing (R22). */
  openLink(site: string, token: string): Promise<Result<Disownable, NotMeRefusal>>
  /** « Ce n'est pas moi », once. Lets nobody in. */
  disown(origin: NoticeOrigin, token: string): Promise<Result<Disowned, NotMeRefusal>>
}

export const createNotices = (parts: NoticeParts): Notices => {
  const links = createNotMeLinks(parts)
  return {
    tell: (notice, origin) => tell(parts, links, notice, origin),
    openLink: (site, token) => links.open(site, token),
    disown: (origin, token) => disown(parts, links, origin, token),
  }
}
