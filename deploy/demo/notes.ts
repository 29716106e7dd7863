/** Notes that visitors of the demo write into a meeting; kept in memory only. */
export interface Note {
  readonly number: number
  readonly patient: number
  readonly author: string
  readonly at: number
  readonly text: string
}

export interface Notes {
  add(note: Omit<Note, 'number'>): Note
  of(patient: number): readonly Note[]
}

const LIMIT = 500

export const createNotes = (): Notes => {
  const notes: Note[] = []
  let last = 0
  return {
    add: (note) => {
      last += 1
      const added = { ...note, number: last }
      notes.unshift(added)
      notes.splice(LIMIT)
      return added
    },
    of: (patient) => notes.filter((note) => note.patient === patient),
  }
}
