/**
 * Everybody and everything here is invented, and named so that nobody can take it for real. No national identity (INS),
 * no telephone number, no existing place.
 */

export interface Patient {
  readonly id: number
  readonly familyName: string
  readonly givenName: string
  readonly sex: 'F' | 'M'
  /** YYYY-MM-DD */
  readonly born: string
  readonly disease: string
  readonly stage: string
  readonly referent: string
  readonly structure: string
  readonly specialty: SpecialtyId
  readonly history: readonly HistoryEntry[]
}

export interface HistoryEntry {
  readonly date: string
  readonly act: string
  readonly place: string
  readonly summary: string
}

export interface Specialty {
  readonly label: string
  /** 0 = Monday. */
  readonly weekday: number
  readonly time: string
  readonly room: string
  readonly coordinator: string
}

const HOSPITAL = 'Centre hospitalier fictif'
const CLINIC = 'Clinique de l’Exemple'
const INSTITUTE = 'Institut Modèle'

export const SPECIALTIES = {
  senologie: { label: 'Sénologie', weekday: 0, time: '12:30', room: 'Salle Ambre', coordinator: 'Dr Zoé Œuvrard' },
  digestif: { label: 'Digestif', weekday: 1, time: '17:30', room: 'Visioconférence 2', coordinator: 'Dr Karim Modèle' },
  thorax: { label: 'Thorax', weekday: 1, time: '12:30', room: 'Salle Opale', coordinator: 'Dr Anne Fictive' },
  urologie: {
    label: 'Urologie',
    weekday: 2,
    time: '18:00',
    room: 'Visioconférence 1',
    coordinator: 'Dr Paul Spécimen',
  },
  voies: {
    label: 'Voies aérodigestives',
    weekday: 3,
    time: '08:30',
    room: 'Salle Ambre',
    coordinator: 'Dr Anne Fictive',
  },
  hematologie: {
    label: 'Hématologie',
    weekday: 3,
    time: '17:00',
    room: 'Salle Jade',
    coordinator: 'Dr Noël Échantillon',
  },
  dermatologie: {
    label: 'Dermatologie',
    weekday: 4,
    time: '12:30',
    room: 'Salle Opale',
    coordinator: 'Dr Karim Modèle',
  },
} as const satisfies Record<string, Specialty>
export type SpecialtyId = keyof typeof SPECIALTIES

/** The course that a disease of its kind may take, told with the patient's own dates. */
const history = (specialty: SpecialtyId, year: number, structure: string): HistoryEntry[] => {
  const treatment: Readonly<Record<SpecialtyId, string>> = {
    senologie: 'Tumorectomie et ganglion sentinelle',
    digestif: 'Colectomie droite par cœlioscopie',
    thorax: 'Lobectomie supérieure gauche',
    urologie: 'Prostatectomie totale robot-assistée',
    voies: 'Cordectomie au laser',
    hematologie: 'Première cure R-CHOP',
    dermatologie: 'Exérèse avec marges de 1 cm',
  }
  const label = SPECIALTIES[specialty].label
  return [
    {
      date: `${year}-09-14`,
      act: 'Compte rendu de RCP',
      place: `RCP ${label}`,
      summary: 'Proposition thérapeutique validée, quorum atteint.',
    },
    { date: `${year}-08-27`, act: 'Acte', place: structure, summary: `${treatment[specialty]}. Suites simples.` },
    {
      date: `${year}-07-30`,
      act: 'Programme personnalisé de soins',
      place: structure,
      summary: 'PPS remis au patient et adressé au médecin traitant.',
    },
    {
      date: `${year}-07-16`,
      act: 'Anatomopathologie',
      place: 'Laboratoire de démonstration',
      summary: 'Compte rendu relu ; marges et stade précisés.',
    },
    {
      date: `${year}-07-02`,
      act: 'Consultation d’annonce',
      place: structure,
      summary: 'Annonce faite en présence d’un proche. Temps soignant proposé.',
    },
  ]
}

type Row = readonly [number, string, string, 'F' | 'M', string, string, string, SpecialtyId, string]

const ROWS: readonly Row[] = [
  [
    1024,
    'EXEMPLE',
    'Camille',
    'F',
    '1961-04-12',
    'Carcinome canalaire infiltrant du sein gauche',
    'pT1c N0 M0',
    'senologie',
    HOSPITAL,
  ],
  [1031, 'FICTIF', 'Jean', 'M', '1954-11-03', 'Adénocarcinome du côlon droit', 'pT3 N1a M0', 'digestif', CLINIC],
  [1037, 'MODÈLE', 'Alix', 'F', '1972-02-28', 'Adénocarcinome bronchique', 'cT2a N0 M0', 'thorax', HOSPITAL],
  [
    1042,
    'DÉMONSTRATION',
    'Louise',
    'F',
    '1948-07-19',
    'Lymphome B diffus à grandes cellules',
    'Ann Arbor II',
    'hematologie',
    INSTITUTE,
  ],
  [1055, 'SPÉCIMEN', 'Paul', 'M', '1957-12-05', 'Adénocarcinome de la prostate', 'pT2c N0 M0', 'urologie', CLINIC],
  [
    1063,
    'ESSAI',
    'Marguerite',
    'F',
    '1969-09-23',
    'Carcinome lobulaire du sein droit',
    'cT2 N1 M0',
    'senologie',
    INSTITUTE,
  ],
  [1078, 'MAQUETTE', 'Basile', 'M', '1963-01-30', 'Carcinome épidermoïde du larynx', 'cT1a N0 M0', 'voies', HOSPITAL],
  [1084, 'FACTICE', 'Odile', 'F', '1980-05-17', 'Mélanome cutané du dos', 'pT2a N0 M0', 'dermatologie', CLINIC],
  [1091, 'ÉCHANTILLON', 'Noé', 'M', '1991-10-08', 'Lymphome de Hodgkin', 'Ann Arbor IIA', 'hematologie', INSTITUTE],
  [1107, 'PROTOTYPE', 'Hélène', 'F', '1951-03-21', 'Adénocarcinome du rectum', 'cT3 N1 M0', 'digestif', HOSPITAL],
  [1112, 'IMAGINAIRE', 'Cœlia', 'F', '1966-06-02', 'Carcinome in situ du sein gauche', 'pTis N0', 'senologie', CLINIC],
  [
    1126,
    'INVENTÉ',
    'Maël',
    'M',
    '1959-08-14',
    'Carcinome bronchique à petites cellules',
    'Stade limité',
    'thorax',
    INSTITUTE,
  ],
]

export const PATIENTS: readonly Patient[] = ROWS.map(
  ([id, familyName, givenName, sex, born, disease, stage, specialty, structure]) => ({
    id,
    familyName,
    givenName,
    sex,
    born,
    disease,
    stage,
    specialty,
    structure,
    referent: SPECIALTIES[specialty].coordinator,
    history: history(specialty, 2026, structure),
  }),
)

export const findPatient = (id: string | null): Patient | undefined =>
  PATIENTS.find((patient) => String(patient.id) === id)

const plain = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/\p{Diacritic}/gu, '')
    .replaceAll('œ', 'oe')
    .toLowerCase()

/** Patients whose name, number or disease holds every word of the search, accents and case aside. */
export const searchPatients = (search: string): readonly Patient[] => {
  const words = plain(search).split(/\s+/)
  return PATIENTS.filter((patient) => {
    const text = plain(`${patient.familyName} ${patient.givenName} ${patient.id} ${patient.disease}`)
    return words.every((word) => text.includes(word))
  })
}
