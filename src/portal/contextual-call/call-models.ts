/** The pages of a call from a record system; templates read nothing else. */
export interface CallPageModels {
  /** The browser does not say that a person is coming: whoever is one presses the button. */
  'call-press': { readonly action: string; readonly csrf: string; readonly hidden: Readonly<Record<string, string>> }
  /** One page for every call that opens nothing. */
  'call-refused': {
    readonly reference: string
    /** For a partner under integration alone: the reason, in the words of the manual, and the fields that do not fit. */
    readonly told: { readonly reason: string; readonly means: string; readonly fields: readonly string[] } | null
  }
  /** The call was left too long, or has served. */
  'call-gone': { readonly continueHref: string | null }
  /** Something is open that the call would take the place of, or the policy wants a word first. */
  'call-choice': {
    readonly kind: 'other-person' | 'other-patient' | 'confirm'
    readonly action: string
    readonly csrf: string
    readonly call: string
    readonly shown: string
    readonly partner: string
    /** Who would be signed in, and who is. */
    readonly name: string
    readonly present: string
    /** « MARTIN Jeanne, 01/02/1950 », of the patient who is called for; null on a page that another person may read. */
    readonly patient: string | null
  }
  /** Sends what was verified to the application; by itself where there are scripts. */
  'call-form': {
    readonly action: string
    readonly charset: 'utf-8' | 'iso-8859-1'
    readonly fields: readonly (readonly [name: string, value: string])[]
  }
  /** The browser keeps nothing for a frame: the record opens in a window of its own. */
  'call-window': { readonly action: string; readonly call: string }
}
