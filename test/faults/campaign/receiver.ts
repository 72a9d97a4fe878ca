// The destination of a campaign: an HTTP server on loopback that hands every event it was sent to the oracle, then answers
// after a while, so that a kill finds requests in flight.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Chance } from './chance.ts'
import { elements } from './elements.ts'

/** Where in the life of a request something may be done to the relay. */
export type Moment = 'received' | 'answered'

export interface ReceiverSetting {
  readonly chance: Chance
  /** Longest time to an answer, milliseconds. */
  readonly maxDelayMs: number
  /** One event, at the path's destination. */
  readonly deliver: (destination: string, event: Buffer) => void
}

export class Receiver {
  /** Called with each request at each moment; replaced for each round. */
  onMoment: (moment: Moment) => void = () => {}
  requests = 0
  readonly #server: Server
  readonly #setting: ReceiverSetting

  constructor(setting: ReceiverSetting) {
    this.#setting = setting
    this.#server = createServer((request, response) => this.#take(request, response))
    this.#server.keepAliveTimeout = 60_000
  }

  /** Resolves with the address to post to. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    return `http://127.0.0.1:${address.port}`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    // A request that a kill has cut was never received.
    request.on('end', () => request.complete && this.#receive(request.url ?? '/', Buffer.concat(chunks), response))
    request.on('error', () => {})
    response.on('error', () => {})
  }

  #receive(path: string, body: Buffer, response: ServerResponse): void {
    this.requests++
    for (const event of elements(body)) this.#setting.deliver(path.slice(1), event)
    this.onMoment('received')
    setTimeout(() => {
      response.end()
      this.onMoment('answered')
    }, this.#setting.chance.next() * this.#setting.maxDelayMs)
  }
}
