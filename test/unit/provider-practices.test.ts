import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { practicesOf } from '../../src/methods/oidc/practices.ts'
import { practiceKey } from '../../src/policy/practice.ts'
import { shownPractice } from '../../src/portal/practice-words.ts'
import { templateFolders } from '../../src/render/folders.ts'
import { createMessages } from '../../src/render/messages.ts'
import { CAMILLE } from '../kit/scripted-provider.ts'

const [EXERCICE] = CAMILLE.SubjectRefPro.exercices
const [ACTIVITY] = EXERCICE.activities
const userinfo = (...exercices: unknown[]) => ({ ...CAMILLE, SubjectRefPro: { exercices } })
const withActivities = (...activities: unknown[]) => practicesOf(userinfo({ ...EXERCICE, activities }))

const HOSPITAL = {
  profession: '10',
  category: 'C',
  speciality: 'SM36',
  structureId: 'R9990001',
  structure: 'CENTRE HOSPITALIER FICTIF',
  finess: '990000028',
}

describe('the practices in a userinfo of Pro Santé Connect', () => {
  it('are one for each exercice and activity, in its order', () => {
    assert.deepEqual(practicesOf(CAMILLE), [HOSPITAL])
    const clinic = { ...ACTIVITY, identifiantTechniqueDeLaStructure: 'R9990002', raisonSocialeSite: 'CLINIQUE' }
    const other = { ...EXERCICE, codeProfession: '60', codeSavoirFaire: '' }
    const all = practicesOf(userinfo({ ...EXERCICE, activities: [ACTIVITY, clinic] }, other))
    assert.deepEqual(all, [
      HOSPITAL,
      { ...HOSPITAL, structureId: 'R9990002', structure: 'CLINIQUE' },
      { ...HOSPITAL, profession: '60', speciality: '' },
    ])
  })

  it('are none where whole blocks are missing, empty, or of another kind', () => {
    const { SubjectRefPro: _, ...inactive } = CAMILLE
    for (const [name, said] of Object.entries({
      'no SubjectRefPro': inactive,
      'an empty one': { ...CAMILLE, SubjectRefPro: {} },
      'an empty text': { ...CAMILLE, SubjectRefPro: '' },
      null: { ...CAMILLE, SubjectRefPro: null },
      'no exercice': userinfo(),
      'exercices that are no list': { ...CAMILLE, SubjectRefPro: { exercices: 'x' } },
      'exercices that are nothing': userinfo(null, 7, 'x', []),
      'an exercice of empty texts': userinfo({ codeProfession: '', codeSavoirFaire: '', activities: [{}] }),
    }))
      assert.deepEqual(practicesOf(said), [], name)
  })

  it('have no structure where an exercice has no activities', () => {
    const nowhere = { ...HOSPITAL, structureId: '', structure: '', finess: '' }
    for (const activities of [[], undefined, '', null])
      assert.deepEqual(practicesOf(userinfo({ ...EXERCICE, activities })), [nowhere])
  })

  it('are called by the sign where there is no registered name, and told apart by FINESS, SIRET or name', () => {
    const bare = {
      enseigneCommercialeSite: 'CABINET DU PORT',
      raisonSocialeSite: '',
      numeroSiretSite: '99900000300012',
    }
    const of = (activity: object) => withActivities(activity)[0]
    assert.deepEqual(
      [of({ ...bare, numeroFinessSite: '990000028' }), of(bare), of({ ...bare, numeroSiretSite: '' })].map(
        (one) => `${one?.structure}: ${one?.structureId}`,
      ),
      ['CABINET DU PORT: 990000028', 'CABINET DU PORT: 99900000300012', 'CABINET DU PORT: CABINET DU PORT'],
    )
  })

  it('are not told twice, and twenty at most', () => {
    assert.equal(withActivities(ACTIVITY, { ...ACTIVITY, codeModeExercice: 'L' }, ACTIVITY).length, 1)
    const many = Array.from({ length: 60 }, (_, nth) => ({
      ...ACTIVITY,
      identifiantTechniqueDeLaStructure: `R${nth}`,
    }))
    assert.deepEqual(
      withActivities(...many).map(({ structureId }) => structureId),
      Array.from({ length: 20 }, (_, nth) => `R${nth}`),
    )
  })

  it('have one line and a length that a page can carry; a code that is none is left out', () => {
    const [one] = practicesOf(
      userinfo({
        codeProfession: 10,
        codeCategorieProfessionnelle: '<b>',
        codeSavoirFaire: 'S'.repeat(41),
        activities: [
          {
            raisonSocialeSite: `  CENTRE\r\nX-Evil: 1\u0000\u202e ${'É'.repeat(300)}`,
            numeroFinessSite: '99|28',
            identifiantTechniqueDeLaStructure: { a: 1 },
          },
        ],
      }),
    )
    assert.deepEqual([one?.profession, one?.category, one?.speciality, one?.finess], ['10', '', '', ''])
    assert.match(one?.structure ?? '', /^CENTRE X-Evil: 1 É{90,}$/)
    assert.ok(Array.from(one?.structure ?? '').length <= 120)
  })

  it('have a key of four parts that stays when the structure is renamed, whatever is in the texts', () => {
    assert.equal(practiceKey(HOSPITAL), '10|C|SM36|R9990001')
    const [renamed] = withActivities({ ...ACTIVITY, raisonSocialeSite: 'GROUPE HOSPITALIER' })
    assert.ok(renamed !== undefined)
    assert.equal(practiceKey(renamed), practiceKey(HOSPITAL))
    const field = fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue())
    const names = ['raisonSocialeSite', 'identifiantTechniqueDeLaStructure', 'numeroFinessSite', 'numeroSiretSite']
    const activity = fc.record(Object.fromEntries(names.map((name) => [name, field])), { requiredKeys: [] })
    fc.assert(
      fc.property(fc.oneof(activity, fc.jsonValue()), field, (made, code) => {
        for (const practice of practicesOf(userinfo({ codeProfession: code, activities: [made] }))) {
          assert.equal(practiceKey(practice).split('|').length, 4)
          assert.ok(practiceKey(practice).length <= 512)
          assert.doesNotMatch(JSON.stringify(practice), /[\u0000-\u001f\u007f]/)
        }
      }),
    )
  })

  it('are shown in words where the code is known, and by the code where it is not', () => {
    const { profession, speciality, value } = shownPractice({ ...HOSPITAL, speciality: 'SM99' })
    assert.deepEqual(
      [profession, speciality],
      [
        { code: '10', isKnown: true },
        { code: 'SM99', isKnown: false },
      ],
    )
    assert.equal(value, '10|C|SM99|R9990001')
  })

  it('have words for each code that is said to have some, and for no other', () => {
    const { keys } = createMessages(templateFolders())
    const codesOf = (kind: string) =>
      keys.flatMap((key) => new RegExp(`^practice\\.${kind}\\.(.+)$`).exec(key)?.[1] ?? [])
    const [professions, specialities] = [codesOf('profession'), codesOf('speciality')]
    assert.deepEqual([professions.length, specialities.length], [17, 5])
    for (const profession of professions)
      assert.equal(shownPractice({ ...HOSPITAL, profession }).profession.isKnown, true, profession)
    for (const speciality of specialities)
      assert.equal(shownPractice({ ...HOSPITAL, speciality }).speciality.isKnown, true, speciality)
    for (let code = 0; code < 100; code += 1) {
      const profession = String(code).padStart(2, '0')
      assert.equal(shownPractice({ ...HOSPITAL, profession }).profession.isKnown, professions.includes(profession))
      const speciality = `SM${profession}`
      assert.equal(shownPractice({ ...HOSPITAL, speciality }).speciality.isKnown, specialities.includes(speciality))
    }
  })
})
