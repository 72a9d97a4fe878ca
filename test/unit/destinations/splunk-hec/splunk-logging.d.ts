// The part of Splunk's own logging library that the tests use; it brings no types.
declare module 'splunk-logging' {
  interface Config {
    readonly token: string
    readonly url: string
    readonly batchInterval?: number
    readonly maxBatchCount?: number
    readonly maxBatchSize?: number
  }
  interface Context {
    readonly message: unknown
    readonly severity?: string
    readonly metadata?: Readonly<Record<string, unknown>>
  }
  type Callback = (error: Error | null, response: unknown, body: unknown) => void
  export class Logger {
    constructor(config: Config)
    error: (error: Error & { code?: number }, context: unknown) => void
    eventFormatter: (message: unknown, severity: string) => unknown
    send(context: Context, callback?: Callback): void
    flush(callback?: Callback): void
  }
  const library: { readonly Logger: typeof Logger }
  export default library
}
