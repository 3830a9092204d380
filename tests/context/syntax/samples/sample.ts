// Orders, and the service that keeps them.
import type { Money } from './money'
import { Injectable, type Logger as Log } from '@core/services'
import * as dates from '../util/dates'
import config = require('./config')
import Queue from 'queue'
export type { Customer } from './customer'
export * as shapes from './shapes'

/** What an order can be. */
export enum Status {
  Open = 'open',
  Paid = 'paid',
}

export type OrderId = string & { readonly brand: unique symbol }
type Handler<T> = (order: T, ...rest: unknown[]) => Promise<void> | void

// Everything that has a price.
export interface Priced extends Named, Dated<string> {
  readonly price: Money
  discount?: number
  total(rate: number): Money
  [key: string]: unknown
}

declare module 'legacy' {
  export function load(name: string): Promise<Order>
}

namespace Billing.Inner {
  export const VAT: number = 0.19
  export function invoice(order: Order): Invoice {
    return new Invoice(order, VAT)
  }
}

export abstract class Base<T extends Priced> {
  protected abstract load(id: OrderId): Promise<T | undefined>
}

/**
 * Keeps orders.
 */
@Injectable({ scope: 'singleton', provide: 'orders' })
export class OrderService extends Base<Order> implements Service, Disposable {
  private readonly cache = new Map<OrderId, Order>()
  static instances: number = 0
  queue!: Queue<Order>
  handlers: Handler<Order>[] = []

  constructor(private readonly store: OrderStore, public log: Log, size?: number) {
    super()
    this.queue = new Queue(size ?? 10)
  }

  // Finds one order.
  @Memo()
  async find(id: OrderId, { fresh = false }: FindOptions = {}): Promise<Order | undefined> {
    const known = this.cache.get(id)
    const found: Order = known ?? (await this.store.read(id))
    const when = dates.parse(found.created) as Instant
    if (!found) throw new NotFound(id)
    return fresh ? found : known
  }

  get open(): Order[] {
    return [...this.cache.values()].filter((order: Order) => order.status === Status.Open)
  }

  on(event: string, handler: Handler<Order>): void
  on(event: 'paid' | 'open', handler: Handler<Order>): void {
    this.handlers.push(handler)
    const bound = handler!
    let last: ReturnType<typeof handler>
  }

  protected load = async (id: OrderId): Promise<Order> => this.store.read(id)
}

export const isOpen = (order: Order): order is OpenOrder => order.status === Status.Open
export function first<T>(items: readonly T[], fallback: T): T {
  const [head] = items
  return head satisfies T
}

export default function main(argv: string[]): number {
  const service = new OrderService(new OrderStore(argv[0]), console as unknown as Log)
  service.find(argv[1] as OrderId).then((order) => order?.price)
  for (const order of service.open) Billing.Inner.invoice(order)
  return 0
}

declare global {
  interface Window { orders: OrderService }
}
declare function assertOrder(value: unknown): asserts value is Order
declare const VERSION: string
