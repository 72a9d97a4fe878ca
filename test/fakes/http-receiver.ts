// A receiver on loopback that does what a script says: it records what it was sent and answers, or misbehaves, byte by byte.
import { createServer, type Server, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'

export interface Received {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** Which connection it came over, counted from 1. */
  readonly connection: number
}

export interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** These very bytes instead of an answer made of the fields above. */
  readonly raw?: string | Uint8Array
  /** Answer only after this. */
  readonly after?: Promise<unknown>
  /** Close the connection after so many bytes of the answer. */
  readonly cutAt?: number
  /** Say nothing at all, and leave the connection open. */
  readonly never?: boolean
  /** Go on sending a body for ever. */
  readonly endless?: boolean
}

type Script = (request: Received, index: number) => Answer

export interface Receiver {
  readonly url: string
  readonly requests: readonly Received[]
  /** Connections opened so far, and those open now. */
  readonly connections: { readonly opened: number; readonly open: number }
  answer(script: Answer | Script): void
  /** Resolves when `count` requests have come since the start. */
  received(count: number): Promise<void>
  /** Resolves when no connection is open. */
  deserted(): Promise<void>
  close(): Promise<void>
}

/** Starts a receiver; with TLS options it speaks HTTPS. */
export async function startReceiver(tls?: TlsOptions): Promise<Receiver> {
  const receiver = new ScriptedReceiver(tls)
  await receiver.listen()
  return receiver
}

class ScriptedReceiver implements Receiver {
  readonly requests: Received[] = []
  #script: Script = () => ({})
  readonly #sockets = new Set<Socket>()
  #opened = 0
  readonly #waiting = new Set<{ met(): boolean; resolve(): void }>()
  readonly #server: Server
  readonly #scheme: string

  constructor(tls: TlsOptions | undefined) {
    this.#scheme = tls ? 'https' : 'http'
    this.#server = tls
      ? createTlsServer(tls, (socket) => this.#serve(socket))
      : createServer((socket) => this.#serve(socket))
    this.#server.on('tlsClientError', () => undefined)
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get connections(): { opened: number; open: number } {
    return { opened: this.#opened, open: this.#sockets.size }
  }

  answer(script: Answer | Script): void {
    this.#script = typeof script === 'function' ? script : () => script
  }

  received(count: number): Promise<void> {
    return this.#until(() => this.requests.length >= count)
  }

  deserted(): Promise<void> {
    return this.#until(() => this.#sockets.size === 0)
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #until(met: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.add({ met, resolve })
      this.#changed()
    })
  }

  #changed(): void {
    for (const waiting of this.#waiting) {
      if (!waiting.met()) continue
      this.#waiting.delete(waiting)
      waiting.resolve()
    }
  }

  #serve(socket: Socket): void {
    const connection = ++this.#opened
    this.#sockets.add(socket)
    let pending = Buffer.alloc(0)
    socket.setNoDelay(true)
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.#sockets.delete(socket)
      this.#changed()
    })
    socket.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk])
      for (let next = parseRequest(pending, connection); next; next = parseRequest(pending, connection)) {
        pending = pending.subarray(next.size)
        this.requests.push(next.request)
        void this.#reply(socket, this.#script(next.request, this.requests.length - 1))
        this.#changed()
      }
    })
  }

  async #reply(socket: Socket, answer: Answer): Promise<void> {
    if (answer.never) return
    await answer.after
    const bytes = answerBytes(answer)
    if (answer.cutAt !== undefined) socket.end(bytes.subarray(0, answer.cutAt))
    else socket.write(bytes)
    while (answer.endless && !socket.destroyed)
      await new Promise((resolve) => socket.write(Buffer.alloc(65_536, 0x61), resolve))
  }
}

/** One request with a `content-length`, if it has come whole. */
function parseRequest(bytes: Buffer, connection: number): { request: Received; size: number } | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
  const size = end + 4 + Number(headers['content-length'] ?? 0)
  if (bytes.length < size) return undefined
  const [method = '', path = ''] = first.split(' ')
  return { request: { method, path, headers, body: Buffer.from(bytes.subarray(end + 4, size)), connection }, size }
}

/** The whole answer as it goes over the wire. */
export function answerBytes(answer: Answer): Buffer {
  if (answer.raw !== undefined) return Buffer.from(answer.raw)
  const body = Buffer.from(answer.body ?? '')
  const length = answer.endless ? ['transfer-encoding: identity'] : [`content-length: ${body.length}`]
  const headers = Object.entries(answer.headers ?? {}).map(([name, value]) => `${name}: ${value}`)
  return Buffer.concat([
    Buffer.from([`HTTP/1.1 ${answer.status ?? 200} Answer`, ...length, ...headers, '', ''].join('\r\n'), 'latin1'),
    body,
  ])
}
