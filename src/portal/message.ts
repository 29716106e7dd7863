/** A sentence of templates/locales: its key and what goes into its braces. */
export interface Message {
  readonly key: string
  readonly values?: Readonly<Record<string, string | number>>
}
