// What answers of a bulk API mean, the odd ones above all.
import { describe, expect, it } from 'vitest'
import { judgeBulk } from '../../../../src/destinations/bulk-judge.ts'
import type { Verdict } from '../../../../src/model/verdict.ts'
import { batchNamed } from '../../../fakes/batches.ts'

const batch = batchNamed('a', 2)

const IN_FAILURE_STORE = {
  kind: 'delivered',
  remark: {
    code: 'failure_store',
    text: 'the receiver keeps it in its failure store, where searches do not look',
    status: 200,
  },
}

function judged(
  body: unknown,
  change: { status?: number; truncated?: boolean; headers?: Record<string, string> } = {},
) {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  return judgeBulk({ status: 200, headers: {}, truncated: false, ...change, body: bytes }, batch, 0)
}

function item(create: unknown): Verdict {
  const [first] = judged({ errors: true, items: [{ create }, { create: { status: 201 } }] })
  return first as Verdict
}

describe('row 48: an answer that does not say what became of each event is no delivery', () => {
  it.each([
    ['items are missing', { errors: false, items: [{ create: { status: 201 } }] }],
    ['there are too many', { errors: false, items: [1, 2, 3].map(() => ({ create: { status: 201 } })) }],
    ['there are none', { errors: false, items: [] }],
    ['no list', { errors: false }],
    ['something else', { took: 1, items: {} }],
    ['null', null],
    ['a text', '"ok"'],
    ['nothing', ''],
    ['a web page', '<html><title>Sign in</title></html>'],
    ['cut JSON', '{"errors":false,"items":[{"create":{"status":201}},{"cre'],
  ])('%s', (_, body) => {
    const verdicts = judged(body)
    expect(verdicts).toHaveLength(2)
    for (const verdict of verdicts)
      expect(verdict).toMatchObject({
        kind: 'retry',
        reason: { code: expect.stringMatching(/^(no_bulk_answer|items_missing)$/) as string },
      })
  })

  it('one that is cut off after an end that looks whole', () => {
    const items = [{ create: { status: 201 } }, { create: { status: 201 } }]
    expect(judged({ errors: false, items })).toEqual([{ kind: 'delivered' }, { kind: 'delivered' }])
    expect(judged({ errors: false, items }, { truncated: true })).toMatchObject([{ kind: 'retry' }, { kind: 'retry' }])
  })

  it.each([[{}], [null], [{ status: '201' }], [{ status: null, error: 'x' }], [7], ['x'], [[]]])(
    'an item that is %j',
    (create) => {
      expect(item(create)).toMatchObject({ kind: 'retry', reason: { code: 'no_item_status' } })
    },
  )

  it('row 66: other 2xx without items are no delivery', () => {
    for (const status of [201, 202, 204])
      expect(judged('', { status })).toMatchObject([{ kind: 'retry' }, { kind: 'retry' }])
  })
})

describe('row 60: every status', () => {
  it('of an event: halts for the set-up, is refused for the event, and is tried again for all else', () => {
    const word = (status: number): string => item({ status, error: { type: 'some_exception', reason: 'why' } }).kind
    for (let status = 100; status <= 599; status++) {
      const expected =
        status === 200 || status === 201
          ? 'delivered'
          : [401, 403, 404, 405].includes(status)
            ? 'halt'
            : [400, 413, 422].includes(status)
              ? 'reject'
              : 'retry'
      expect([status, word(status)]).toEqual([status, expected])
    }
  })

  it('of the whole: never delivered but by what the items say', () => {
    const body = { errors: false, items: [{ create: { status: 201 } }, { create: { status: 201 } }] }
    for (let status = 100; status <= 599; status++) {
      const [verdict] = judged(body, { status })
      expect([status, verdict?.kind === 'delivered']).toEqual([status, status >= 200 && status <= 299])
    }
    expect(judged('', { status: 413 })).toMatchObject([{ kind: 'reject', split: true }, {}])
    expect(judged('', { status: 429, headers: { 'retry-after': '7' } })).toMatchObject([
      { kind: 'retry', afterMs: 7000 },
      {},
    ])
    for (const status of [500, 502, 503, 504]) expect(judged('', { status })[0]?.kind).toBe('retry')
    for (const status of [401, 403, 404]) expect(judged('', { status })[0]?.kind).toBe('halt')
  })
})

describe('items', () => {
  it('a conflict is a delivery only where it is one of versions', () => {
    expect(item({ status: 409, error: { type: 'version_conflict_engine_exception' } })).toEqual({ kind: 'delivered' })
    expect(item({ status: 409 })).toEqual({ kind: 'delivered' })
    expect(item({ status: 409, error: { type: 'resource_already_exists_exception' } }).kind).toBe('retry')
  })

  it('one that is too large alone asks for smaller batches', () => {
    expect(item({ status: 413 })).toMatchObject({ kind: 'reject', split: true, reason: { code: 'item_413' } })
  })

  it.each([
    ['invalid_index_name_exception', 'Invalid index name [x]'],
    ['index_closed_exception', 'closed'],
    ['illegal_argument_exception', 'pipeline with id [x] does not exist'],
  ])('%s, %s, blames the set-up in spite of its 400', (type, reason) => {
    expect(item({ status: 400, error: { type, reason } })).toMatchObject({
      kind: 'halt',
      reason: { code: type, status: 400 },
    })
    expect(
      item({ status: 400, error: { type: 'illegal_argument_exception', reason: 'mapper [x] cannot be changed' } }).kind,
    ).toBe('reject')
  })

  it('the failure store: used is a delivery, failed and not_enabled are what their status is', () => {
    expect(item({ status: 201, failure_store: 'used' })).toEqual(IN_FAILURE_STORE)
    expect(item({ status: 201, failure_store: 'not_applicable_or_unknown' })).toEqual({ kind: 'delivered' })
    const error = { type: 'document_parsing_exception', reason: 'why' }
    expect(item({ status: 400, failure_store: 'not_enabled', error }).kind).toBe('reject')
    expect(item({ status: 400, failure_store: 'failed', error })).toMatchObject({
      kind: 'reject',
      reason: { text: expect.stringContaining('failure store could not take it either') as string },
    })
  })

  it('what a receiver makes up neither becomes a code nor reaches a terminal', () => {
    const verdict = item({
      status: 400,
      error: { type: 'evil\u001b[2J', reason: `a\nb\u202e${'x'.repeat(9000)}`, caused_by: { reason: 'deeper' } },
    })
    if (verdict.kind !== 'reject') throw new Error('not refused')
    expect(verdict.reason.code).toBe('item_400')
    expect(verdict.reason.text).toMatch(
      /^the receiver answered 400 for this event: evil\\u\{1b\}\[2J: a b\\u\{202e\}x+…$/,
    )
    expect(verdict.reason.text.length).toBeLessThan(400)
    expect(
      item({
        status: 400,
        error: { type: 'mapper_parsing_exception', reason: 'failed to parse', caused_by: { reason: 'deeper' } },
      }),
    ).toMatchObject({
      reason: { code: 'mapper_parsing_exception', text: expect.stringContaining('failed to parse: deeper') as string },
    })
  })
})

describe('the state of a cluster is not the fault of an event', () => {
  it.each([
    [
      'validation_exception',
      'Validation Failed: 1: this action would add [2] shards, but this cluster currently has [1000]/[1000] maximum normal shards open;',
      'validation_exception',
    ],
    [
      'illegal_argument_exception',
      'no write index is defined for alias [audit]. The write index may be explicitly disabled using is_write_index=false',
      'illegal_argument_exception',
    ],
  ])('%s halts', (type, reason, code) => {
    expect(item({ status: 400, error: { type, reason } })).toMatchObject({ kind: 'halt', reason: { code } })
  })

  it('another argument that is not legal is the fault of the event', () => {
    const error = { type: 'illegal_argument_exception', reason: 'limit of total fields [1000] has been exceeded' }
    expect(item({ status: 400, error })).toMatchObject({ kind: 'reject' })
  })
})
