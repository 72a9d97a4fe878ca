// What kind of network an IP address belongs to (the special-purpose registries of IANA, RFC 6890), and the addresses at which clouds
// give credentials away.
import { BlockList, isIP } from 'node:net'

/** Everything but `public` is somewhere that a server has no business to lead us. */
export type AddressClass = 'public' | 'loopback' | 'private' | 'link-local' | 'metadata' | 'special'

type Ranges = readonly (readonly [address: string, bits: number])[]

/** Looked at in this order. */
const RANGES: Readonly<Record<Exclude<AddressClass, 'public'>, Ranges>> = {
  // EC2, GCP, Azure and others; ECS tasks; Alibaba; Oracle; the wire server of Azure; EC2 over IPv6.
  metadata: [
    ['169.254.169.254', 32],
    ['169.254.170.2', 32],
    ['100.100.100.200', 32],
    ['192.0.0.192', 32],
    ['168.63.129.16', 32],
    ['fd00:ec2::', 32],
  ],
  loopback: [
    ['127.0.0.0', 8],
    ['::1', 128],
  ],
  'link-local': [
    ['169.254.0.0', 16],
    ['fe80::', 10],
  ],
  private: [
    ['10.0.0.0', 8],
    ['172.16.0.0', 12],
    ['192.168.0.0', 16],
    ['100.64.0.0', 10],
    ['fc00::', 7],
    ['fec0::', 10],
  ],
  special: [
    ['0.0.0.0', 8],
    ['192.0.0.0', 24],
    ['192.0.2.0', 24],
    ['192.31.196.0', 24],
    ['192.52.193.0', 24],
    ['192.88.99.0', 24],
    ['192.175.48.0', 24],
    ['198.18.0.0', 15],
    ['198.51.100.0', 24],
    ['203.0.113.0', 24],
    ['224.0.0.0', 3],
    ['2001::', 23],
    ['2001:db8::', 32],
    ['2002::', 16],
    ['2620:4f:8000::', 48],
    ['3fff::', 20],
  ],
}

/** Of IPv6 only what is given out to the internet. */
const globalV6: readonly [string, number] = ['2000::', 3]
/** IPv4 behind a gateway (RFC 6052): what counts is the address inside. */
const throughGateway: readonly [string, number] = ['64:ff9b::', 96]

/** Tells addresses apart; made once for each client. */
export class AddressClasses {
  readonly #classes: readonly (readonly [AddressClass, BlockList])[]
  readonly #global = listOf([globalV6])
  readonly #gateway = listOf([throughGateway])

  constructor() {
    const names = Object.keys(RANGES) as (keyof typeof RANGES)[]
    this.#classes = names.map((name) => [name, listOf(RANGES[name])] as const)
  }

  /** `special` for what is no address at all. */
  of(address: string): AddressClass {
    const version = isIP(address)
    if (version === 0) return 'special'
    if (version === 6 && this.#gateway.check(address, 'ipv6')) return this.of(lastFourBytes(address))
    // An address of IPv4 in the clothes of IPv6 comes from nobody who is honest. BlockList would look through it.
    if (version === 6 && !this.#global.check(address, 'ipv6') && !this.#isNamed(address)) return 'special'
    const family = version === 4 ? 'ipv4' : 'ipv6'
    return this.#classes.find(([, list]) => list.check(address, family))?.[0] ?? 'public'
  }

  /** Whether one of the lists has it as IPv6. */
  #isNamed(address: string): boolean {
    return !isMapped(address) && this.#classes.some(([, list]) => list.check(address, 'ipv6'))
  }
}

function listOf(ranges: Ranges): BlockList {
  const list = new BlockList()
  for (const [address, bits] of ranges) list.addSubnet(address, bits, isIP(address) === 4 ? 'ipv4' : 'ipv6')
  return list
}

function isMapped(address: string): boolean {
  return bytesOf(address)
    .slice(0, 12)
    .every((byte, index) => byte === (index < 10 ? 0 : 0xff))
}

function lastFourBytes(address: string): string {
  return bytesOf(address).slice(12).join('.')
}

/** The sixteen bytes of an address of IPv6, which is known to be one; a zone (`%eth0`) is left out. */
function bytesOf(address: string): readonly number[] {
  const host = new URL(`http://[${address.replace(/%.*$/, '')}]/`).hostname.slice(1, -1)
  const [head = '', tail] = host.split('::')
  const [before, after] = [head, tail ?? ''].map((half) => (half === '' ? [] : half.split(':')))
  const zeros = tail === undefined ? 0 : 8 - (before?.length ?? 0) - (after?.length ?? 0)
  const groups = [...(before ?? []), ...Array<string>(zeros).fill('0'), ...(after ?? [])]
  return groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff])
}
