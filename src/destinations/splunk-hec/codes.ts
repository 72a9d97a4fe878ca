// What the numbers mean with which a collector answers, and what a person can do about each. Source: "Troubleshoot HTTP Event
// Collector", table of possible error codes; 23 to 27 since Splunk Enterprise 9.3.

/**
 * `taken`: it has the events. `slow`: it has them and is nearly full. `busy`: it wants to be asked later. `failed`: it is at fault.
 * `setup`: no event of ours would be taken. `poison`: one event is at fault, and the answer often says which.
 */
type CodeClass = 'taken' | 'slow' | 'busy' | 'failed' | 'setup' | 'poison'

export interface Code {
  readonly is: CodeClass
  readonly says: string
  readonly advice?: string
}

const TOKEN = 'check the token of this destination, and that it exists on every collector behind this url'
const ENABLE = 'switch the token on in Splunk (Settings, Data inputs, HTTP Event Collector), or give another one'

/** By number. */
export const CODES: readonly Code[] = [
  { is: 'taken', says: 'success' },
  { is: 'setup', says: 'token disabled', advice: ENABLE },
  { is: 'setup', says: 'token is required', advice: 'something between removes the authorization header' },
  { is: 'setup', says: 'invalid authorization', advice: 'something between changes the authorization header' },
  { is: 'setup', says: 'invalid token', advice: TOKEN },
  {
    is: 'setup',
    says: 'no data',
    advice: 'the body did not arrive: see what stands between; some of it cannot take gzip',
  },
  { is: 'poison', says: 'invalid data format' },
  {
    is: 'setup',
    says: 'incorrect index',
    advice: 'create the index, or add it to the allowed indexes of the token, or correct index',
  },
  { is: 'failed', says: 'internal server error' },
  { is: 'busy', says: 'server is busy' },
  { is: 'setup', says: 'data channel is missing', advice: 'this token wants acknowledgements: set ack: true' },
  {
    is: 'setup',
    says: 'invalid data channel',
    advice: 'something between changes the header x-splunk-request-channel',
  },
  { is: 'poison', says: 'event field is required' },
  { is: 'poison', says: 'event field cannot be blank' },
  {
    is: 'setup',
    says: 'acknowledgement is disabled',
    advice: 'enable indexer acknowledgement for the token, or set ack: false',
  },
  { is: 'poison', says: 'error in handling indexed fields' },
  { is: 'setup', says: 'query string authorization is not enabled', advice: TOKEN },
  { is: 'setup', says: 'healthy, but nothing about the events', advice: 'something between changes the path' },
  { is: 'busy', says: 'queues are full' },
  { is: 'busy', says: 'the acknowledgement service is unavailable' },
  { is: 'busy', says: 'queues are full, and the acknowledgement service is unavailable' },
  { is: 'setup', says: 'invalid token', advice: TOKEN },
  { is: 'setup', says: 'token disabled', advice: ENABLE },
  { is: 'busy', says: 'server is shutting down' },
  { is: 'slow', says: 'the queue is nearly full' },
  { is: 'slow', says: 'the channel for acknowledgements is nearly full' },
  { is: 'busy', says: 'the queue is full' },
  { is: 'busy', says: 'the channel for acknowledgements is full' },
]

/** The numbers that say that no acknowledgement can be had in this channel any more. */
export const ACK_DISABLED = 14
export const CHANNEL_GONE: ReadonlySet<number> = new Set([10, 11])
export const HEALTHY: ReadonlySet<number> = new Set([17, 24, 25])
