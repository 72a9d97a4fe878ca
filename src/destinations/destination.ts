// The seam that every kind of destination stands on.
import type { ZodType } from 'zod'
import type { Batch, BatchEvent, BatchLimits } from '../model/batch.ts'
import type { Outcome, Reason, Verdict } from '../model/verdict.ts'
import type { Clock } from '../runtime/clock.ts'
import type { HttpClient, HttpReply, HttpRequest } from '../runtime/http.ts'
import type { Connection } from '../runtime/http-connection.ts'
import type { Random } from '../runtime/random.ts'
import type { Profile } from './profile.ts'

/** All that a destination may touch. */
export interface Tools {
  /** The destination's name in the configuration. */
  readonly name: string
  readonly clock: Clock
  readonly random: Random
  /** A client of its own: destinations share no connection pool. Whoever asks for it closes it. */
  http(connection?: Connection): HttpClient
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
  /** What the receiver takes, where that is known. */
  readonly profile?: (options: Options) => Profile
  /** What a person should check when a test event was not taken for this reason; empty where the general advice will do. */
  readonly hints?: (reason: Reason) => readonly string[]
}

/** What is judged: an answer without secrets. */
export interface JudgedReply extends HttpReply {
  /**
   * The answer as it came, to compare with and never to quote: a text that an operator looks for may be the value of a header, too.
   * Undefined: this is it.
   */
  readonly asItCame?: HttpReply
}

/** Most vendors speak HTTP: give two pure functions, get a DestinationKind (`http-destination.ts`). */
export interface HttpSpec<Options> extends Omit<DestinationKind<Options>, 'open'> {
  /** A promise only where bytes are compressed away from this thread. */
  encode(batch: Batch, options: Options, nowMs: number): HttpRequest | Promise<HttpRequest>
  /** The reply holds none of `secrets` any more. `nowMs` is for a `Retry-After` that is a date. */
  judge(reply: JudgedReply, batch: Batch, nowMs: number, options: Options): readonly Verdict[]
  /** Values that we send and that a receiver might echo. They are removed from replies and reasons. */
  readonly secrets?: (options: Options) => readonly string[]
  /** How connections are made. Default: straight, with the authorities that this machine trusts. */
  readonly connection?: (options: Options) => Connection
  /** Why an event is not sent at all (too old, too large by itself); undefined: it is. The others of its batch are. */
  readonly refuse?: (event: BatchEvent, options: Options, nowMs: number, batch: Batch) => Reason | undefined
  /** Where credentials are had from elsewhere: opened with the destination. */
  readonly authorize?: (options: Options, tools: AuthorizeTools) => Authorization | undefined
}

export interface AuthorizeTools {
  /** The destination's own client. */
  readonly http: HttpClient
  readonly clock: Clock
  /** A further client, where credentials are had by another way than the receiver is reached. Whoever asks for it closes it. */
  readonly connect: Tools['http']
}

/** Credentials that are had from elsewhere and run out: a token of an authorization server, of a cloud's own machine. */
export interface Authorization {
  /** The headers for one request. Rejects with an `HttpError`, or with a `CredentialsError` when they are not given. */
  headers(request: HttpRequest, signal: AbortSignal): Promise<Readonly<Record<string, string>>>
  /** The receiver did not accept these: the next ones are had anew. */
  refused(credentials: Readonly<Record<string, string>>): void
  /** What must not appear in any text, as it is now. */
  secrets(): readonly string[]
  close?(): Promise<void>
}
