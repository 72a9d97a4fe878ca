// Starts the reading thread and speaks to it: the `Reader` port whose work is done elsewhere.
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { SourceConfig } from '../config/config.ts'
import type { EncodedPage } from '../polling/page-encoder.ts'
import type { OpenReader, Reader } from '../polling/reader.ts'
import type { SourceNotice } from '../sources/source.ts'
import { type FromReader, fromFailure, type ReaderSetup, type ToReader } from './reader-protocol.ts'

/** The thread's garbage is mostly views of buffers; a larger young generation would only keep dead pages in memory. */
const youngMb = 6

type Done = Extract<FromReader, { type: 'done' }>

/** What is under way with one opened source. */
interface Conversation {
  readonly notice: (notice: SourceNotice) => void
  readonly pages: EncodedPage[]
  /** The request that waits for its answer, if any. */
  asked: { resolve: (done: Done) => void; reject: (error: Error) => void } | undefined
  arrived: () => void
}

export interface ReaderThread {
  readonly open: OpenReader
  /** Rejects when the thread dies, which is a fault of ours; pending until then. */
  readonly died: Promise<never>
  stop(): Promise<void>
}

export function startReaderThread(setup: ReaderSetup, sources: readonly SourceConfig[]): ReaderThread {
  const worker = new Worker(new URL(`./reader-worker${extname(import.meta.url)}`, import.meta.url), {
    workerData: setup,
    resourceLimits: { maxYoungGenerationSizeMb: youngMb },
  })
  const conversations = new Map<number, Conversation>()
  let last = 0
  const died = new Promise<never>((_, reject) => worker.once('error', reject))
  died.catch((error: Error) => {
    for (const conversation of conversations.values()) conversation.asked?.reject(error)
  })
  worker.on('message', (message: FromReader) => {
    const conversation = conversations.get(message.reader)
    if (conversation) hear(conversation, message)
  })
  const say = (message: ToReader) => worker.postMessage(message)
  return {
    died,
    async open(name, cursors, notice, backfill) {
      const source = sources.find((candidate) => candidate.name === name)
      if (!source) throw new Error(`no source ${name}`)
      const options = source.options()
      const reader = ++last
      const conversation: Conversation = { notice, pages: [], asked: undefined, arrived: () => {} }
      conversations.set(reader, conversation)
      const handle = readerOver(reader, conversation, say)
      const { type: kind, windows = {} } = source
      await ask(conversation, () =>
        say({ type: 'open', reader, source: name, kind, options, windows, cursors, backfill }),
      )
      return { ...handle, close: () => handle.close().finally(() => conversations.delete(reader)) }
    },
    async stop() {
      await worker.terminate()
    },
  }
}

function hear(conversation: Conversation, message: FromReader): void {
  switch (message.type) {
    case 'page':
      conversation.pages.push(message.page)
      break
    case 'notice':
      return conversation.notice(message.notice)
    case 'done':
      conversation.asked?.resolve(message)
      break
    case 'failed':
      conversation.asked?.reject(fromFailure(message.failure))
      break
  }
  conversation.arrived()
}

function ask(conversation: Conversation, say: () => void): Promise<Done> {
  if (conversation.asked) throw new Error('the reading thread was asked twice at once')
  return new Promise<Done>((resolve, reject) => {
    conversation.asked = { resolve, reject }
    say()
  }).finally(() => {
    conversation.asked = undefined
  })
}

function readerOver(reader: number, conversation: Conversation, say: (message: ToReader) => void): Reader {
  return {
    async *read(signal, dueInMs = Infinity) {
      const stop = () => say({ type: 'stop', reader })
      signal.addEventListener('abort', stop, { once: true })
      let ended: { error?: unknown } | undefined
      const end = (how: { error?: unknown }) => {
        ended = how
        conversation.arrived()
      }
      const whole = ask(conversation, () => say({ type: 'read', reader, dueInMs })).then(
        () => end({}),
        (error: unknown) => end({ error }),
      )
      if (signal.aborted) stop()
      try {
        while (!ended || conversation.pages.length > 0) {
          const page = conversation.pages.shift()
          if (page) {
            yield page
            say({ type: 'more', reader })
          } else await new Promise<void>((resolve) => (conversation.arrived = resolve))
        }
        if ('error' in ended) throw ended.error
      } finally {
        signal.removeEventListener('abort', stop)
        // Left early: the thread stops after at most one page more, and what it had sent belongs to nobody now.
        if (!ended) stop()
        await whole
        conversation.pages.length = 0
      }
    },
    releasable: async () => (await ask(conversation, () => say({ type: 'releasable', reader }))).parts ?? [],
    release: async (parts) => (await ask(conversation, () => say({ type: 'release', reader, parts }))).cursors ?? [],
    close: async () => void (await ask(conversation, () => say({ type: 'close', reader }))),
  }
}
