// The seam that every kind of destination stands on.
import type { ZodType } from 'zod'
import type { Batch, BatchLimits } from '../model/batch.ts'
import type { Outcome, Verdict } from '../model/verdict.ts'
import type { Clock } from '../runtime/clock.ts'
import type { HttpClient, HttpReply, HttpRequest } from '../runtime/http.ts'
import type { Random } from '../runtime/random.ts'

/** All that a destination may touch. */
export interface Tools {
  /** The destination's name in the configuration. */
  readonly name: string
  readonly clock: Clock
  readonly random: Random
  /** A client of its own: destinations share no connection pool. */
  readonly http: HttpClient
}

/** An open destination. It knows one batch at a time and nothing about queues. */
export interface Destination {
  /** Cheap: is it worth trying? Resolves when it is; rejects with the reason when it is not. */
  probe?(signal: AbortSignal): Promise<void>
  send(batch: Batch, signal: AbortSignal): Promise<Outcome>
  close(): Promise<void>
}

/** A kind of destination: its name in YAML, its options, its limits, how to open it. */
export interface DestinationKind<Options = unknown> {
  readonly type: string
  readonly options: ZodType<Options>
  /** How many requests may run at once when the file does not say. */
  readonly inFlight: number
  /** Resolve relative paths and the like against the folder of the configuration file. */
  readonly settle?: (options: Options, folder: string) => Options
  limits(options: Options): BatchLimits
  open(options: Options, tools: Tools): Destination
}

/** Most vendors speak HTTP: give two pure functions, get a DestinationKind (`http-destination.ts`). */
export interface HttpSpec<Options> extends Omit<DestinationKind<Options>, 'open'> {
  /** A promise only where bytes are compressed away from this thread. */
  encode(batch: Batch, options: Options, nowMs: number): HttpRequest | Promise<HttpRequest>
  /** The reply holds none of `secrets` any more. `nowMs` is for a `Retry-After` that is a date. */
  judge(reply: HttpReply, batch: Batch, nowMs: number): readonly Verdict[]
  /** Values that we send and that a receiver might echo. They are removed from replies and reasons. */
  readonly secrets?: (options: Options) => readonly string[]
}
