/** Somebody whom the look-alike knows, all invented. */
export interface PscPerson {
  /** PS_IdNat. */
  readonly nationalId: string
  readonly givenName: string
  readonly familyName: string
}

/** What Pro Santé Connect says of a doctor (facts: ANS), with invented establishments. */
export const userinfoOf = ({ nationalId, givenName, familyName }: PscPerson) => ({
  sub: `f:00000000-0000-4000-8000-000000000000:${nationalId}`,
  preferred_username: nationalId,
  SubjectNameID: nationalId,
  given_name: givenName.toUpperCase(),
  family_name: familyName.toUpperCase(),
  codeCivilite: 'MME',
  email_verified: false,
  authMode: 'MOBILE',
  SubjectRole: ['10^1.2.250.1.213.1.1.5.5'],
  Secteur_Activite: 'SA01^1.2.250.1.71.4.2.4',
  SubjectOrganization: 'CENTRE HOSPITALIER FICTIF',
  SubjectOrganizationID: 'R9990001',
  Palier_Authentification: 'APPPRIP3^1.2.250.1.213.1.5.1.1.1',
  otherIds: [{ identifiant: nationalId, origine: 'RPPS', qualite: 1 }],
  SubjectRefPro: {
    codeCivilite: 'MME',
    exercices: [
      {
        codeProfession: '10',
        codeCategorieProfessionnelle: 'C',
        nomDexercice: familyName.toUpperCase(),
        prenomDexercice: givenName.toUpperCase(),
        activities: [
          { codeModeExercice: 'S', numeroFinessSite: '990000028', raisonSocialeSite: 'CENTRE HOSPITALIER FICTIF' },
        ],
      },
    ],
  },
})
