import { describe, expect, it } from 'vitest'
import { SourceClock } from '../../../src/polling/source-clock.ts'
import { type HttpLane, SourceHttp } from '../../../src/polling/source-http.ts'
import type { HttpClient, HttpReply, HttpRequest } from '../../../src/runtime/http.ts'
import type { SourceHttpOptions } from '../../../src/sources/source.ts'
import { TestClock } from '../../fakes/test-clock.ts'

const start = Date.UTC(2026, 4, 17, 8)
const never = new AbortController().signal

function stage(headers: Record<string, string> = {}) {
  const clock = new TestClock(start, 2)
  const started: [string, number][] = []
  const closed: number[] = []
  const given: SourceHttpOptions[] = []
  const open = (options: SourceHttpOptions): HttpClient => {
    given.push(options)
    return {
      request: async ({ url }): Promise<HttpReply> => {
        started.push([new URL(url).pathname.slice(1), clock.monotonic()])
        return { status: 200, headers, body: Buffer.alloc(0), truncated: false }
      },
      close: async () => void closed.push(given.indexOf(options)),
    }
  }
  const sourceClock = new SourceClock(clock, () => undefined)
  const http = new SourceHttp({ clock, sourceClock, open })
  const ask = (client: HttpClient, name: string, more: Partial<HttpRequest> = {}, signal = never) =>
    client.request({ method: 'GET', url: `https://api.example/${name}`, headers: {}, ...more }, signal)
  const client = (lane: HttpLane, options?: SourceHttpOptions) => http.http(lane)(options)
  return { clock, started, closed, given, sourceClock, client, ask }
}

describe('SourceHttp', () => {
  it('lets requests through at once when there is no pace', async () => {
    const { started, client, ask } = stage()
    const [live, backfill] = [client('live'), client('backfill')]
    await Promise.all([ask(backfill, 'b'), ask(live, 'l')])
    expect(started).toEqual([
      ['l', 0],
      ['b', 0],
    ])
  })

  it('keeps the pace over all lanes together, on the monotonic clock', async () => {
    const { clock, started, client, ask } = stage()
    const [live, backfill] = [client('live', { perSecond: 2 }), client('backfill', { perSecond: 2 })]
    const all = [ask(live, 'l1'), ask(backfill, 'b1'), ask(live, 'l2'), ask(backfill, 'b2')]
    await clock.settle()
    clock.jump(-3_600_000)
    await clock.advance(499)
    expect(started).toEqual([['l1', 0]])
    await clock.advance(1)
    expect(started.at(-1)).toEqual(['l2', 500])
    await clock.advance(1_000)
    expect(started.slice(2)).toEqual([
      ['b1', 1_000],
      ['b2', 1_500],
    ])
    await Promise.all(all)
    expect(clock.pending).toBe(0)
  })

  it('the slowest pace of several counts', async () => {
    const { clock, started, client, ask } = stage()
    const live = client('live', { perSecond: 10 })
    client('backfill', { perSecond: 1 })
    void ask(live, 'l1')
    void ask(live, 'l2')
    await clock.advance(5_000)
    expect(started).toEqual([
      ['l1', 0],
      ['l2', 1_000],
    ])
  })

  it('a pace ends with the client that asked for it', async () => {
    const { clock, started, client, ask } = stage()
    await client('live', { perSecond: 0.001 }).close()
    const live = client('live')
    void ask(live, 'l1')
    void ask(live, 'l2')
    await clock.settle()
    expect(started).toHaveLength(2)
  })

  it('a live request goes before every backfill request that waits, however long those have waited', async () => {
    const { clock, started, client, ask } = stage()
    const [live, backfill] = [client('live', { perSecond: 1 }), client('backfill')]
    for (const name of ['b1', 'b2', 'b3']) void ask(backfill, name)
    await clock.advance(1_500)
    for (const name of ['l1', 'l2']) void ask(live, name)
    await clock.advance(5_000)
    expect(started.map(([name]) => name)).toEqual(['b1', 'b2', 'l1', 'l2', 'b3'])
  })

  it('who gives up while waiting is not sent, and takes no turn', async () => {
    const { clock, started, client, ask } = stage()
    const live = client('live', { perSecond: 1 })
    await ask(live, 'l1')
    const stop = new AbortController()
    const gone = ask(live, 'gone', {}, stop.signal)
    await clock.settle()
    stop.abort(new Error('enough'))
    await expect(gone).rejects.toThrow('enough')
    await clock.settle()
    expect(clock.pending).toBe(0)
    const next = ask(live, 'l2')
    await clock.advance(1_000)
    await next
    expect(started).toEqual([
      ['l1', 0],
      ['l2', 1_000],
    ])
  })

  it('closing ends the waits of that client alone', async () => {
    const { clock, started, closed, client, ask } = stage()
    const [live, backfill] = [client('live', { perSecond: 1 }), client('backfill')]
    await ask(live, 'l1')
    const waits = ask(backfill, 'b1')
    const goesOn = ask(live, 'l2')
    await clock.settle()
    const ended = expect(waits).rejects.toThrow('closed')
    await backfill.close()
    await ended
    await expect(ask(backfill, 'b2')).rejects.toThrow('closed')
    await clock.advance(1_000)
    await goesOn
    expect(closed).toEqual([1])
    expect(started.map(([name]) => name)).toEqual(['l1', 'l2'])
  })

  it('each lane has connections of its own', () => {
    const { given, client } = stage()
    client('live', { timeoutMs: 1 })
    client('backfill', { timeoutMs: 2 })
    expect(given).toEqual([{ timeoutMs: 1 }, { timeoutMs: 2 }])
  })

  it.each<[string, Partial<HttpRequest>, boolean]>([
    ['its own address', {}, true],
    ['a given address of its origin', { given: { operatorUrl: 'https://api.example/v1', allowedHosts: [] } }, true],
    ['a given address elsewhere', { given: { operatorUrl: 'https://other.example/', allowedHosts: [] } }, false],
    ['somebody else', { elsewhere: true }, false],
  ])('tells the clock of the source from answers of %s: %j', async (_, more, counts) => {
    const { client, ask, sourceClock } = stage({ date: new Date(start + 120_000).toUTCString() })
    await ask(client('live'), 'l1', more)
    expect(sourceClock.now()).toBe(counts ? start + 120_000 : start)
  })
})
