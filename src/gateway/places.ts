/** So many of a thing at one time, and none beyond. */
export interface Places {
  /** False when all are taken. */
  take(): boolean
  giveBack(): void
  readonly taken: number
}

export const createPlaces = (most: number): Places => {
  let taken = 0
  return {
    take: () => {
      if (taken >= most) return false
      taken += 1
      return true
    },
    giveBack: () => {
      taken -= 1
    },
    get taken() {
      return taken
    },
  }
}
