import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PERSON, startGate, type Gate } from '../kit/gate.ts'
import { CAMILLE, makeKey, startScriptedProvider } from '../kit/scripted-provider.ts'
import {
  assertRefused,
  eventsOf,
  goToProvider,
  hospitalSite,
  pscSite,
  SECRET,
  useProviderGate,
} from '../kit/provider-gate.ts'
import { COLLEAGUE } from '../kit/use-gate.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { createVisitor, hiddenFields, PREFIX, signIn } from '../kit/visitor.ts'

/** Each with a number of their own. */
const ALIX = { ...COLLEAGUE, nationalId: '3990000028/000000001' }
const use = useProviderGate({}, { people: [PERSON, ALIX] })

const rppsAtUpstream = async (visitor: ReturnType<typeof createVisitor>): Promise<unknown> => {
  await visitor.page('/dcc/')
  return use.upstream.requests.at(-1)?.headers['x-remote-user']
}

describe('the variants of what Pro Santé Connect says of people', () => {
  const { SubjectRefPro, codeCivilite, otherIds, ...bare } = CAMILLE
  const variants: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    'as in the facts': CAMILLE,
    'no SubjectRefPro, as of somebody registered and inactive': { ...bare, SubjectRole: undefined },
    'civility inside SubjectRefPro only': { ...bare, SubjectRefPro },
    'civility outside only': { ...bare, codeCivilite, SubjectRefPro: { exercices: SubjectRefPro.exercices } },
    'otherIDs in the other spelling': { ...bare, otherIDs: otherIds },
    'empty texts everywhere': { ...bare, email: '', SubjectOrganization: '', Secteur_Activite: '', SubjectRefPro: '' },
    'nulls and numbers where texts should be': {
      ...bare,
      otherIds: null,
      SubjectRole: 10,
      SubjectRefPro: { exercices: null },
    },
    'no preferred_username': { ...bare, preferred_username: undefined },
  }
  for (const [name, userinfo] of Object.entries(variants)) {
    it(`lets somebody in: ${name}`, async () => {
      use.provider.says({ userinfo })
      const { visitor } = use
      assert.equal((await use.comeBack()).location, '/dcc/')
      assert.equal(await rppsAtUpstream(visitor), PERSON.login)
    })
  }

  it('lets somebody in by an identifier with a slash', async () => {
    use.provider.says({ userinfo: { ...CAMILLE, SubjectNameID: '3990000028/000000001' } })
    assert.equal((await use.comeBack()).location, '/dcc/')
    assert.equal(await rppsAtUpstream(use.visitor), ALIX.login)
  })

  it('takes a userinfo that is signed, by a key of the provider alone', async () => {
    const evil = await makeKey('key-1')
    for (const [key, isRight] of [
      [use.provider.signingKey(), true],
      [evil, false],
    ] as const) {
      const jwt = await use.provider.sign({ ...CAMILLE, iss: use.provider.issuer, aud: 'portillon-test' }, {}, key)
      use.provider.says({
        instead: {
          userinfo: (_request, response) => response.writeHead(200, { 'content-type': 'application/jwt' }).end(jwt),
        },
      })
      const visitor = createVisitor(use.gate)
      const answer = await use.comeBack(visitor)
      if (isRight) assert.equal(answer.location, '/dcc/')
      else await assertRefused(use, visitor, answer, { kind: 'refused', cause: 'signature-wrong' })
    }
  })
})

describe('J-10: whose account it is', () => {
  it('J-10: is told by the national number alone: another e-mail address changes nothing', async () => {
    for (const email of ['alix.modele@example.test', 'a@ok@evil', '"a b"@evil.example.test', '', null]) {
      use.provider.says({ userinfo: { ...CAMILLE, email, email_verified: true, preferred_username: 'a.modele' } })
      const visitor = createVisitor(use.gate)
      assert.equal((await use.comeBack(visitor)).location, '/dcc/')
      assert.equal(await rppsAtUpstream(visitor), PERSON.login)
    }
  })

  it('J-10: without a national number, or with what is none, nobody gets in, whatever else is said of them', async () => {
    const { SubjectNameID: _id, ...without } = CAMILLE
    await assertRefused(use, use.visitor, (use.provider.says({ userinfo: without }), await use.comeBack()), {
      kind: 'no-number',
      cause: 'national-id-missing',
    })
    const wrong = [
      899900000003,
      ['899900000003'],
      { a: 1 },
      '899900000003 ',
      "8' OR 1=1",
      'c.exemple',
      'ANS20260101000000',
    ]
    for (const SubjectNameID of wrong) {
      use.provider.says({ userinfo: { ...CAMILLE, SubjectNameID } })
      const visitor = createVisitor(use.gate)
      const refused = { kind: 'no-number', cause: 'national-id-malformed' }
      await assertRefused(use, visitor, await use.comeBack(visitor), refused)
    }
  })

  it('J-10: a number that nobody has here leads to the page that says how to go on, and opens nothing', async () => {
    use.provider.says({ userinfo: { ...CAMILLE, SubjectNameID: '899900000011' } })
    const answer = await use.comeBack()
    assert.equal(answer.status, 403)
    assert.match(answer.body, /nous ne trouvons pas votre accès/)
    assert.equal((await use.visitor.page('/dcc/')).status, 302)
    const { event, detail } = eventsOf(use.gate).at(-1) ?? {}
    assert.deepEqual([event, detail], ['sign-in.evidence-refused', `unknown ${use.provider.issuer}`])
  })

  it('J-10: with issuer and sub as the key, whoever linked it gets in, and the same sub of another issuer is nobody', async () => {
    const twin = await startScriptedProvider()
    const startAt = (issuer: string, people: readonly (typeof PERSON)[]) =>
      startGate({
        upstream: use.upstream.url,
        people,
        site: hospitalSite(issuer),
        providers: { oidc: SECRET },
        settings: { databaseUrl: `sqlite:${folder.path}/accounts.sqlite` },
        config: { keys: `${folder.path}/keys` },
      })
    using folder = createTempFolder('linked')
    const gate = await startAt(use.provider.issuer, [PERSON])
    const come = async (at: Gate, provider: typeof twin) => {
      const visitor = createVisitor(at)
      return visitor.page(provider.answerTo((await goToProvider(visitor, '/dcc/', 'oidc')).location ?? ''))
    }
    try {
      assert.equal((await come(gate, use.provider)).status, 403)
      const visitor = createVisitor(gate)
      await signIn(gate, visitor)
      const own = await visitor.page(`${PREFIX}/account`)
      const link = /href="([^"]*\/oidc\?to=[^"]+)"/.exec(own.body)?.[1] ?? assert.fail('nothing to link')
      const there = await visitor.page(link.replaceAll('&amp;', '&'))
      assert.equal(new URL(there.location ?? '').searchParams.get('prompt'), 'login')
      const question = await visitor.page(
        (await visitor.page(use.provider.answerTo(there.location ?? ''))).location ?? '',
      )
      const form = hiddenFields(question.body, `${PREFIX}/account/link`)
      assert.equal((await visitor.ask(`${PREFIX}/account/link`, { form })).location, `${PREFIX}/account?done=linked`)
      assert.equal((await come(gate, use.provider)).location, '/dcc/')
    } finally {
      await gate.stop()
    }
    // The same people, and another provider that knows somebody by the same name.
    const elsewhere = await startAt(twin.issuer, [])
    try {
      assert.equal((await come(elsewhere, twin)).status, 403)
    } finally {
      await elsewhere.stop()
      await twin.stop()
    }
  })
})

describe('J-11: how strong and how fresh the proof was', () => {
  const levelOf = (gate: Gate) => eventsOf(gate).findLast(({ event }) => event === 'session.started')?.detail

  it('J-11: each accepted `acr` gives its own level, and never more than the way', async () => {
    for (const [acr, level] of [
      ['eidas1', 'level 2'],
      ['eidas2', 'level 3'],
      ['eidas3', 'level 3'],
    ] as const) {
      use.provider.says({ claims: { acr } })
      assert.equal((await use.comeBack(createVisitor(use.gate))).location, '/dcc/')
      assert.equal(levelOf(use.gate), level)
    }
  })

  it('J-11: any other, and none at all, is refused', async () => {
    for (const acr of ['eidas0', '0', '1', 'EIDAS1', 'eidas1 eidas2', 'constructor', 2, ['eidas1'], null]) {
      use.provider.says({ claims: { acr } })
      const visitor = createVisitor(use.gate)
      await assertRefused(use, visitor, await use.comeBack(visitor), { kind: 'too-weak', cause: 'acr-refused' })
    }
    use.provider.says({ claims: { acr: undefined } })
    await assertRefused(use, use.visitor, await use.comeBack(), { kind: 'too-weak', cause: 'acr-absent' })
  })

  it('J-11: where the site takes an answer without `acr`, it gives the level that the site says', async () => {
    const section = { acr: { absent: 1 as const }, 'max-age': '10m' }
    const gate = await startGate({
      upstream: use.upstream.url,
      site: pscSite(use.provider.issuer, section),
      providers: { 'pro-sante-connect': SECRET },
    })
    const come = async (claims: Readonly<Record<string, unknown>>) => {
      use.provider.says({ claims })
      const visitor = createVisitor(gate)
      const sent = await goToProvider(visitor)
      return { visitor, sent, answer: await visitor.page(use.provider.answerTo(sent.location ?? '')) }
    }
    try {
      const { sent, answer } = await come({ acr: undefined })
      assert.equal(new URL(sent.location ?? '').searchParams.get('max_age'), '600')
      assert.equal(answer.location, '/dcc/')
      assert.equal(levelOf(gate), 'level 1')
      const now = Math.floor(Date.now() / 1_000)
      const { visitor: slow, answer: late } = await come({ auth_time: now - 700 })
      assert.match(late.location ?? '', /refused\?why=(?:stale|refused)/)
      assert.equal((await slow.page('/dcc/')).status, 302)
      for (const auth_time of [undefined, 'now', -1]) {
        const { visitor, answer: undated } = await come({ auth_time })
        assert.match(undated.location ?? '', /refused\?why=/)
        assert.equal((await visitor.page('/dcc/')).status, 302)
      }
    } finally {
      await gate.stop()
    }
  })
})
