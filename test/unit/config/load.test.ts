import { join } from 'node:path'
import { writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../../src/config/load.ts'
import { SetupError } from '../../../src/model/errors.ts'
import { http } from '../../../src/sources/http/index.ts'
import { faultsOf, folderWith, kinds, load } from './kinds.ts'

const small = `
sources:
  app: { type: spool, path: ./outbox }
destinations:
  alerts: { type: hook, url: https://a.example/hook }
`

describe('a good file', () => {
  test('defaults', () => {
    const config = load(small)
    expect(config.state).toEqual({
      path: join(config.folder, 'audit-relay.db'),
      maxBytes: 10 * 1024 ** 3,
      keepMs: 7 * 86_400_000,
      reserveBytes: 64 * 1024 ** 2,
    })
    expect(config.sources).toMatchObject([{ name: 'app', type: 'spool', everyMs: 1000 }])
    expect(config.sources[0]?.options()).toEqual({ path: join(config.folder, 'outbox'), on_done: 'keep' })
    expect(config.destinations).toMatchObject([
      {
        name: 'alerts',
        type: 'hook',
        sources: null,
        filter: {},
        enabled: true,
        scheduleMs: [30_000, 120_000, 600_000, 3_600_000, 14_400_000],
        inFlight: 4,
        timeoutMs: 30_000,
        buffer: null,
        deadLettersKeepMs: 7 * 86_400_000,
      },
    ])
    expect(config.destinations[0]).not.toHaveProperty('was')
    expect(config.destinations[0]).not.toHaveProperty('start')
    expect(config.warnings).toEqual([])
  })

  test('how often a preset is pulled is known without its secrets, and what the file says goes before it', () => {
    const preset = (more: string): string => `
sources:
  m365: { type: http, preset: microsoft-365, params: { tenant: t }, auth: { client_id: c, client_secret: "\${NOT_SET}" }${more} }
destinations:
  alerts: { type: hook, url: https://a.example/hook }
`
    const withHttp = { kinds: { ...kinds, sources: [http] } }
    expect(load(preset(''), withHttp).sources[0]?.everyMs).toBe(300_000)
    expect(load(preset(', every: 2m'), withHttp).sources[0]?.everyMs).toBe(120_000)
  })

  test('a feed has a start and an overlap, and no windows', () => {
    const feed = (more: string): string => `
sources:
  app: { type: http, url: https://a.example, mode: feed, request: {}, page: { type: link }, event: { event_id: id, event_type: t, occurred_at: at }, ${more} }
destinations:
  alerts: { type: hook, url: https://a.example/hook }
`
    const withHttp = { kinds: { ...kinds, sources: [http] } }
    const { windows } = load(feed('start: 30d, overlap: 2h'), withHttp).sources[0] ?? {}
    expect(windows).toEqual({ startMs: 30 * 86_400_000, overlapMs: 7_200_000 })
    expect(faultsOf(feed('settle: 1m'), withHttp)).toMatchObject([
      { message: 'this source goes on from a cursor and is not read in windows' },
    ])
  })

  test('every key', () => {
    const config = load(`
state: { path: ./state/x.db, max_size: 1GiB, keep: 2d, reserve: 32MiB }
sources:
  app: { type: spool, path: ./outbox, every: 500ms }
destinations:
  alerts:
    type: hook
    url: https://a.example/hook
    batch: 100
    max_bytes: 1MiB
    enabled: false
    sources: [app, relay]
    filter: { types: [auth.*], outcome: failure, when: 'actor.kind == "user"' }
    start: 24h
    was: old-alerts
    retry: { schedule: [1s, 2m] }
    buffer: { max_age: 1h, max_bytes: 64MiB, when_full: dead_letter }
    dead_letters: { keep: forever }
    in_flight: 2
    timeout: 5s
`)
    expect(config.state).toEqual({
      path: join(config.folder, 'state/x.db'),
      maxBytes: 1024 ** 3,
      keepMs: 2 * 86_400_000,
      reserveBytes: 32 * 1024 ** 2,
    })
    expect(config.sources[0]?.everyMs).toBe(500)
    expect(config.destinations[0]).toMatchObject({
      enabled: false,
      sources: ['app', 'relay'],
      filter: { types: ['auth.*'], outcome: 'failure', when: 'actor.kind == "user"' },
      start: { agoMs: 86_400_000 },
      was: 'old-alerts',
      scheduleMs: [1000, 120_000],
      inFlight: 2,
      timeoutMs: 5000,
      buffer: { maxAgeMs: 3_600_000, maxBytes: 64 * 1024 ** 2, whenFull: 'dead_letter' },
      deadLettersKeepMs: null,
      limits: { maxEvents: 100, maxBytes: 1024 ** 2, overheadBytes: 16 },
    })
  })

  test.each([
    ['', 'off'],
    ['audit: {}\n', 'off'],
    ['audit: { delivered: off }\n', 'off'],
    ['audit: { delivered: batch }\n', 'batch'],
    ['audit: { delivered: event }\n', 'event'],
  ])('%j audits deliveries: %s', (text, delivered) => {
    expect(load(`${small}${text}`).audit).toEqual({ delivered })
  })

  test.each([
    ['audit: all', 'expected a map that says what is audited, found "all"'],
    ['audit:', 'expected a map that says what is audited, found nothing'],
    ['audit: { deliverd: batch }', 'unknown key "deliverd"'],
    ['audit: { delivered: always }', 'expected one of off, batch, event, found "always"'],
    ['audit: { delivered: true }', 'expected one of off, batch, event, found true'],
    ['audit: { delivered: "${WHAT}" }', 'a reference cannot stand here'],
  ])('%s: a fault, once', (text, message) => {
    expect(faultsOf(`${small}${text}\n`).map((fault) => fault.message)).toEqual([message])
  })

  test('a buffer of bytes alone blocks', () => {
    const [alerts] = load(small.replace('hook }', 'hook, buffer: { max_bytes: 4MiB } }')).destinations
    expect(alerts?.buffer).toEqual({ maxAgeMs: null, maxBytes: 4 * 1024 ** 2, whenFull: 'block' })
  })

  test.each([
    ['start: now', 'now'],
    ['start: beginning', 'beginning'],
  ])('%s', (line, start) => {
    expect(load(small.replace('hook }', `hook, ${line} }`)).destinations[0]?.start).toBe(start)
  })

  test.each([
    ['a byte order mark', `\ufeff${small}`],
    ['CRLF', small.replaceAll('\n', '\r\n')],
    [
      'a few aliases',
      `${small}  second: { type: hook, url: &u https://b.example }\n  third: { type: hook, url: *u }\n`,
    ],
    ['state as text', `state: ./x.db\n${small}`],
  ])('%s is taken', (_name, text) => {
    expect(faultsOf(text)).toEqual([])
  })

  test('a file that references nothing needs no environment', () => {
    expect(faultsOf(small, { checkReferences: true })).toEqual([])
  })
})

describe('files that are none', () => {
  test('missing, a folder, below a file', () => {
    const folder = folderWith({ file: 'x' })
    const messageOf = (path: string) => {
      try {
        loadConfig(path, { kinds, env: {} })
      } catch (error) {
        return (error as Error).message
      }
      return undefined
    }
    expect(messageOf(join(folder, 'none.yaml'))).toBe('there is no such file')
    expect(messageOf(folder)).toBe('this is a folder, not a file')
    expect(messageOf(join(folder, 'file/below'))).toBe('there is no such file')
  })

  test.each([
    ['empty', '', 'the file is empty'],
    ['only a comment', '# nothing\n', 'the file is empty'],
    ['a list', '- a\n', 'expected a map with state, sources, destinations, audit, found a list'],
    ['text', 'hello', 'expected a map with state, sources, destinations, audit, found "hello"'],
    ['binary', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1]), 'the file is not text: it holds NUL bytes'],
    ['UTF-16', Buffer.from('\ufeffsources:', 'utf16le'), 'the file is UTF-16'],
    ['Latin-1', Buffer.from([0x61, 0x3a, 0x20, 0xe4]), 'the file is not valid UTF-8'],
    ['huge file', `# ${'x'.repeat(1024 * 1024)}`, 'the file is larger than 1024 KiB'],
  ])('%s', (_name, content, message) => {
    const faults = faultsOf(content)
    expect(faults.map((fault) => fault.message)).toContain(message)
  })
})

describe('YAML beyond plain data is refused', () => {
  const bomb = [
    'a: &a [x, x, x, x, x, x, x, x, x]',
    ...'bcdefghi'
      .split('')
      .map(
        (name, index) => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${'abcdefgh'[index]}`).join(', ')}]`,
      ),
  ].join('\n')
  test('alias bomb', () => {
    const started = performance.now()
    expect(faultsOf(bomb)).toMatchObject([{ message: 'the file uses too many aliases' }])
    expect(performance.now() - started).toBeLessThan(500)
  })
  test.each([
    ['duplicate keys', `${small}sources: {}\n`, 'this key stands twice'],
    ['duplicate destinations', `${small}  alerts: { type: hook, url: https://b.example }\n`, 'this key stands twice'],
    [
      'merge keys <<',
      `base: &b { type: hook }\n${small}  more: { <<: *b, url: https://b.example }\n`,
      'merge keys (<<) are not supported',
    ],
    ['!!js/function', `${small}  more: !!js/function "function () { return 1 }"\n`, 'tags are not supported'],
    ['!custom', `${small}  more: !include other.yaml\n`, 'tags are not supported'],
    ['!!binary', `${small}  more: { type: hook, url: !!binary aGVsbG8= }\n`, 'tags are not supported'],
    ['several documents', `${small}---\nsources: {}\n`, 'the file holds more than one YAML document'],
    ['%YAML directive', `%YAML 1.1\n---\n${small}`, 'directives (%YAML, %TAG) are not supported'],
    [
      'an alias inside itself',
      `${small}  more: &m { type: hook, url: *m }\n`,
      'this alias stands inside the very value that it names',
    ],
    ['an alias of nothing', `${small}  more: { type: hook, url: *none }\n`, 'this alias names nothing'],
    ['tabs', `sources:\n\tapp: { type: spool }\n`, 'tabs cannot indent YAML'],
    ['an open quote', 'sources: "abc\n', 'a quote was opened and is never closed'],
    ['brackets by the thousand', `a: ${'['.repeat(100_000)}`, 'the file is nested too deeply'],
  ])('%s', (_name, text, message) => {
    expect(
      faultsOf(text)
        .map((fault) => fault.message)
        .join('\n'),
    ).toContain(message)
  })
  test('__proto__ is a key like any other, and unknown', () => {
    expect(faultsOf(`${small}__proto__: { polluted: 1 }\n`).map((fault) => fault.message)).toContain(
      'unknown key "__proto__"',
    )
    expect(
      faultsOf(small.replace('hook }', 'hook, __proto__: { batch: 1 } }')).map((fault) => fault.message),
    ).toContain('unknown key "__proto__"')
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
  test('after a soft fault the rest is checked all the same', () => {
    const faults = faultsOf(`${small}  alerts: { type: hok }\n`)
    expect(faults.map((fault) => fault.message)).toEqual(['this key stands twice', 'unknown kind of destination "hok"'])
  })
})

describe('a file that is something else altogether', () => {
  test.each([
    ['a fault on every line', Array.from({ length: 20_000 }, (_, index) => `key_${index}: [${index}]`).join('\n')],
    ['one long line', `a: "${'x'.repeat(1_000_000)}"`],
    ['many aliases', `a: &a x\nb: [${Array.from({ length: 20_000 }, () => '*a').join(', ')}]`],
    ['deep maps', Array.from({ length: 500 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
  ])('%s: told soon and with measure', (_name, text) => {
    const started = performance.now()
    const faults = faultsOf(text)
    expect(faults.length).toBeGreaterThan(0)
    expect(faults.length).toBeLessThanOrEqual(400)
    expect(JSON.stringify(faults).length).toBeLessThan(1_000_000)
    expect(performance.now() - started).toBeLessThan(10_000)
  })
})

describe('references', () => {
  const text = `
sources:
  app: { type: spool, path: ./outbox }
destinations:
  alerts: { type: hook, url: "https://\${HOST}/hook", secret: "\${file:./secret}" }
  other: { type: hook, url: "https://b.example/$\${HOST}" }
`
  test('are resolved when options are read, anew each time', () => {
    const folder = folderWith({ 'a.yaml': text, secret: 'first-secret\n' })
    const config = loadConfig(join(folder, 'a.yaml'), { kinds, env: { HOST: 'h.example' } })
    const [alerts, other] = config.destinations
    expect(alerts?.options()).toEqual({ url: 'https://h.example/hook', secret: 'first-secret' })
    expect(alerts?.secrets()).toEqual(['h.example', 'first-secret'])
    writeFileSync(join(folder, 'secret'), 'other-secret\r\n')
    expect(alerts?.options()).toEqual({ url: 'https://h.example/hook', secret: 'other-secret' })
    expect(alerts?.secrets()).toEqual(['h.example', 'other-secret'])
    expect(other?.options()).toEqual({ url: 'https://b.example/${HOST}' })
  })

  test('a missing one halts only what uses it, and is named without its value', () => {
    const config = load(text, { env: { HOST: 'h.example' } })
    expect(() => config.destinations[0]?.options()).toThrow(SetupError)
    expect(() => config.destinations[0]?.options()).toThrow('${file:./secret}: there is no such file')
    expect(config.destinations[0]?.limits).toEqual({ maxEvents: 1, maxBytes: 65_536, overheadBytes: 4096 })
    expect(() => config.destinations[1]?.options()).not.toThrow()
  })

  test('a missing one is a fault where it was asked for', () => {
    const faults = faultsOf(text, { checkReferences: true })
    expect(faults).toMatchObject([
      { line: 5, column: 30, message: expect.stringContaining('HOST is not set') as string },
      { line: 5, column: 62, message: '${file:./secret}: there is no such file' },
    ])
  })

  test('inherited names of the environment are not set', () => {
    expect(faultsOf(text.replace('${HOST}', '${constructor}'), { checkReferences: true })[0]?.message).toContain(
      'constructor is not set',
    )
  })

  test('a value that does not fit is told without the value', () => {
    const config = load(text.replace('https://${HOST}/hook', '${HOST}'), { env: { HOST: 'not-an-address' } })
    writeFileSync(join(config.folder, 'secret'), 'short')
    const thrown = (() => {
      try {
        config.destinations[0]?.options()
      } catch (error) {
        return error as Error
      }
      return undefined
    })()
    expect(thrown).toBeInstanceOf(SetupError)
    expect(thrown?.message).toContain('url: expected an absolute address')
    expect(thrown?.message).toContain('secret: ')
    expect(thrown?.message).not.toContain('not-an-address')
    expect(thrown?.message).not.toContain('short')
    const short = load(text.replace('https://${HOST}/hook', '${HOST}').replace('${file:./secret}', 'literal-secret'), {
      env: { HOST: 'q-z' },
    })
    expect(() => short.destinations[0]?.options()).toThrow(/^url: expected an absolute address [^q]+$/)
  })

  test('a secret that holds newlines and "destinations:" stays one text', () => {
    const evil = 'x-secret"\ndestinations:\n  evil: { type: hook, url: https://evil.example }\n'
    const config = load(text, { env: { HOST: evil } })
    expect(config.destinations.map(({ name }) => name)).toEqual(['alerts', 'other'])
    writeFileSync(join(config.folder, 'secret'), `${evil}more`)
    const written = text.replace('https://${HOST}/hook', 'https://h.example')
    const second = load(written)
    writeFileSync(join(second.folder, 'secret'), evil)
    expect(second.destinations[0]?.options()).toMatchObject({ secret: evil.slice(0, -1) })
  })

  test.each(['${}', '${A', '${a b}', '${A:-x}', '${file:}', 'x ${1}'])('%s is no reference', (value) => {
    expect(faultsOf(text.replace('https://${HOST}/hook', value)).map((fault) => fault.message)).toContain(
      'this is no reference',
    )
  })

  test('a reference where a number is expected, and where none may stand', () => {
    expect(faultsOf(small.replace('hook }', 'hook, batch: "${N}" }'))).toMatchObject([
      { message: 'expected a number, found a reference', hint: 'a reference always gives text' },
    ])
    expect(faultsOf(small.replace('hook }', 'hook, timeout: "${T}" }'))).toMatchObject([
      { message: 'a reference cannot stand here' },
    ])
  })

  test('constraints that need the value wait for it', () => {
    expect(
      faultsOf(
        small.replace(
          'https://a.example/hook',
          '"${URL}", secret: ["${A}", "${B}"], auth: { user: "${U}", password: "${P}" }',
        ),
      ),
    ).toMatchObject([])
  })

  test('the path of the state is resolved at once', () => {
    expect(load(`state: "\${DIR}/x.db"\n${small}`, { env: { DIR: '/tmp/somewhere' } }).state.path).toBe(
      '/tmp/somewhere/x.db',
    )
    expect(faultsOf(`state: "\${DIR}/x.db"\n${small}`)).toMatchObject([
      { line: 1, message: expect.stringContaining('DIR is not set') as string },
    ])
  })
})

describe('secrets never show', () => {
  const canary = 'CANARY-7f3a91'
  const places = [
    `secret: ${canary}`,
    `secret: "${canary}"`,
    `secret: '${canary}', batch: none`,
    `secret: [${canary}, short]`,
    `secret: |\n      ${canary}\n    batch: none`,
    `auth: { user: u, password: ${canary}, extra: 1 }`,
    `headers: { authorization: Bearer ${canary} }\n    batch: none`,
    `headers: { x-api-key: [${canary}] }`,
    `url: https://user:${canary}@h.example/\n    batch: none`,
    `url: https://h.example/?key=${canary}\n    batch: none`,
    `url: "user:${canary}@h.example"\n    secret: { a: ${canary} }`,
    `token: ${canary}`,
    `secret: { nested: ${canary} }`,
    `auth: { user: u,\n      password: "a\n      ${canary}", more: ${canary} }`,
    `"secret": ${canary}`,
    `secret: \${A} ${canary}`,
    `secret: "\${A}", token: ${canary}`,
    `secret: ]${canary}`,
    `secret: |${canary}\n      a`,
    `secret: >- ${canary}\n      a`,
    `secret: "\\x${canary}"`,
    `secret: !${canary}!x y`,
    `secret: !${canary}`,
    `secret: *${canary}`,
    `secret: "a" ${canary}`,
    `secret: 'a' "${canary}"`,
    `secret: [${canary}`,
    `secret: @${canary}`,
    `secret: &${canary} { a: 1 }`,
    `auth: { user: u, password: ${canary}: x }`,
    `secret: "\\q${canary}"`,
    `? secret\n    : ${canary}\n    batch: none`,
    `api-key: "${canary}`,
    `secret:\n      ${canary}\n    batch: none`,
  ]
  test.each(places)('%s', (lines) => {
    const rest = lines.includes('url:') ? '' : '    url: https://a.example\n'
    const faults = faultsOf(
      `sources:\n  app: { type: spool, path: x }\ndestinations:\n  alerts:\n    type: hook\n${rest}    ${lines}\n    batc: 1\n`,
    )
    expect(faults.length).toBeGreaterThan(0)
    expect(JSON.stringify(faults)).not.toContain(canary)
  })
})

describe('what stands in one entry', () => {
  const one = (fault: { source?: string; destination?: string; more?: string }) =>
    faultsOf(
      `sources:\n  app: ${fault.source ?? '{ type: spool, path: x }'}\ndestinations:\n  alerts: ${fault.destination ?? '{ type: hook, url: https://a.example }'}\n${fault.more ?? ''}`,
    )

  test.each([
    ['{ type: spol, path: x }', 'unknown kind of source "spol"', 'did you mean "spool"?'],
    ['{ path: x }', '"type" is missing', 'it is one of spool, trail'],
    ['{ type: 5 }', 'expected a kind of source', 'one of spool, trail'],
    ['nothing', 'expected a map that says what source this is, found "nothing"', undefined],
    ['{ type: spool }', '"path" is missing', 'it is text'],
    ['{ type: spool, path: 5 }', 'expected text, found the number 5', 'put it in quotes: "5"'],
    [
      '{ type: spool, path: x, every: 30 }',
      'expected a duration such as 30s, found the number 30; write 30s',
      undefined,
    ],
    ['{ type: spool, path: x, every: "30" }', 'expected a duration such as 30s, found "30"; write 30s', undefined],
    ['{ type: spool, path: x, every: 30 seconds }', 'expected a duration such as 30s, found "30 seconds"', undefined],
    ['{ type: spool, path: x, every: 1ms }', 'expected 10ms or more, found "1ms"', undefined],
    [
      '{ type: spool, path: x, every: 1m, cron: "* * * * *" }',
      '"every" and "cron" both say when a pull starts',
      'remove one of them',
    ],
    ['{ type: spool, path: x, cron: "0 0 30 2 *" }', 'this expression never comes true', 'times are in UTC'],
    ['{ type: spool, path: x, settle: 5s }', 'spool is not read in windows', 'remove "settle" from this source'],
    ['{ type: spool, path: x, on_done: kep }', 'expected one of keep, delete, found "kep"', 'did you mean "keep"?'],
    ['{ type: spool, path: x, on_done: { move: 5 } }', 'expected text, found the number 5', 'put it in quotes: "5"'],
    [
      '{ type: spool, path: x, sources: [a] }',
      'unknown key "sources"',
      'known keys: path, on_done, fields, type, every, cron, start, settle, overlap, max_window, sweeps, retention',
    ],
  ])('source %s', (source, message, hint) => {
    const [fault] = one({ source })
    expect(fault?.message).toBe(message)
    expect(fault?.hint).toBe(hint)
  })

  const base = 'type: hook, url: https://a.example'
  test.each([
    [`{ ${base}, filtr: {} }`, 'unknown key "filtr"', 'did you mean "filter"?'],
    [`{ ${base}, enabled: yes }`, 'expected true or false, found "yes"', 'write true'],
    [`{ ${base}, sources: app }`, 'expected a list, found "app"', 'write [app]'],
    [`{ ${base}, sources: [ap] }`, 'there is no source "ap"', 'did you mean "app"?'],
    [`{ ${base}, sources: [zzzzz] }`, 'there is no source "zzzzz"', 'the sources are app'],
    [`{ ${base}, sources: [] }`, 'expected at least 1 entry, found a list', undefined],
    [`{ ${base}, filter: { typs: [a] } }`, 'unknown key "typs"', undefined],
    [`{ ${base}, filter: { when: 'actor.kind == ' } }`, 'the expression ends too early', undefined],
    [
      `{ ${base}, buffer: { max_age: 1h } }`,
      'max_age needs to know what becomes of events that are too old: block would only make them older',
      'add when_full: drop_oldest or when_full: dead_letter',
    ],
    [`{ ${base}, buffer: {} }`, 'a buffer without a bound', 'add max_bytes: 64MiB, or max_age: 1h, or remove it'],
    [`{ ${base}, buffer: { max_bytes: 1MiB } }`, 'expected 4MiB or more, found "1MiB"', undefined],
    [`{ ${base}, dead_letters: { keep: 12h } }`, 'expected "forever" or 1d or more, found "12h"', undefined],
    [
      `{ ${base}, dead_letters: { keep: ever } }`,
      'expected "forever" or a duration such as 30s, found "ever"',
      undefined,
    ],
    [`{ ${base}, dead_letters: { keeep: 7d } }`, 'unknown key "keeep"', undefined],
    [`{ ${base}, was: alerts }`, 'the old name is the name itself', 'remove was'],
    [`{ ${base}, in_flight: 0 }`, 'expected a number of at least 1, found the number 0', undefined],
    [`{ ${base}, in_flight: "3" }`, 'expected a number, found "3"', 'write 3 without quotes'],
    [
      `{ ${base}, start: yesterday }`,
      'expected one of now, beginning or a duration such as 30s, found "yesterday"',
      undefined,
    ],
    [`{ ${base}, batch: 5.5 }`, 'expected a whole number, found the number 5.5', undefined],
    [`{ ${base}, retry: { schedule: [1s, 2x] } }`, 'expected a duration such as 30s, found "2x"', undefined],
    [`{ ${base}, max_bytes: 10MB }`, 'expected a size such as 64MiB, found "10MB"; write 10MiB', undefined],
    [
      `{ ${base}, auth: { user: u, password: pppppppp }, secret: ssssssss }`,
      'auth and secret exclude each other',
      undefined,
    ],
    [
      `{ type: hook, url: here }`,
      'expected an absolute address such as https://receiver.example/hook, found "here"',
      undefined,
    ],
  ])('destination %s', (destination, message, hint) => {
    const [fault] = one({ destination })
    expect(fault?.message).toBe(message)
    expect(fault?.hint).toBe(hint)
  })

  test.each(['Alerts', 'a b', '-a', 'a/b', 'ä', 'a'.repeat(65)])('the name %j', (name) => {
    expect(one({ more: `  "${name}": { type: folder, path: x }\n` })[0]?.message).toContain(
      'is not a name for a destination',
    )
  })

  test('a reserved source, an old name that is still used, a source that nobody reads', () => {
    expect(faultsOf(small.replace('app:', 'relay:'))[0]?.message).toBe(
      '"relay" is the built-in source of the relay\'s own events',
    )
    expect(one({ more: '  more: { type: folder, path: x, was: alerts }\n' })[0]?.message).toBe(
      '"alerts" is still a destination of its own',
    )
    expect(one({ destination: `{ ${base}, sources: [relay] }` })).toMatchObject([
      { severity: 'warning', line: 2, message: 'no destination reads the source "app"' },
    ])
  })

  test('no sources or destinations', () => {
    expect(faultsOf('destinations: {}\nsources: {}\n').map((fault) => [fault.severity, fault.message])).toEqual([
      ['warning', 'there is no source'],
      ['warning', 'there is no destination: events would be read and kept, but go nowhere'],
    ])
    expect(faultsOf('state: x\n').map((fault) => fault.message)).toEqual(['"sources" is missing'])
  })

  test('faults of several keys come at once', () => {
    const faults = one({
      destination: `{ ${base}, enabled: 1, sources: [ap], filter: { when: 'x == 1', outcome: no }, timeout: 5 }`,
    })
    expect(faults.map((fault) => fault.message)).toHaveLength(5)
  })
})
