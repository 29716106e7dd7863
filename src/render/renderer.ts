import { templateFolders } from './folders.ts'
import { createMessages, type Language, type Messages, type MessageValues } from './messages.ts'
import { formatDay, formatMoment } from './moments.ts'
import { createTemplates } from './templates.ts'

/**
 * Templates and texts of one site, joined: what pages and mails are made with.
 *
 * Besides its data, a template finds in `it`: `language`, `t(key, values)`, `day('2026-12-31')`, `moment(iso or ms)`.
 */
export interface Renderer {
  render(name: string, language: Language, data: object): string
  text(language: Language, key: string, values?: MessageValues): string
  readonly messages: Messages
}

/**
 * @param override absolute path of the site's own templates folder
 * @throws when a template or a text is broken; meant to happen at start
 */
export const createRenderer = (override?: string): Renderer => {
  const folders = templateFolders(override)
  const messages = createMessages(folders)
  const templates = createTemplates(folders)
  return {
    messages,
    text: (language, key, values) => messages.text(language, key, values),
    render: (name, language, data) =>
      templates.render(name, {
        ...data,
        language,
        t: (key: string, values?: MessageValues) => messages.text(language, key, values),
        day: (day: string) => formatDay(language, day),
        moment: (moment: number | string) => formatMoment(language, moment),
      }),
  }
}

/** Renderers by the site's own templates folder. */
export type Renderers = (override?: string) => Renderer

/** The renderer of each folder, made once: sites without files of their own share one. */
export const createRenderers = (): Renderers => {
  const made = new Map<string | undefined, Renderer>()
  return (override) => {
    const renderer = made.get(override) ?? createRenderer(override)
    made.set(override, renderer)
    return renderer
  }
}
