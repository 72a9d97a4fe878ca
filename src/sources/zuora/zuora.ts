// A source over the audit logs of Zuora: each log is a part with progress of its own, and is read by the engine of the `http` source.
import { SourceError } from '../../model/errors.ts'
import { refusalOf } from '../answer.ts'
import type { SourceTools, Window, WindowPage, WindowRequest, WindowSource } from '../source.ts'
import { ZuoraApi } from './api.ts'
import { auditDefinition } from './audit-logs.ts'
import { trailDefinition } from './data-query.ts'
import { http } from './engine.ts'
import { likelyHost } from './hosts.ts'
import { type Log, logOf } from './logs.ts'
import type { ZuoraOptions } from './options.ts'

export class Zuora implements WindowSource {
  readonly #options: ZuoraOptions
  readonly #tools: SourceTools
  readonly #api: ZuoraApi

  constructor(options: ZuoraOptions, tools: SourceTools) {
    this.#options = options
    this.#tools = tools
    this.#api = new ZuoraApi(options, tools)
    this.#tell()
  }

  parts(): Promise<readonly string[]> {
    return Promise.resolve(this.#options.logs)
  }

  readWindow(request: WindowRequest, signal: AbortSignal): AsyncIterable<WindowPage> {
    const log = logOf(request.part)
    if (!log) throw new SourceError('denied', `there is no log ${request.part}: correct logs`)
    return this.#open(log, request.window).readWindow(request, signal)
  }

  /** A query would take too long for a probe: of Data Query it is asked alone whether it is to be had. */
  async probe(signal: AbortSignal): Promise<void> {
    const logs = this.#options.logs.flatMap((name) => logOf(name) ?? [])
    if (logs.some(({ way }) => way === 'data_query')) await this.#probeDataQuery(signal)
    for (const log of logs) if (log.way === 'audit_logs') await this.#open(log).probe?.(signal)
  }

  async close(): Promise<void> {
    await this.#api.close()
  }

  #open(log: Log, window: Window = { from: 0, to: 1 }): WindowSource {
    const definition =
      log.way === 'audit_logs'
        ? auditDefinition(log, this.#options.auditLogs)
        : trailDefinition(log, window, this.#options.dataQuery)
    const options = http.options.parse(definition)
    return http.open(options, this.#tools, this.#api.at(options.base)) as WindowSource
  }

  async #probeDataQuery(signal: AbortSignal): Promise<void> {
    const { url, dataQuery, secrets } = this.#options
    const client = this.#api.at(url)
    const address = `${url}/query/jobs?pageSize=1`
    const headers = { accept: 'application/json', 'user-agent': 'audit-relay', ...dataQuery.headers }
    const reply = await client.request({ method: 'GET', url: address, headers }, signal)
    const asked = { url: address, nowMs: this.#tools.clock.now(), secrets: [...secrets, ...client.secrets()] }
    const refusal = refusalOf(reply, asked)
    if (refusal) throw refusal
  }

  #tell(): void {
    const { url, logs, auditLogs } = this.#options
    const host = likelyHost(url)
    if (host !== undefined)
      this.#tools.notice({
        level: 'warning',
        code: 'zuora_host',
        subject: url,
        text: `${new URL(url).host} is no data centre of Zuora that is known here: did you mean ${host}?`,
      })
    if (auditLogs.given.checked !== true && logs.some((name) => logOf(name)?.way === 'audit_logs'))
      this.#tools.notice({
        level: 'warning',
        code: 'zuora_unconfirmed',
        subject: 'audit_logs',
        text: 'Zuora does not publish how its audit logs are asked for and what their records hold: compare what is read with the Admin Console, correct it under audit_logs, then set audit_logs: { checked: true }',
      })
  }
}
